import { describe, expect, it } from 'vitest';
import type { HubSource, HubSubscription } from '../../../src/domain/websub/websub-subscription.ts';
import { reconcile } from '../../../src/push/websub/reconcile-subscriptions.ts';

const hub = 'https://hub.example.org/';
const self = 'https://www.example.org/self.xml';

type CurrentSubscription = Pick<HubSubscription, 'id' | 'sourceRef' | 'hub' | 'topic' | 'state'>;

function source(over: Partial<HubSource> = {}): HubSource {
  return { ref: 1, url: 'https://www.example.org/feed', hubs: [hub], selfUrl: self, ...over };
}

function current(over: Partial<CurrentSubscription> = {}): CurrentSubscription {
  return { id: 7, sourceRef: 1, hub, topic: self, state: 'active', ...over };
}

describe('reconcile', () => {
  it('adds a subscription that a source names and that does not exist', () => {
    const { add, remove } = reconcile([source()], []);
    expect(add).toMatchObject([{ sourceRef: 1, hub, topic: self }]);
    expect(remove).toEqual([]);
  });

  it.each(['desired', 'pending', 'active', 'denied'] as const)('keeps a desired subscription that is %s', (state) => {
    expect(reconcile([source()], [current({ state })])).toEqual({ add: [], remove: [] });
  });

  it('uses the URL of a source as topic if its self URL is missing or invalid', () => {
    for (const selfUrl of [null, 'urn:uuid:1', 'not a url']) {
      expect(reconcile([source({ selfUrl })], []).add).toMatchObject([{ topic: 'https://www.example.org/feed' }]);
    }
  });

  it('sends no masked topic to a hub', () => {
    const masked = 'https://www.example.org/feed?token=***';
    expect(reconcile([source({ selfUrl: masked }), source({ url: masked, selfUrl: null })], []).add).toEqual([]);
  });

  it('removes a subscription that no source names, unless it is being removed already', () => {
    const two = [current(), current({ id: 8, state: 'unsubscribing', hub: 'https://old.example.org/' })];
    expect(reconcile([], two).remove).toEqual([7]);
  });

  it('adds a new subscription while an equal one is being removed', () => {
    const { add, remove } = reconcile([source()], [current({ state: 'unsubscribing' })]);
    expect([add.length, remove.length]).toEqual([1, 0]);
  });

  it('replaces a subscription when the topic changes', () => {
    const { add, remove } = reconcile([source({ selfUrl: `${self}?new` })], [current()]);
    expect(add).toMatchObject([{ topic: `${self}?new` }]);
    expect(remove).toEqual([7]);
  });

  it('ignores invalid hub URLs and repeated hubs', () => {
    const hubs = [hub, hub, 'mailto:hub@example.org', 'http://[', 'http://plain.example.org/'];
    const { add } = reconcile([source({ hubs })], []);
    expect(add.map((desired) => [desired.hub, desired.secret === null])).toEqual([
      [hub, false],
      ['http://plain.example.org/', true],
    ]);
  });

  it('gives each subscription a callback and a secret of its own', () => {
    const { add } = reconcile([source(), source({ ref: 2 })], []);
    expect(new Set(add.map(({ callbackId }) => callbackId)).size).toBe(2);
    expect(new Set(add.map(({ secret }) => secret)).size).toBe(2);
  });
});
