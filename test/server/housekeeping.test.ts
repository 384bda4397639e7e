import { describe, expect, it } from 'vitest';
import { type Log, silentLog } from '../../src/runtime/log.ts';
import { startHousekeeping } from '../../src/server/housekeeping.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { readHead } from '../../src/store/log/event-log.ts';
import { readSourceReports } from '../../src/store/sources/source-reports.ts';
import { engines, withStore } from '../contract/test-engines.ts';
import { anItemDraft, day, hour, minute, noon } from '../support/builders.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { readRefreshes } from '../support/read-refreshes.ts';
import { createStoreFixture, type StoreFixture } from '../support/store-fixture.ts';
import { until } from '../support/until.ts';

const retention = { maxAgeMs: 30 * day, itemsPerSource: 1000 };

/** A store with one source of 150 items, one for each day, polled at noon. */
async function filled(store: Store): Promise<StoreFixture> {
  const fixture = await createStoreFixture(store, 'a');
  const drafts = Array.from({ length: 150 }, (_, index) =>
    anItemDraft(`n${index}`, { publishedMs: noon - index * day }),
  );
  await fixture.read('a', drafts);
  return fixture;
}

async function itemsOf(store: Store): Promise<number | undefined> {
  return (await readSourceReports(store.reader))[0]?.items;
}

function startTestHousekeeping(
  store: Store,
  clock: FakeClock,
  over: { log?: Log; retention?: () => typeof retention } = {},
) {
  const processor = { sanitise: async (html: string) => ({ kind: 'cleaned' as const, html }) };
  const usual = { log: silentLog, processor, retention: () => retention, notify: () => {} };
  return startHousekeeping({ ...usual, store, clock, timers: clock, ...over });
}

describe.each(engines)('housekeeping on $name', (engine) => {
  it('deletes old events, polls and items, a minute after the start', () =>
    withStore(engine, async (store) => {
      await filled(store);
      const clock = createFakeClock(noon + 31 * day);
      const housekeeping = startTestHousekeeping(store, clock);
      await clock.advance(minute - 1);
      expect(await readHead(store.reader)).toMatchObject({ head: 150, floor: 1 });
      await clock.advance(1);
      await until('the newest hundred items are left', async () => (await itemsOf(store)) === 100 || null);
      expect(await readHead(store.reader)).toMatchObject({ head: 150, floor: 151 });
      expect(await readRefreshes(store.reader, 'a')).toEqual([]);
      await housekeeping.stop();
    }));

  it("applies the operator's present retention settings every hour", () =>
    withStore(engine, async (store) => {
      await filled(store);
      const clock = createFakeClock(noon);
      let itemsPerSource = 200;
      const housekeeping = startTestHousekeeping(store, clock, { retention: () => ({ ...retention, itemsPerSource }) });
      await clock.advance(minute);
      await until('everything is planned again', () => clock.timers === 6 || null);
      expect(await itemsOf(store)).toBe(150);
      itemsPerSource = 120;
      await clock.advance(hour);
      await until('the quota is kept', async () => (await itemsOf(store)) === 120 || null);
      await housekeeping.stop();
    }));

  it('logs a task that failed, runs the others and retries it', () =>
    withStore(engine, async (store) => {
      await filled(store);
      const logged: string[] = [];
      const clock = createFakeClock(noon + 31 * day);
      let broken = true;
      const housekeeping = startTestHousekeeping(store, clock, {
        log: { ...silentLog, error: (_fields: object, message: string) => void logged.push(message) },
        retention: () => {
          if (broken) throw new Error('no site');
          return retention;
        },
      });
      await clock.advance(minute);
      await until('everything is planned again', () => clock.timers === 6 || null);
      expect(logged).toEqual(['deleting old items failed; it is retried later']);
      expect(await readHead(store.reader)).toMatchObject({ floor: 151 });
      broken = false;
      await clock.advance(hour);
      await until('items are retired', async () => (await itemsOf(store)) === 100 || null);
      await housekeeping.stop();
    }));

  it('stops between two batches and starts no further task', () =>
    withStore(engine, async (store) => {
      await filled(store);
      const clock = createFakeClock(noon + 31 * day);
      const housekeeping = startTestHousekeeping(store, clock);
      await housekeeping.stop();
      expect(clock.timers).toBe(0);
      await clock.advance(hour);
      expect(await itemsOf(store)).toBe(150);
    }));
});
