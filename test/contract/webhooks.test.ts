import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/engine/store.ts';
import {
  declareWebhooks,
  readWebhook,
  readWebhooks,
  seekWebhook,
  updateWebhookState,
} from '../../src/store/log/webhook-states.ts';
import { anItemDraft, hour, noon } from '../support/builders.ts';
import { createStoreFixture, type StoreFixture } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

const url = 'https://example.org/hook';

describe.each(engines)('webhooks on $name', (engine) => {
  /** A store with two events, and a webhook that was declared after the first. */
  const withHook = (work: (store: Store, fixture: StoreFixture) => Promise<void>) =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.open('a');
      await fixture.read('a', [anItemDraft('one')]);
      await declareWebhooks(store, [{ id: 'hook', url }], noon);
      await fixture.read('a', [anItemDraft('two')]);
      await work(store, fixture);
    });
  const hook = async (store: Store) => {
    const state = await readWebhook(store.reader, 'hook');
    if (state === null) throw new Error('no webhook');
    return state;
  };

  it('begin at the head of the log, without earlier events', () =>
    withHook(async (store) => {
      expect(await hook(store)).toMatchObject({
        id: 'hook',
        url,
        seq: 1,
        announcedSeq: 1,
        failures: 0,
        pausedMs: null,
        lastOutcome: null,
        delivered: 0,
        removedMs: null,
      });
      expect(await readWebhook(store.reader, 'other')).toBeNull();
    }));

  it('keep every field of their state after an attempt', () =>
    withHook(async (store) => {
      const before = await hook(store);
      const after = {
        ...before,
        seq: 2,
        announcedSeq: 2,
        failures: 3,
        firstFailedMs: noon,
        nextAttemptMs: noon + hour,
        pausedMs: noon + 1,
        lastOutcome: 'throttled',
        lastStatus: 429,
        lastDetail: 'HTTP 429',
        lastAttemptMs: noon + 2,
        lastSuccessMs: noon + 3,
        delivered: 9,
      } as const;
      expect(await updateWebhookState(store, before, after)).toBe(true);
      expect(await hook(store)).toEqual(after);
    }));

  it('are not updated from an outdated position, nor after they were removed or moved', () =>
    withHook(async (store) => {
      const before = await hook(store);
      await seekWebhook(store, 'hook', { epoch: before.epoch, seq: 0 });
      expect(await updateWebhookState(store, before, { ...before, seq: 2 })).toBe(false);
      const silent = { ...(await hook(store)), seq: 2 };
      expect(await updateWebhookState(store, await hook(store), silent)).toBe(true);
      await seekWebhook(store, 'hook', { epoch: before.epoch, seq: 0 });
      expect(await updateWebhookState(store, silent, { ...silent, announcedSeq: 2 })).toBe(false);
      const now = await hook(store);
      await declareWebhooks(store, [{ id: 'hook', url: 'https://example.org/new' }], noon);
      expect(await updateWebhookState(store, now, { ...now, seq: 2 })).toBe(false);
      const again = await hook(store);
      await declareWebhooks(store, [], noon);
      expect(await updateWebhookState(store, again, { ...again, seq: 2 })).toBe(false);
      expect((await hook(store)).seq).toBe(0);
    }));

  it('continue at their position when they are declared again, and reset their failures with a new address', () =>
    withHook(async (store) => {
      const before = await hook(store);
      const trouble = { failures: 2, firstFailedMs: noon, nextAttemptMs: noon + hour, pausedMs: noon };
      await updateWebhookState(store, before, { ...before, ...trouble });
      await declareWebhooks(store, [{ id: 'hook', url }], noon);
      expect(await hook(store)).toMatchObject(trouble);
      await declareWebhooks(store, [{ id: 'b', url }], noon + 1);
      expect(await hook(store)).toMatchObject({ removedMs: noon + 1, seq: 1 });
      expect((await readWebhooks(store.reader)).map(({ id }) => id)).toEqual(['b', 'hook']);
      await declareWebhooks(store, [{ id: 'hook', url: 'https://example.org/new' }], noon + 2);
      expect(await hook(store)).toMatchObject({
        url: 'https://example.org/new',
        seq: 1,
        removedMs: null,
        failures: 0,
        firstFailedMs: null,
        nextAttemptMs: 0,
        pausedMs: null,
      });
      expect(await readWebhook(store.reader, 'b')).toMatchObject({ removedMs: noon + 2 });
    }));

  it('continue at their position when their id is replaced by one without a secret', () =>
    withHook(async (store) => {
      const shown = { id: 'example-org-token', formerId: 'hook', url: 'https://example.org/***' };
      await declareWebhooks(store, [shown], noon + 1);
      expect(await readWebhooks(store.reader)).toMatchObject([
        { id: 'example-org-token', url: 'https://example.org/***', seq: 1, removedMs: null },
      ]);
      // If two webhooks had the same former id, only one of them takes over its position.
      await declareWebhooks(store, [shown, { ...shown, id: 'b' }], noon + 2);
      expect((await readWebhooks(store.reader)).map(({ id, seq }) => [id, seq])).toEqual([
        ['b', 2],
        ['example-org-token', 1],
      ]);
    }));

  it('are moved to a position, or resumed at their own, and tried immediately', () =>
    withHook(async (store) => {
      const before = await hook(store);
      await updateWebhookState(store, before, { ...before, seq: 2, announcedSeq: 1, failures: 2, pausedMs: noon });
      await seekWebhook(store, 'hook', null);
      expect(await hook(store)).toMatchObject({
        seq: 2,
        announcedSeq: 1,
        failures: 0,
        pausedMs: null,
        nextAttemptMs: 0,
      });
      const epoch = 'another';
      await seekWebhook(store, 'hook', { epoch, seq: 0 });
      expect(await hook(store)).toMatchObject({ epoch, seq: 0, announcedSeq: 0 });
    }));
});
