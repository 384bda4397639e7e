import { describe, expect, it } from 'vitest';
import { everything } from '../../src/domain/events/filter.ts';
import type { ItemDraft } from '../../src/domain/items/item.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { type RetentionOptions, retireItems } from '../../src/store/items/retention.ts';
import { withdrawItem } from '../../src/store/items/withdraw-items.ts';
import { readHead } from '../../src/store/log/event-log.ts';
import { readItem, readItemByKey, readItems } from '../../src/store/queries/read-items.ts';
import { readSourceReports } from '../../src/store/sources/source-reports.ts';
import { day, digest, draft, hour, noon, StoreFixture, source } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

const one = 'http://example.net/one';

async function keysOf(store: Store, q: string | null = null): Promise<string[]> {
  const page = await readItems(store.reader, { filter: { ...everything, q }, limit: 100, before: null });
  return page.items.map(({ key }) => key);
}

async function withItem(store: Store, ...sources: string[]): Promise<{ room: StoreFixture; id: number }> {
  const room = new StoreFixture(store);
  await room.declare(sources.map((id) => source(id)));
  for (const id of sources) await room.read(id, [draft('one')]);
  const item = await readItemByKey(store.reader, one);
  return { room, id: item?.id ?? 0 };
}

/** What is older than a month goes, whoever has it. */
function monthAt(nowMs: number, over: Partial<RetentionOptions> = {}): RetentionOptions {
  return { nowMs, maxAgeMs: 30 * day, keepNewest: 0, maxItems: 1000, ...over };
}

describe.each(engines)('withdrawing an item on $name', (engine) => {
  it('takes it out of every view and the search, and says so once', () =>
    withStore(engine, async (store) => {
      const { room, id } = await withItem(store, 'a', 'b');
      expect(await withdrawItem(store, id, noon + hour)).toBe(3);
      expect(await withdrawItem(store, id, noon + hour)).toBeNull();
      expect(await keysOf(store)).toEqual([]);
      expect(await keysOf(store, 'title')).toEqual([]);
      const removal = (await room.events()).at(-1);
      expect(removal).toMatchObject({ op: 'remove', previousFacets: { sources: ['a', 'b'] } });
      expect(JSON.parse(removal?.body ?? '')).toEqual({ id, url: 'https://example.net/one' });
      expect((await readSourceReports(store.reader)).map(({ items }) => items)).toEqual([0, 0]);
    }));

  it('leaves its page to say that it was withdrawn', () =>
    withStore(engine, async (store) => {
      const { id } = await withItem(store, 'a');
      await withdrawItem(store, id, noon + hour);
      expect(await readItem(store.reader, id)).toMatchObject({ id, withdrawnMs: noon + hour });
    }));

  it('is not undone by its source, an edit, a new guid or another source', () =>
    withStore(engine, async (store) => {
      const { room, id } = await withItem(store, 'a');
      await withdrawItem(store, id, noon);
      await room.declare([source('a'), source('b')]);
      await room.read('a', [draft('one')]);
      await room.read('a', [draft('one', { title: 'Edited' })]);
      await room.read('b', [draft('one')]);
      expect(await keysOf(store)).toEqual([]);
      expect(await readHead(store.reader)).toMatchObject({ head: 2 });
      expect((await readSourceReports(store.reader)).map(({ items }) => items)).toEqual([0, 0]);
    }));

  it('knows no item that is not there', () =>
    withStore(engine, async (store) => {
      expect(await withdrawItem(store, 4711, noon)).toBeNull();
      expect(await readHead(store.reader)).toMatchObject({ head: 0 });
    }));
});

describe.each(engines)("a publisher's tombstone on $name", (engine) => {
  const tombstone = { deleted: [{ ref: 'guid-one', atMs: noon }] };

  it('withdraws the item that its source owns', () =>
    withStore(engine, async (store) => {
      const { room } = await withItem(store, 'a');
      expect(await room.read('a', digest([], tombstone))).toMatchObject({ kind: 'stored', events: 1, head: 2 });
      expect((await room.events()).at(-1)).toMatchObject({ op: 'remove' });
      expect(await room.read('a', digest([], tombstone))).toMatchObject({ events: 0 });
    }));

  it('takes no story of another source away', () =>
    withStore(engine, async (store) => {
      const { room } = await withItem(store, 'a', 'b');
      expect(await room.read('b', digest([], tombstone))).toMatchObject({ events: 0 });
      expect(await keysOf(store)).toEqual([one]);
    }));

  it('means nothing while its entry stands in the same document', () =>
    withStore(engine, async (store) => {
      const { room } = await withItem(store, 'a');
      await room.read('a', digest([], { ...tombstone, unchanged: ['guid-one'] }));
      expect(await keysOf(store)).toEqual([one]);
    }));
});

describe.each(engines)('retiring items on $name', (engine) => {
  it('lets go of what was first seen long ago, without a word in the log', () =>
    withStore(engine, async (store) => {
      const { room } = await withItem(store, 'a');
      await room.read('a', [draft('two')], noon + 10 * day);
      expect(await retireItems(store, monthAt(noon + 31 * day))).toBe(1);
      expect(await keysOf(store)).toEqual(['http://example.net/two']);
      expect(await keysOf(store, 'one')).toEqual([]);
      expect(await readHead(store.reader)).toMatchObject({ head: 2 });
      expect(await readSourceReports(store.reader)).toMatchObject([{ items: 1 }]);
    }));

  it('does not bring it back by its entry, a new guid or another source', () =>
    withStore(engine, async (store) => {
      const { room } = await withItem(store, 'a');
      await retireItems(store, monthAt(noon + 31 * day));
      await room.declare([source('a'), source('b')]);
      const later = noon + 32 * day;
      await room.read('a', [draft('one'), draft('one', { entryKey: 'new-guid' })], later);
      await room.read('a', [draft('one', { title: 'Edited' })], later);
      await room.read('b', [draft('one'), draft('one', { entryKey: 'third' })], later);
      expect(await keysOf(store)).toEqual([]);
      expect(await readHead(store.reader)).toMatchObject({ head: 1 });
    }));

  it('remembers the key for half a year', () =>
    withStore(engine, async (store) => {
      const { room } = await withItem(store, 'a');
      await retireItems(store, monthAt(noon + 31 * day));
      await retireItems(store, monthAt(noon + 212 * day));
      await room.declare([source('a'), source('b')]);
      await room.read('a', [draft('one')], noon + 213 * day);
      expect(await keysOf(store)).toEqual([]);
      await room.read('b', [draft('one')], noon + 213 * day);
      expect(await keysOf(store)).toEqual([one]);
    }));

  it('never gives the number of an item to another', () =>
    withStore(engine, async (store) => {
      const { room, id } = await withItem(store, 'a');
      await retireItems(store, monthAt(noon + 31 * day));
      await room.read('a', [draft('two')], noon + 32 * day);
      const next = await readItemByKey(store.reader, 'http://example.net/two');
      expect(next?.id).toBeGreaterThan(id);
    }));

  it('goes on past one batch', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      await room.read(
        'a',
        Array.from({ length: 450 }, (_, index) => draft(`n${index}`)),
      );
      expect(await retireItems(store, monthAt(noon + 31 * day))).toBe(450);
      expect(await readSourceReports(store.reader)).toMatchObject([{ items: 0 }]);
    }));

  it('retires what was withdrawn as well, and counts it once', () =>
    withStore(engine, async (store) => {
      const { id } = await withItem(store, 'a');
      await withdrawItem(store, id, noon);
      expect(await retireItems(store, monthAt(noon + 31 * day))).toBe(1);
      expect(await readItem(store.reader, id)).toBeNull();
      expect(await readSourceReports(store.reader)).toMatchObject([{ items: 0 }]);
    }));
});

/** So many drafts, each an hour older than the one before. */
function hourly(count: number, name = 'n'): ItemDraft[] {
  return Array.from({ length: count }, (_, index) => draft(`${name}${index}`, { publishedMs: noon - index * hour }));
}

describe.each(engines)('what is kept of a source on $name', (engine) => {
  it('is its newest items, however old, as long as it is declared', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      await room.read('a', hourly(5));
      const options = monthAt(noon + 31 * day, { keepNewest: 2 });
      expect(await retireItems(store, options)).toBe(3);
      expect(await retireItems(store, options)).toBe(0);
      expect(await keysOf(store)).toEqual(['http://example.net/n0', 'http://example.net/n1']);
      await room.declare([], noon + 31 * day);
      expect(await retireItems(store, options)).toBe(2);
    }));

  it('is all of it while it is young and not too much', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      await room.read('a', hourly(5));
      expect(await retireItems(store, monthAt(noon + 29 * day, { maxItems: 5 }))).toBe(0);
    }));

  it('is no more than its quota, however new', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a'), source('b')]);
      await room.read('a', hourly(260));
      await room.read('b', hourly(3, 'b'));
      const options = monthAt(noon, { maxItems: 10 });
      expect(await retireItems(store, options)).toBe(250);
      expect(await readSourceReports(store.reader)).toMatchObject([{ items: 10 }, { items: 3 }]);
      const kept = await keysOf(store);
      expect(kept).toContain('http://example.net/n9');
      expect(kept).not.toContain('http://example.net/n10');
      expect(await readHead(store.reader)).toMatchObject({ head: 263 });
      // What its document still holds does not come back.
      expect(await room.read('a', hourly(260))).toMatchObject({ added: 0, events: 0 });
      // Another source's word on a surplus story counts as any other.
      expect(await room.read('b', [draft('n10')])).toMatchObject({ added: 1 });
    }));

  it('is judged by who owns an item', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a'), source('b')]);
      await room.read('a', hourly(5));
      await room.read('b', hourly(5));
      await room.declare([source('a')]);
      // To b, which is gone, everything is too old; but it is a's, and a keeps four.
      expect(await retireItems(store, monthAt(noon + 31 * day, { keepNewest: 4 }))).toBe(1);
      expect(await readSourceReports(store.reader)).toMatchObject([{ items: 4 }, { items: 4 }]);
    }));

  it('is so many tombstones, the newest', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      await room.read('a', hourly(260));
      await retireItems(store, monthAt(noon, { maxItems: 10, maxTombstones: 5 }));
      const left = await store.reader
        .selectFrom('appearance')
        .select('entry_key')
        .where('item_id', 'is', null)
        .execute();
      expect(left.map(({ entry_key }) => entry_key).toSorted()).toEqual([10, 11, 12, 13, 14].map((n) => `guid-n${n}`));
    }));

  it('waits for nobody who wants to stop', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      await room.read('a', hourly(5));
      expect(await retireItems(store, monthAt(noon + 31 * day, { signal: AbortSignal.abort() }))).toBe(0);
    }));
});
