import { describe, expect, it } from 'vitest';
import { everything } from '../../src/domain/events/filter.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { retireItems } from '../../src/store/items/retention.ts';
import { withdrawItem } from '../../src/store/items/withdraw-items.ts';
import { readItems } from '../../src/store/queries/read-items.ts';
import {
  countReads,
  readCounts,
  readMostRead,
  readSalt,
  trimReads,
  type Visit,
} from '../../src/store/readers/read-counts.ts';
import { anItemDraft, day, hour, minute, noon } from '../support/builders.ts';
import { createStoreFixture } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

/** Items of one source; their ids in the order of the names. */
async function withItems(store: Store, ...names: string[]): Promise<number[]> {
  const fixture = await createStoreFixture(store, 'a');
  for (const name of names) await fixture.read('a', [anItemDraft(name)]);
  const { items } = await readItems(store.reader, { filter: everything, limit: 100, before: null });
  return names.map((name) => items.find(({ url }) => url?.endsWith(`/${name}`))?.id ?? 0);
}

/** A visit with hashes that are derived from the name of the visitor. */
function visit(visitor: string, itemId: number, atMs = noon): Visit {
  const today = Math.floor(atMs / day);
  const hash = (of: number) => `${visitor}@${itemId} on ${of}`;
  return { itemId, atMs, day: today, hash: hash(today), hashYesterday: hash(today - 1) };
}

async function readsOf(store: Store, id: number): Promise<number | undefined> {
  return (await readCounts(store.reader, [id]))[0]?.reads;
}

describe.each(engines)('counting reads on $name', (engine) => {
  it('counts each visitor once per item, within a batch and between batches', () =>
    withStore(engine, async (store) => {
      const [one = 0, two = 0] = await withItems(store, 'one', 'two');
      expect(await countReads(store, [visit('x', one), visit('x', one), visit('y', one), visit('x', two)])).toBe(3);
      expect(await countReads(store, [visit('x', one, noon + hour), visit('z', one, noon + hour)])).toBe(1);
      expect([await readsOf(store, one), await readsOf(store, two)]).toEqual([3, 1]);
    }));

  it('counts a visitor again after 24 hours and not before, whatever the day', () =>
    withStore(engine, async (store) => {
      const [one = 0] = await withItems(store, 'one');
      const late = noon + 11 * hour + 59 * minute;
      await countReads(store, [visit('x', one, late)]);
      await countReads(store, [visit('x', one, late + 2 * minute)]);
      await countReads(store, [visit('x', one, late + day - minute)]);
      expect(await readsOf(store, one)).toBe(1);
      await countReads(store, [visit('x', one, late + day + minute)]);
      expect(await readsOf(store, one)).toBe(2);
    }));

  it('counts a visitor once whose visits in one batch are before and after midnight', () =>
    withStore(engine, async (store) => {
      const [one = 0] = await withItems(store, 'one');
      const midnight = noon + 12 * hour;
      await countReads(store, [visit('x', one, midnight - minute), visit('x', one, midnight + minute)]);
      expect(await readsOf(store, one)).toBe(1);
    }));

  it('continues to count after the clock was set forward and back', () =>
    withStore(engine, async (store) => {
      const [one = 0] = await withItems(store, 'one');
      await countReads(store, [visit('x', one)]);
      const sameDay = { ...visit('x', one), atMs: noon + 2 * day };
      expect(await countReads(store, [sameDay])).toBe(1);
      expect(await countReads(store, [visit('x', one, noon - hour)])).toBe(0);
      expect(await readsOf(store, one)).toBe(2);
    }));

  it('ignores unknown and withdrawn items, and counts the others', () =>
    withStore(engine, async (store) => {
      const [one = 0, two = 0] = await withItems(store, 'one', 'two');
      await withdrawItem(store, two, noon);
      expect(await countReads(store, [visit('x', one), visit('x', two), visit('x', 999)])).toBe(1);
      expect(await readCounts(store.reader, [one, two, 999])).toEqual([
        { id: one, reads: 1, comments: 0, commentsRevision: 0 },
      ]);
    }));

  it('stores only a hash of a visitor', () =>
    withStore(engine, async (store) => {
      const [one = 0] = await withItems(store, 'one');
      await countReads(store, [visit('x', one)]);
      expect(await store.reader.selectFrom('counted_visit').selectAll().execute()).toEqual([
        { day: Math.floor(noon / day), hash: visit('x', one).hash, at_ms: noon },
      ]);
    }));

  it('lists the most read items of a number of hours, most read first, without withdrawn ones', () =>
    withStore(engine, async (store) => {
      const [one = 0, two = 0, three = 0] = await withItems(store, 'one', 'two', 'three');
      await countReads(store, [visit('x', one, noon - 30 * hour), visit('y', one, noon - 30 * hour)]);
      await countReads(store, [visit('x', two), visit('y', two), visit('z', one), visit('x', three)]);
      await withdrawItem(store, three, noon);
      const list = async (hours: number) =>
        (await readMostRead(store.reader, { nowMs: noon, hours, limit: 10 })).map(({ item, reads }) => [
          item.id,
          reads,
        ]);
      expect(await list(24)).toEqual([
        [two, 2],
        [one, 1],
      ]);
      expect(await list(168)).toEqual([
        [one, 3],
        [two, 2],
      ]);
    }));

  it('deletes the counts of a retired item', () =>
    withStore(engine, async (store) => {
      const [one = 0] = await withItems(store, 'one');
      await countReads(store, [visit('x', one)]);
      await retireItems(store, { nowMs: noon + 100 * day, maxAgeMs: day, keepNewest: 0, maxItems: 100 });
      expect(await store.reader.selectFrom('item_count').selectAll().execute()).toEqual([]);
      expect(await store.reader.selectFrom('read_hour').selectAll().execute()).toEqual([]);
    }));
});

describe.each(engines)('the salts of visitors on $name', (engine) => {
  it('are the same for all callers of a day, and differ from day to day', () =>
    withStore(engine, async (store) => {
      let made = 0;
      const random = () => `salt ${++made}`;
      expect(await readSalt(store, 1, random)).toBe('salt 1');
      expect(await readSalt(store, 1, random)).toBe('salt 1');
      expect(await readSalt(store, 2, random)).toBe('salt 2');
    }));

  it('are deleted after a day, with all hashes made with them', () =>
    withStore(engine, async (store) => {
      const [one = 0] = await withItems(store, 'one');
      const today = Math.floor(noon / day);
      for (const back of [0, 1, 2, 10]) {
        await readSalt(store, today - back, () => `salt ${back}`);
        await countReads(store, [visit(`of ${back}`, one, noon - back * day)]);
      }
      await trimReads(store, noon);
      const salts = await store.reader.selectFrom('setting').select('value').orderBy('value').execute();
      expect(salts.map(({ value }) => value)).toEqual(['salt 0', 'salt 1']);
      const days = await store.reader.selectFrom('counted_visit').select('day').orderBy('day').execute();
      expect(days.map((row) => row.day)).toEqual([today - 1, today]);
      const hours = await store.reader.selectFrom('read_hour').selectAll().execute();
      expect(hours).toHaveLength(3);
      expect(await readsOf(store, one)).toBe(4);
    }));
});
