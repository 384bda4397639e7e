import { describe, expect, it } from 'vitest';
import { emptyPollHistory } from '../../src/domain/polling/poll.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { adjustForClockChange } from '../../src/store/sources/clock-change.ts';
import { claimSources, readDueSources, recordPoll } from '../../src/store/sources/leases.ts';
import { readPollState } from '../../src/store/sources/source-state.ts';
import { aPollResult, day, hour, minute, noon } from '../support/builders.ts';
import { createStoreFixture, type StoreFixture } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

const leaseMs = 90_000;

/** A source that was read at noon and is due again after a while. */
async function readAtNoon(fixture: StoreFixture, id: string, waitMs: number, retryAfterMs: number | null = null) {
  const history = { ...emptyPollHistory, retryAfterUntilMs: retryAfterMs === null ? null : noon + retryAfterMs };
  await recordPoll(fixture.store, await fixture.claim(id), aPollResult({ nextCheckMs: noon + waitMs, history }), noon);
}

async function dueIds(store: Store, nowMs: number): Promise<string[]> {
  return (await readDueSources(store.reader, nowMs, 1000)).map(({ id }) => id).sort();
}

describe.each(engines)('the schedule on $name after the clock was set back', (engine) => {
  it.each([
    ['an hour', hour],
    ['a day', day],
    ['a year', 365 * day],
  ])('by %s makes no source wait longer than its delay after the last attempt', (_, backMs) =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'minute', 'quarter', 'backoff', 'retry');
      await readAtNoon(fixture, 'minute', minute);
      await readAtNoon(fixture, 'quarter', 15 * minute);
      await readAtNoon(fixture, 'backoff', 6 * hour);
      await readAtNoon(fixture, 'retry', 2 * hour, 2 * hour);
      const nowMs = noon + 30_000 - backMs;
      expect(await adjustForClockChange(store, nowMs)).toBe(4);
      expect(await dueIds(store, nowMs + minute - 1)).toEqual([]);
      expect(await dueIds(store, nowMs + minute)).toEqual(['minute']);
      expect(await dueIds(store, nowMs + 15 * minute)).toEqual(['minute', 'quarter']);
      expect(await dueIds(store, nowMs + 2 * hour)).toEqual(['minute', 'quarter', 'retry']);
      expect(await dueIds(store, nowMs + 6 * hour)).toEqual(['backoff', 'minute', 'quarter', 'retry']);
      expect((await readPollState(store.reader, 'retry'))?.history.retryAfterUntilMs).toBe(nowMs + 2 * hour);
    }));

  it('is adjusted once: a second call changes nothing', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await readAtNoon(fixture, 'a', minute);
      await adjustForClockChange(store, noon - hour);
      expect(await adjustForClockChange(store, noon - hour)).toBe(0);
      expect(await dueIds(store, noon - hour + minute)).toEqual(['a']);
    }));

  it('is unchanged if the clock is not before the last attempt', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a', 'new');
      await readAtNoon(fixture, 'a', hour);
      expect(await adjustForClockChange(store, noon)).toBe(0);
      expect(await adjustForClockChange(store, noon + minute)).toBe(0);
      expect((await readPollState(store.reader, 'a'))?.nextCheckMs).toBe(noon + hour);
    }));

  it('ends a lease after its original duration, and accepts the result of its poll', () =>
    withStore(engine, async (store) => {
      await createStoreFixture(store, 'a');
      const [lease] = await claimSources(store, { ids: ['a'], nowMs: noon, leaseMs });
      const nowMs = noon - hour;
      expect(await adjustForClockChange(store, nowMs)).toBe(1);
      // The lease of a dead process ends after 90 s and up to 30 s more, not after an hour.
      expect(await dueIds(store, nowMs + leaseMs - 1)).toEqual([]);
      expect(await dueIds(store, nowMs + leaseMs + 30_000)).toEqual(['a']);
      if (lease === undefined) throw new Error('not claimed');
      expect(await recordPoll(store, lease, aPollResult({ nextCheckMs: nowMs + hour }), nowMs + minute)).toBe(true);
    }));

  it('keeps first reads within the hour over which they are spread', () =>
    withStore(engine, async (store) => {
      await createStoreFixture(store, ...Array.from({ length: 1200 }, (_, n) => `s${n}`));
      expect(await adjustForClockChange(store, noon - day)).toBe(1200);
      expect(await dueIds(store, noon - day)).toHaveLength(1000);
    }));
});
