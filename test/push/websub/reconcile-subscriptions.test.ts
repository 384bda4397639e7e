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

describe('wishes', () => {
  it('are what sources name and what does not stand', () => {
    const { add, remove } = reconcile([source()], []);
    expect(add).toMatchObject([{ sourceRef: 1, hub, topic: self }]);
    expect(remove).toEqual([]);
  });

  it.each([
    'desired',
    'pending',
    'active',
    'denied',
  ] as const)('change nothing that stands as it should and is %s', (state) => {
    expect(reconcile([source()], [current({ state })])).toEqual({ add: [], remove: [] });
  });

  it('name the address itself where a source does not say what it calls itself, or nonsense', () => {
    for (const selfUrl of [null, 'urn:uuid:1', 'not a url']) {
      expect(reconcile([source({ selfUrl })], []).add).toMatchObject([{ topic: 'https://www.example.org/feed' }]);
    }
  });

  it('tell no hub a topic of which something is hidden', () => {
    const masked = 'https://www.example.org/feed?token=***';
    expect(reconcile([source({ selfUrl: masked }), source({ url: masked, selfUrl: null })], []).add).toEqual([]);
  });

  it('end what no source names, and leave alone what is being ended', () => {
    const two = [current(), current({ id: 8, state: 'unsubscribing', hub: 'https://old.example.org/' })];
    expect(reconcile([], two).remove).toEqual([7]);
  });

  it('ask anew for what is just being ended', () => {
    const { add, remove } = reconcile([source()], [current({ state: 'unsubscribing' })]);
    expect([add.length, remove.length]).toEqual([1, 0]);
  });

  it('end one and add another when the topic changes', () => {
    const { add, remove } = reconcile([source({ selfUrl: `${self}?new` })], [current()]);
    expect(add).toMatchObject([{ topic: `${self}?new` }]);
    expect(remove).toEqual([7]);
  });

  it('leave out hubs that are none, and count one that is named twice once', () => {
    const hubs = [hub, hub, 'mailto:hub@example.org', 'http://[', 'http://plain.example.org/'];
    const { add } = reconcile([source({ hubs })], []);
    expect(add.map((wish) => [wish.hub, wish.secret === null])).toEqual([
      [hub, false],
      ['http://plain.example.org/', true],
    ]);
  });

  it('share no callback and no secret', () => {
    const { add } = reconcile([source(), source({ ref: 2 })], []);
    expect(new Set(add.map(({ callbackId }) => callbackId)).size).toBe(2);
    expect(new Set(add.map(({ secret }) => secret)).size).toBe(2);
  });
});
