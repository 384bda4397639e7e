import { describe, expect, it } from 'vitest';
import { maxNextCheckDelayMs } from '../../src/domain/polling/poll.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { claimSources, extendLease, nextDueMs, readDueSources, recordPoll } from '../../src/store/sources/leases.ts';
import { markFilesChanged, readPollState } from '../../src/store/sources/source-state.ts';
import { aPollResult, aSource, day, hour, minute, noon } from '../support/builders.ts';
import { readRefreshes } from '../support/read-refreshes.ts';
import { createStoreFixture, type StoreFixture } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

const leaseMs = 90_000;

async function dueIds(store: Store, nowMs: number): Promise<string[]> {
  return (await readDueSources(store.reader, nowMs, 100)).map(({ id }) => id);
}

async function settled(store: Store, id: string, nextCheckMs: number, nowMs = noon): Promise<void> {
  const [lease] = await claimSources(store, { ids: [id], nowMs, leaseMs });
  if (lease === undefined) throw new Error(`${id} could not be claimed`);
  await recordPoll(store, lease, aPollResult({ nextCheckMs }), nowMs);
}

async function declared(store: Store, ...ids: string[]): Promise<StoreFixture> {
  const fixture = await createStoreFixture(store, ...ids);
  return fixture;
}

describe.each(engines)('due sources on $name', (engine) => {
  it('are listed longest overdue first, up to the requested number', () =>
    withStore(engine, async (store) => {
      await declared(store, 'a', 'b', 'c', 'd');
      await settled(store, 'a', noon + 3 * minute);
      await settled(store, 'b', noon + 1 * minute);
      await settled(store, 'c', noon + 2 * minute);
      await settled(store, 'd', noon + hour);
      expect(await dueIds(store, noon + 3 * minute)).toEqual(['b', 'c', 'a']);
      expect(await readDueSources(store.reader, noon + 3 * minute, 2)).toEqual([
        { id: 'b', host: 'b.example.org', nextCheckMs: noon + minute, consecutiveTimeouts: 0 },
        { id: 'c', host: 'c.example.org', nextCheckMs: noon + 2 * minute, consecutiveTimeouts: 0 },
      ]);
    }));

  it('are listed with the host that serves them, and with their count of slow polls', () =>
    withStore(engine, async (store) => {
      const fixture = await declared(store, 'a');
      const { history } = aPollResult();
      const moved = aPollResult({
        movedTo: 'https://moved.example.com/feed.xml',
        history: { ...history, consecutiveTimeouts: 2 },
      });
      await recordPoll(store, await fixture.claim('a'), moved, noon);
      expect(await readDueSources(store.reader, noon, 1)).toMatchObject([
        { host: 'moved.example.com', consecutiveTimeouts: 2 },
      ]);
    }));

  it('are not delayed by a time that only a clock set back can explain', () =>
    withStore(engine, async (store) => {
      await declared(store, 'a', 'b');
      await settled(store, 'a', noon + maxNextCheckDelayMs + 1);
      await settled(store, 'b', noon + maxNextCheckDelayMs);
      expect(await dueIds(store, noon)).toEqual(['a']);
      expect(await claimSources(store, { ids: ['a', 'b'], nowMs: noon, leaseMs })).toMatchObject([{ sourceId: 'a' }]);
    }));

  it('report when the next one is due', () =>
    withStore(engine, async (store) => {
      expect(await nextDueMs(store.reader)).toBeNull();
      await declared(store, 'a', 'b');
      await settled(store, 'a', noon + hour);
      await settled(store, 'b', noon + minute);
      expect(await nextDueMs(store.reader)).toBe(noon + minute);
    }));

  it('are due immediately when their file changes, even during a poll', () =>
    withStore(engine, async (store) => {
      const fixture = await declared(store, 'a');
      await settled(store, 'a', noon + day);
      await markFilesChanged(store, ['a'], noon + minute);
      const lease = await fixture.claim('a', noon + minute);
      await markFilesChanged(store, ['a'], noon + minute);
      await recordPoll(store, lease, aPollResult({ nextCheckMs: noon + day }), noon + minute + 2);
      expect(await dueIds(store, noon + minute + 2)).toEqual(['a']);
    }));
});

describe.each(engines)('claiming sources on $name', (engine) => {
  it('gives each source its own lease, and removes it from the due sources', () =>
    withStore(engine, async (store) => {
      await declared(store, 'a', 'b', 'c');
      const leases = await claimSources(store, { ids: ['a', 'b'], nowMs: noon, leaseMs });
      expect(leases).toMatchObject([
        { sourceId: 'a', untilMs: noon + leaseMs, declarationHash: aSource('a').declarationHash },
        { sourceId: 'b', untilMs: noon + leaseMs },
      ]);
      expect(new Set(leases.map(({ token }) => token)).size).toBe(2);
      expect(await dueIds(store, noon)).toEqual(['c']);
    }));

  it('skips sources that are leased, not due, removed or unknown', () =>
    withStore(engine, async (store) => {
      const fixture = await declared(store, 'read', 'later', 'removed', 'free');
      await fixture.claim('read');
      await settled(store, 'later', noon + hour);
      await fixture.declare(['read', 'later', 'free'].map((id) => aSource(id)));
      const leases = await claimSources(store, {
        ids: ['read', 'later', 'removed', 'free', 'unknown'],
        nowMs: noon,
        leaseMs,
      });
      expect(leases.map(({ sourceId }) => sourceId)).toEqual(['free']);
    }));

  it('gives a source to only one of two concurrent claims', () =>
    withStore(engine, async (store, url) => {
      await declared(store, 'a');
      const other = await openStore({ url, poller: false });
      const claim = { ids: ['a'], nowMs: noon, leaseMs };
      const both = await Promise.all([claimSources(store, claim), claimSources(other, claim)]);
      await other.close();
      expect(both.flat()).toHaveLength(1);
    }));

  it('does not change the next check or its reason', () =>
    withStore(engine, async (store) => {
      const fixture = await declared(store, 'a');
      await fixture.claim('a', noon + minute);
      expect(await readPollState(store.reader, 'a')).toMatchObject({
        nextCheckMs: noon,
        nextCheckReason: { code: 'never_read' },
      });
    }));

  it('allows a lease to be extended until it is lost', () =>
    withStore(engine, async (store) => {
      const fixture = await declared(store, 'a');
      const lease = await fixture.claim('a');
      expect(await extendLease(store, lease, noon + 5 * minute)).toBe(true);
      expect(await dueIds(store, noon + 4 * minute)).toEqual([]);
      expect(await claimSources(store, { ids: ['a'], nowMs: noon + 4 * minute, leaseMs })).toEqual([]);
      const next = await fixture.claim('a', noon + 6 * minute);
      expect(await extendLease(store, lease, noon + hour)).toBe(false);
      expect(await recordPoll(store, next, aPollResult(), noon + 6 * minute)).toBe(true);
      expect(await extendLease(store, next, noon + hour)).toBe(false);
      expect(await dueIds(store, noon + 6 * minute)).toEqual(['a']);
    }));
});

describe.each(engines)('storing a poll result on $name', (engine) => {
  it('writes nothing for a lease that is lost', () =>
    withStore(engine, async (store) => {
      const fixture = await declared(store, 'a');
      const lost = await fixture.claim('a');
      await fixture.claim('a', noon + 10 * minute);
      expect(await recordPoll(store, lost, aPollResult({ nextCheckMs: noon + day }), noon)).toBe(false);
      expect(await readPollState(store.reader, 'a')).toMatchObject({ nextCheckMs: noon, validators: { etag: null } });
      expect(await readRefreshes(store.reader, 'a')).toEqual([]);
    }));

  it('accepts an expired lease while no other process has claimed the source', () =>
    withStore(engine, async (store) => {
      const fixture = await declared(store, 'a');
      const lease = await fixture.claim('a');
      expect(await recordPoll(store, lease, aPollResult(), noon + hour)).toBe(true);
    }));

  it.each([
    ['has another declaration', { declaration_hash: 'another' }],
    ['was removed', { removed_ms: noon }],
  ])('writes nothing for a source that %s since it was leased, although the lease is still stored', (_, set) =>
    withStore(engine, async (store) => {
      const fixture = await declared(store, 'a');
      const lease = await fixture.claim('a');
      await store.writer.updateTable('source').set(set).execute();
      expect(await recordPoll(store, lease, aPollResult(), noon)).toBe(false);
    }));

  it('accepts a lease only once', () =>
    withStore(engine, async (store) => {
      const fixture = await declared(store, 'a');
      const lease = await fixture.claim('a');
      expect(await recordPoll(store, lease, aPollResult(), noon)).toBe(true);
      expect(await recordPoll(store, lease, aPollResult(), noon)).toBe(false);
    }));

  it('does not count an unmodified document as the first read', () =>
    withStore(engine, async (store) => {
      const fixture = await declared(store, 'a');
      await recordPoll(store, await fixture.claim('a'), aPollResult({ outcome: 'not-modified' }), noon);
      expect(await readPollState(store.reader, 'a')).toMatchObject({ firstReadDone: false });
    }));

  it('rounds times to whole milliseconds', () =>
    withStore(engine, async (store) => {
      await declared(store, 'a');
      await settled(store, 'a', noon + 0.6);
      expect(await readPollState(store.reader, 'a')).toMatchObject({ nextCheckMs: noon + 1 });
    }));
});

describe.each(engines)('an expired lease on $name', (engine) => {
  it('makes its source due again after a random delay of 0 to 30 s', () =>
    withStore(engine, async (store) => {
      const ids = Array.from({ length: 20 }, (_, index) => `s${index}`);
      await declared(store, ...ids);
      await claimSources(store, { ids, nowMs: noon, leaseMs });
      const counts: number[] = [];
      for (const afterMs of [-1, 10_000, 20_000, 30_000]) {
        counts.push((await dueIds(store, noon + leaseMs + afterMs)).length);
      }
      expect(counts[0]).toBe(0);
      expect(counts[1]).toBeGreaterThan(0);
      expect(counts[2]).toBeGreaterThan(counts[1] ?? 0);
      expect(counts[3]).toBe(20);
    }));

  it('is not a failure the first time', () =>
    withStore(engine, async (store) => {
      const fixture = await declared(store, 'a');
      await fixture.claim('a');
      await fixture.claim('a', noon + 10 * minute);
      expect(await readPollState(store.reader, 'a')).toMatchObject({ failures: 0, history: { lostLeases: 1 } });
    }));

  it('is a failure the second time in a row, and delays the next check', () =>
    withStore(engine, async (store) => {
      const fixture = await declared(store, 'a');
      await fixture.claim('a');
      await fixture.claim('a', noon + 10 * minute);
      const third = { ids: ['a'], nowMs: noon + 20 * minute, leaseMs };
      expect(await claimSources(store, third)).toEqual([]);
      expect(await readPollState(store.reader, 'a')).toMatchObject({
        failures: 1,
        firstFailedMs: noon + 20 * minute,
        nextCheckMs: noon + 25 * minute,
        history: { lostLeases: 2 },
      });
      expect(await readRefreshes(store.reader, 'a')).toMatchObject([
        { outcome: 'failed', failure: 'lease_lost', atMs: noon + 20 * minute },
      ]);
      expect(await claimSources(store, { ...third, nowMs: noon + 25 * minute })).toHaveLength(1);
    }));

  it('delays the next check longer each time, up to a day', () =>
    withStore(engine, async (store) => {
      await declared(store, 'a');
      const waits: number[] = [];
      let nowMs = noon;
      for (let claim = 0; claim < 26; claim += 1) {
        const leases = await claimSources(store, { ids: ['a'], nowMs, leaseMs });
        const state = await readPollState(store.reader, 'a');
        if (leases.length === 0) waits.push((state?.nextCheckMs ?? 0) - nowMs);
        nowMs = Math.max(nowMs + hour, state?.nextCheckMs ?? 0);
      }
      expect(waits.slice(0, 4)).toEqual([5 * minute, 10 * minute, 20 * minute, 40 * minute]);
      expect(waits.at(-1)).toBe(day);
    }));

  it('is released when the polling process restarts, and counts as lost', async () => {
    const location = engine.make();
    try {
      const first = await openStore({ url: location.url, poller: true });
      const fixture = await declared(first, 'a', 'b');
      const lease = await fixture.claim('a');
      await first.close();
      const second = await openStore({ url: location.url, poller: true });
      expect(await dueIds(second, noon + 30_000)).toEqual(['a', 'b']);
      await claimSources(second, { ids: ['a', 'b'], nowMs: noon + 30_000, leaseMs });
      expect(await readPollState(second.reader, 'a')).toMatchObject({ history: { lostLeases: 1 } });
      expect(await readPollState(second.reader, 'b')).toMatchObject({ history: { lostLeases: 0 } });
      expect(await recordPoll(second, lease, aPollResult(), noon)).toBe(false);
      await second.close();
    } finally {
      location.remove();
    }
  });

  it('is not released when a process that does not poll opens the store', () =>
    withStore(engine, async (store, url) => {
      const fixture = await declared(store, 'a');
      await fixture.claim('a');
      const other = await openStore({ url, poller: false });
      await other.close();
      expect(await dueIds(store, noon + minute)).toEqual([]);
    }));
});
