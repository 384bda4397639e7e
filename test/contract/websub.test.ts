import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/engine/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import {
  claimDeliveries,
  enqueueDeliveries,
  nextDeliveryMs,
  readDueDeliveries,
  readQueuedPosition,
  recordDeliveryResult,
} from '../../src/store/websub/websub-deliveries.ts';
import {
  countSubscribers,
  isSubscribed,
  putSubscriber,
  removeExpired,
  subscribedTopics,
} from '../../src/store/websub/websub-subscribers.ts';
import { day, hour, minute, noon } from '../support/builders.ts';
import { engines, withStore } from './test-engines.ts';

const topic = 'https://news.example.com/feed.atom';
const other = 'https://news.example.com/feed.rss';
const times = { nowMs: noon, batchWindowMs: 1000, minIntervalMs: 5000, expireAfterMs: 12 * hour };
const position = { epoch: 'k3f9', seq: 7 };

async function subscribe(
  store: Store,
  name: string,
  over: { topic?: string; leaseUntilMs?: number } = {},
): Promise<boolean> {
  const subscriber = { topic, callback: `https://${name}.example.org/cb`, host: `${name}.example.org`, secret: null };
  return await putSubscriber(store, { ...subscriber, verifiedMs: noon, leaseUntilMs: noon + 10 * day, ...over });
}

async function dueIds(store: Store, nowMs: number): Promise<number[]> {
  return (await readDueDeliveries(store.reader, nowMs, { limit: 100, exceptHosts: [] })).map(({ id }) => id);
}

async function claimAll(store: Store, nowMs: number) {
  return await claimDeliveries(store, { ids: await dueIds(store, nowMs), nowMs, leaseMs: minute });
}

/** Subscribers at the head of the log. */
async function settled(store: Store, ...names: string[]): Promise<void> {
  for (const name of names) await subscribe(store, name);
  for (const one of await claimAll(store, noon)) {
    await recordDeliveryResult(store, one, { kind: 'current', tag: 'one', minIntervalMs: 5000 }, noon - minute);
  }
}

describe.each(engines)('WebSub deliveries on $name', (engine) => {
  it('queues one delivery for each subscriber of a topic, and stores the position in the log', () =>
    withStore(engine, async (store) => {
      await settled(store, 'a', 'b');
      await subscribe(store, 'c', { topic: other });
      await enqueueDeliveries(store, { topics: [topic], position }, times);
      await enqueueDeliveries(store, { topics: [topic], position: { ...position, seq: 9 } }, times);
      const rows = await store.reader
        .selectFrom('websub_delivery')
        .select(['host', 'generation', 'attempts'])
        .orderBy('host')
        .execute();
      expect(rows).toEqual([
        { host: 'a.example.org', generation: 2, attempts: 0 },
        { host: 'b.example.org', generation: 2, attempts: 0 },
        { host: 'c.example.org', generation: 1, attempts: 0 },
      ]);
      expect(await readQueuedPosition(store.reader)).toEqual({ epoch: 'k3f9', seq: 9 });
    }));

  it('delays a delivery by the batch window, and by the least interval after the last one', () =>
    withStore(engine, async (store) => {
      await settled(store, 'a');
      await enqueueDeliveries(store, { topics: [topic], position }, times);
      expect(await nextDeliveryMs(store.reader, [])).toBe(noon + 1000);
      const [claimed] = await claimAll(store, noon + 1000);
      await recordDeliveryResult(store, claimed!, { kind: 'current', tag: 'two', minIntervalMs: 5000 }, noon + 1500);
      await enqueueDeliveries(store, { topics: [topic], position }, { ...times, nowMs: noon + 2000 });
      expect(await nextDeliveryMs(store.reader, [])).toBe(noon + 6500);
      expect(await nextDeliveryMs(store.reader, ['a.example.org'])).toBeNull();
    }));

  it('expires a delivery with the lease of its subscriber', () =>
    withStore(engine, async (store) => {
      await subscribe(store, 'a', { leaseUntilMs: noon + minute });
      await enqueueDeliveries(store, { topics: [topic], position }, times);
      const rows = await store.reader.selectFrom('websub_delivery').select('expires_ms').execute();
      expect(rows).toEqual([{ expires_ms: noon + minute }]);
      expect(await dueIds(store, noon + minute)).toEqual([]);
      await removeExpired(store, noon + minute);
      expect(await store.reader.selectFrom('websub_delivery').select('id').execute()).toEqual([]);
      expect(await subscribedTopics(store.reader, null, noon)).toEqual([]);
    }));

  it('lets only one of two processes claim a delivery', () =>
    withStore(engine, async (store, url) => {
      const second = await openStore({ url, poller: false });
      await settled(store, ...Array.from({ length: 20 }, (_, index) => `host-${index}`));
      await enqueueDeliveries(store, { topics: [topic], position }, times);
      const ids = await dueIds(store, noon + 1000);
      const claim = { ids, nowMs: noon + 1000, leaseMs: minute };
      const claims = await Promise.all([claimDeliveries(store, claim), claimDeliveries(second, claim)]);
      const claimed = claims.flat().map(({ id }) => id);
      expect(claimed.toSorted((a, b) => a - b)).toEqual(ids.toSorted((a, b) => a - b));
      await second.close();
    }));

  it('lets another process claim a delivery after the lease, and ignores the result of the first', () =>
    withStore(engine, async (store) => {
      await settled(store, 'a');
      await enqueueDeliveries(store, { topics: [topic], position }, times);
      const [first] = await claimAll(store, noon + 1000);
      expect(await claimAll(store, noon + 30_000)).toEqual([]);
      const [second] = await claimAll(store, noon + 1000 + minute);
      expect(second).toMatchObject({ id: first!.id, topic, deliveredTag: 'one', attempts: 0 });
      await recordDeliveryResult(store, first!, { kind: 'ended' }, noon + 2 * minute);
      expect(await countSubscribers(store.reader, 'a.example.org')).toBe(1);
      await recordDeliveryResult(store, second!, { kind: 'ended' }, noon + 2 * minute);
      expect(await countSubscribers(store.reader, 'a.example.org')).toBe(0);
      expect(await nextDeliveryMs(store.reader, [])).toBeNull();
    }));

  it('counts failed attempts, and starts again after a change during the attempt', () =>
    withStore(engine, async (store) => {
      await settled(store, 'a');
      await enqueueDeliveries(store, { topics: [topic], position }, times);
      const [first] = await claimAll(store, noon + 1000);
      await recordDeliveryResult(store, first!, { kind: 'failed', retryMs: 10_000 }, noon + 1000);
      const [second] = await claimAll(store, noon + 11_000);
      expect(second?.attempts).toBe(1);
      await enqueueDeliveries(store, { topics: [topic], position }, { ...times, nowMs: noon + 12_000 });
      await recordDeliveryResult(store, second!, { kind: 'failed', retryMs: null }, noon + 12_000);
      const [third] = await claimAll(store, noon + 12_000);
      expect(third).toMatchObject({ attempts: 0, generation: 2 });
      await recordDeliveryResult(store, third!, { kind: 'failed', retryMs: null }, noon + 13_000);
      expect(await nextDeliveryMs(store.reader, [])).toBeNull();
      expect(await isSubscribed(store.reader, { topic, callback: 'https://a.example.org/cb' }, noon)).toBe(true);
    }));
});

describe.each(engines)('WebSub subscribers on $name', (engine) => {
  it('reports a subscriber as new at first and again after its lease', () =>
    withStore(engine, async (store) => {
      expect(await subscribe(store, 'a', { leaseUntilMs: noon + hour })).toBe(true);
      expect(await subscribe(store, 'a', { leaseUntilMs: noon + hour })).toBe(false);
      const late = { topic, callback: 'https://a.example.org/cb', host: 'a.example.org', secret: null };
      const terms = { verifiedMs: noon + 2 * hour, leaseUntilMs: noon + 3 * hour };
      expect(await putSubscriber(store, { ...late, ...terms })).toBe(true);
      expect(await countSubscribers(store.reader, 'a.example.org')).toBe(1);
    }));

  it('identifies a subscriber by topic and callback', () =>
    withStore(engine, async (store) => {
      await subscribe(store, 'a');
      await subscribe(store, 'a', { topic: other });
      await subscribe(store, 'b');
      expect((await subscribedTopics(store.reader, null, noon)).toSorted()).toEqual([topic, other]);
      expect(await subscribedTopics(store.reader, [other, 'https://news.example.com/x'], noon)).toEqual([other]);
    }));
});
