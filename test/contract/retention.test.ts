import { describe, expect, it } from 'vitest';
import { everything } from '../../src/domain/events/filter.ts';
import type { ItemDraft } from '../../src/domain/items/item.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { type RetentionOptions, retireItems } from '../../src/store/items/retention.ts';
import { withdrawItem } from '../../src/store/items/withdraw-items.ts';
import { readHead } from '../../src/store/log/event-log.ts';
import { readItem, readItemByKey, readItems } from '../../src/store/queries/read-items.ts';
import { readSourceReports } from '../../src/store/sources/source-reports.ts';
import { aFeed, anItemDraft, aSource, day, hour, noon } from '../support/builders.ts';
import { createStoreFixture, type StoreFixture } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

const one = 'http://example.net/one';

async function keysOf(store: Store, q: string | null = null): Promise<string[]> {
  const page = await readItems(store.reader, { filter: { ...everything, q }, limit: 100, before: null });
  return page.items.map(({ key }) => key);
}

async function withItem(store: Store, ...sources: string[]): Promise<{ fixture: StoreFixture; id: number }> {
  const fixture = await createStoreFixture(store, ...sources);
  for (const id of sources) await fixture.read(id, [anItemDraft('one')]);
  const item = await readItemByKey(store.reader, one);
  return { fixture, id: item?.id ?? 0 };
}

/** Retires items that are older than a month. */
function monthAt(nowMs: number, over: Partial<RetentionOptions> = {}): RetentionOptions {
  return { nowMs, maxAgeMs: 30 * day, keepNewest: 0, maxItems: 1000, ...over };
}

describe.each(engines)('withdrawing an item on $name', (engine) => {
  it('removes it from every view and the search, with one event', () =>
    withStore(engine, async (store) => {
      const { fixture, id } = await withItem(store, 'a', 'b');
      expect(await withdrawItem(store, id, noon + hour)).toBe(3);
      expect(await withdrawItem(store, id, noon + hour)).toBeNull();
      expect(await keysOf(store)).toEqual([]);
      expect(await keysOf(store, 'title')).toEqual([]);
      const removal = (await fixture.events()).at(-1);
      expect(removal).toMatchObject({ op: 'remove', previousFacets: { sources: ['a', 'b'] } });
      expect(JSON.parse(removal?.body ?? '')).toEqual({ id, url: 'https://example.net/one' });
      expect((await readSourceReports(store.reader)).map(({ items }) => items)).toEqual([0, 0]);
    }));

  it('keeps it readable by id, with the time of the withdrawal', () =>
    withStore(engine, async (store) => {
      const { id } = await withItem(store, 'a');
      await withdrawItem(store, id, noon + hour);
      expect(await readItem(store.reader, id)).toMatchObject({ id, withdrawnMs: noon + hour });
    }));

  it('is not undone by its source, an edit, a new guid or another source', () =>
    withStore(engine, async (store) => {
      const { fixture, id } = await withItem(store, 'a');
      await withdrawItem(store, id, noon);
      await fixture.declare([aSource('a'), aSource('b')]);
      await fixture.read('a', [anItemDraft('one')]);
      await fixture.read('a', [anItemDraft('one', { title: 'Edited' })]);
      await fixture.read('b', [anItemDraft('one')]);
      expect(await keysOf(store)).toEqual([]);
      expect(await readHead(store.reader)).toMatchObject({ head: 2 });
      expect((await readSourceReports(store.reader)).map(({ items }) => items)).toEqual([0, 0]);
    }));

  it('returns null for an unknown item', () =>
    withStore(engine, async (store) => {
      expect(await withdrawItem(store, 4711, noon)).toBeNull();
      expect(await readHead(store.reader)).toMatchObject({ head: 0 });
    }));
});

describe.each(engines)("a publisher's tombstone on $name", (engine) => {
  const tombstone = { deleted: [{ ref: 'guid-one', atMs: noon }] };

  it('withdraws an item that its source owns, once', () =>
    withStore(engine, async (store) => {
      const { fixture } = await withItem(store, 'a');
      expect(await fixture.read('a', aFeed([], tombstone))).toMatchObject({ kind: 'stored', events: 1, head: 2 });
      expect((await fixture.events()).at(-1)).toMatchObject({ op: 'remove' });
      expect(await fixture.read('a', aFeed([], tombstone))).toMatchObject({ events: 0 });
    }));

  it('does not withdraw an item that another source owns', () =>
    withStore(engine, async (store) => {
      const { fixture } = await withItem(store, 'a', 'b');
      expect(await fixture.read('b', aFeed([], tombstone))).toMatchObject({ events: 0 });
      expect(await keysOf(store)).toEqual([one]);
    }));

  it('is ignored while its entry is in the same document', () =>
    withStore(engine, async (store) => {
      const { fixture } = await withItem(store, 'a');
      await fixture.read('a', aFeed([], { ...tombstone, unchanged: ['guid-one'] }));
      expect(await keysOf(store)).toEqual([one]);
    }));
});

describe.each(engines)('retiring items on $name', (engine) => {
  it('deletes items that were first seen long ago, without an event', () =>
    withStore(engine, async (store) => {
      const { fixture } = await withItem(store, 'a');
      await fixture.read('a', [anItemDraft('two')], noon + 10 * day);
      expect(await retireItems(store, monthAt(noon + 31 * day))).toBe(1);
      expect(await keysOf(store)).toEqual(['http://example.net/two']);
      expect(await keysOf(store, 'one')).toEqual([]);
      expect(await readHead(store.reader)).toMatchObject({ head: 2 });
      expect(await readSourceReports(store.reader)).toMatchObject([{ items: 1 }]);
    }));

  it('is not undone by the entry of an item, a new guid or another source', () =>
    withStore(engine, async (store) => {
      const { fixture } = await withItem(store, 'a');
      await retireItems(store, monthAt(noon + 31 * day));
      await fixture.declare([aSource('a'), aSource('b')]);
      const later = noon + 32 * day;
      await fixture.read('a', [anItemDraft('one'), anItemDraft('one', { entryKey: 'new-guid' })], later);
      await fixture.read('a', [anItemDraft('one', { title: 'Edited' })], later);
      await fixture.read('b', [anItemDraft('one'), anItemDraft('one', { entryKey: 'third' })], later);
      expect(await keysOf(store)).toEqual([]);
      expect(await readHead(store.reader)).toMatchObject({ head: 1 });
    }));

  it('keeps the key of an item for half a year', () =>
    withStore(engine, async (store) => {
      const { fixture } = await withItem(store, 'a');
      await retireItems(store, monthAt(noon + 31 * day));
      await retireItems(store, monthAt(noon + 212 * day));
      await fixture.declare([aSource('a'), aSource('b')]);
      await fixture.read('a', [anItemDraft('one')], noon + 213 * day);
      expect(await keysOf(store)).toEqual([]);
      await fixture.read('b', [anItemDraft('one')], noon + 213 * day);
      expect(await keysOf(store)).toEqual([one]);
    }));

  it('never gives the id of an item to another one', () =>
    withStore(engine, async (store) => {
      const { fixture, id } = await withItem(store, 'a');
      await retireItems(store, monthAt(noon + 31 * day));
      await fixture.read('a', [anItemDraft('two')], noon + 32 * day);
      const next = await readItemByKey(store.reader, 'http://example.net/two');
      expect(next?.id).toBeGreaterThan(id);
    }));

  it('continues after the first batch', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.read(
        'a',
        Array.from({ length: 450 }, (_, index) => anItemDraft(`n${index}`)),
      );
      expect(await retireItems(store, monthAt(noon + 31 * day))).toBe(450);
      expect(await readSourceReports(store.reader)).toMatchObject([{ items: 0 }]);
    }));

  it('includes withdrawn items, and counts each once', () =>
    withStore(engine, async (store) => {
      const { id } = await withItem(store, 'a');
      await withdrawItem(store, id, noon);
      expect(await retireItems(store, monthAt(noon + 31 * day))).toBe(1);
      expect(await readItem(store.reader, id)).toBeNull();
      expect(await readSourceReports(store.reader)).toMatchObject([{ items: 0 }]);
    }));
});

/** `count` drafts, each an hour older than the one before. */
function hourly(count: number, name = 'n'): ItemDraft[] {
  return Array.from({ length: count }, (_, index) =>
    anItemDraft(`${name}${index}`, { publishedMs: noon - index * hour }),
  );
}

describe.each(engines)('retention for a source on $name', (engine) => {
  it('keeps its newest items, whatever their age, while it is declared', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.read('a', hourly(5));
      const options = monthAt(noon + 31 * day, { keepNewest: 2 });
      expect(await retireItems(store, options)).toBe(3);
      expect(await retireItems(store, options)).toBe(0);
      expect(await keysOf(store)).toEqual(['http://example.net/n0', 'http://example.net/n1']);
      await fixture.declare([], noon + 31 * day);
      expect(await retireItems(store, options)).toBe(2);
    }));

  it('keeps every item below the maximum age and number', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.read('a', hourly(5));
      expect(await retireItems(store, monthAt(noon + 29 * day, { maxItems: 5 }))).toBe(0);
    }));

  it('keeps at most the maximum number of items, even of new ones', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a', 'b');
      await fixture.read('a', hourly(260));
      await fixture.read('b', hourly(3, 'b'));
      const options = monthAt(noon, { maxItems: 10 });
      expect(await retireItems(store, options)).toBe(250);
      expect(await readSourceReports(store.reader)).toMatchObject([{ items: 10 }, { items: 3 }]);
      const kept = await keysOf(store);
      expect(kept).toContain('http://example.net/n9');
      expect(kept).not.toContain('http://example.net/n10');
      expect(await readHead(store.reader)).toMatchObject({ head: 263 });
      // Retired items that the document still contains are not stored again.
      expect(await fixture.read('a', hourly(260))).toMatchObject({ added: 0, events: 0 });
      // Another source may add an item that was retired as surplus.
      expect(await fixture.read('b', [anItemDraft('n10')])).toMatchObject({ added: 1 });
    }));

  it('counts an item for its owner only', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a', 'b');
      await fixture.read('a', hourly(5));
      await fixture.read('b', hourly(5));
      await fixture.declare([aSource('a')]);
      // All items are too old for `b`, which was removed. But `a` owns them and keeps four.
      expect(await retireItems(store, monthAt(noon + 31 * day, { keepNewest: 4 }))).toBe(1);
      expect(await readSourceReports(store.reader)).toMatchObject([{ items: 4 }, { items: 4 }]);
    }));

  it('keeps the newest keys of retired items, up to a maximum number', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.read('a', hourly(260));
      await retireItems(store, monthAt(noon, { maxItems: 10, maxTombstones: 5 }));
      const left = await store.reader
        .selectFrom('appearance')
        .select('entry_key')
        .where('item_id', 'is', null)
        .execute();
      expect(left.map(({ entry_key }) => entry_key).toSorted()).toEqual([10, 11, 12, 13, 14].map((n) => `guid-n${n}`));
    }));

  it('retires nothing after it was aborted', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.read('a', hourly(5));
      expect(await retireItems(store, monthAt(noon + 31 * day, { signal: AbortSignal.abort() }))).toBe(0);
    }));
});
