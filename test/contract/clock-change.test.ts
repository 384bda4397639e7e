import { describe, expect, it } from 'vitest';
import { emptyPollHistory } from '../../src/domain/polling/poll.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { adjustForClockChange } from '../../src/store/sources/clock-change.ts';
import { claimSources, readDueSources, recordPoll } from '../../src/store/sources/leases.ts';
import { readPollState } from '../../src/store/sources/source-state.ts';
import { day, hour, minute, noon, StoreFixture, settlement, source } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

const leaseMs = 90_000;

/** A source that was read at noon and is due again after a while. */
async function readAtNoon(room: StoreFixture, id: string, waitMs: number, retryAfterMs: number | null = null) {
  const memory = { ...emptyPollHistory, retryAfterUntilMs: retryAfterMs === null ? null : noon + retryAfterMs };
  await recordPoll(room.store, await room.claim(id), settlement({ nextCheckMs: noon + waitMs, history: memory }), noon);
}

async function dueIds(store: Store, nowMs: number): Promise<string[]> {
  return (await readDueSources(store.reader, nowMs, 1000)).map(({ id }) => id).sort();
}

describe.each(engines)('the schedule on $name, when the clock was set back', (engine) => {
  it.each([
    ['an hour', hour],
    ['a day', day],
    ['a year', 365 * day],
  ])('by %s, has no source wait longer than it was to wait from its last attempt', (_, backMs) =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare(['minute', 'quarter', 'backoff', 'retry'].map((id) => source(id)));
      await readAtNoon(room, 'minute', minute);
      await readAtNoon(room, 'quarter', 15 * minute);
      await readAtNoon(room, 'backoff', 6 * hour);
      await readAtNoon(room, 'retry', 2 * hour, 2 * hour);
      const nowMs = noon + 30_000 - backMs;
      expect(await adjustForClockChange(store, nowMs)).toBe(4);
      expect(await dueIds(store, nowMs + minute - 1)).toEqual([]);
      expect(await dueIds(store, nowMs + minute)).toEqual(['minute']);
      expect(await dueIds(store, nowMs + 15 * minute)).toEqual(['minute', 'quarter']);
      expect(await dueIds(store, nowMs + 2 * hour)).toEqual(['minute', 'quarter', 'retry']);
      expect(await dueIds(store, nowMs + 6 * hour)).toEqual(['backoff', 'minute', 'quarter', 'retry']);
      expect((await readPollState(store.reader, 'retry'))?.history.retryAfterUntilMs).toBe(nowMs + 2 * hour);
    }));

  it('is moved once: a second look finds nothing more', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      await readAtNoon(room, 'a', minute);
      await adjustForClockChange(store, noon - hour);
      expect(await adjustForClockChange(store, noon - hour)).toBe(0);
      expect(await dueIds(store, noon - hour + minute)).toEqual(['a']);
    }));

  it('is left as it is by a clock that was not set back, or not as far as the last attempt', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a'), source('new')]);
      await readAtNoon(room, 'a', hour);
      expect(await adjustForClockChange(store, noon)).toBe(0);
      expect(await adjustForClockChange(store, noon + minute)).toBe(0);
      expect((await readPollState(store.reader, 'a'))?.nextCheckMs).toBe(noon + hour);
    }));

  it('lets a lease end as soon as it would have, and an operator’s wish during a read count', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      const [lease] = await claimSources(store, { ids: ['a'], nowMs: noon, leaseMs });
      const nowMs = noon - hour;
      expect(await adjustForClockChange(store, nowMs)).toBe(1);
      // A process that died left the lease: it is over after 90 s and up to 30 s more, not after an hour.
      expect(await dueIds(store, nowMs + leaseMs - 1)).toEqual([]);
      expect(await dueIds(store, nowMs + leaseMs + 30_000)).toEqual(['a']);
      if (lease === undefined) throw new Error('not claimed');
      expect(await recordPoll(store, lease, settlement({ nextCheckMs: nowMs + hour }), nowMs + minute)).toBe(true);
    }));

  it('has sources that were never read due within the hour over which first reads are spread', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      const ids = Array.from({ length: 1200 }, (_, n) => `s${n}`);
      await room.declare(ids.map((id) => source(id)));
      expect(await adjustForClockChange(store, noon - day)).toBe(1200);
      expect(await dueIds(store, noon - day)).toHaveLength(1000);
    }));
});
