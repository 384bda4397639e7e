import { describe, expect, it } from 'vitest';
import { everything } from '../../src/domain/events/filter.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { withdrawItem } from '../../src/store/items/withdraw-items.ts';
import { readHead } from '../../src/store/log/event-log.ts';
import {
  formatPageCursor,
  type ItemsQuery,
  parsePageCursor,
  readItem,
  readItems,
  readSections,
} from '../../src/store/queries/read-items.ts';
import { aSource, hour, noon } from '../support/builders.ts';
import { createStoreFixture } from '../support/store-fixture.ts';
import { at, names } from './item-queries.ts';
import { engines, withStore } from './test-engines.ts';

/** Every page from the newest item, as names. */
async function pages(store: Store, query: Omit<ItemsQuery, 'before'>): Promise<string[][]> {
  const all: string[][] = [];
  let before: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof readItems>> = await readItems(store.reader, { ...query, before });
    all.push(page.items.map(({ title }) => title.replace('Title of ', '')));
    before = page.next;
  } while (before !== null && all.length < 100);
  return all;
}

describe.each(engines)('reading items on $name', (engine) => {
  it('lists the newest first, by date and then by id', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.read('a', [at('old', 30), at('same-1', 20), at('same-2', 20), at('new', 10)]);
      expect(await names(store)).toEqual(['new', 'same-2', 'same-1', 'old']);
    }));

  it('lists every item exactly once, for any page size', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      const drafts = Array.from({ length: 23 }, (_, index) => at(`n${index}`, Math.floor(index / 3)));
      await fixture.read('a', drafts);
      const expected = await names(store);
      for (const limit of [1, 5, 23, 50]) {
        const found = await pages(store, { filter: everything, limit });
        expect(found.flat()).toEqual(expected);
        expect(found).toHaveLength(Math.ceil(23 / limit));
      }
    }));

  it('continues after the last item of a page, even if that item is gone or new items arrived', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.read('a', [at('a', 50), at('b', 40), at('c', 30)]);
      const first = await readItems(store.reader, { filter: everything, limit: 1, before: null });
      await fixture.read('a', [at('d', 1)]);
      expect(await names(store, {}, { before: first.next })).toEqual(['b', 'a']);
    }));

  it.each([
    ['sources', { sources: ['b'] }, ['b2', 'both', 'b1']],
    ['one of several sources', { sources: ['b', 'c'] }, ['c1', 'b2', 'both', 'b1']],
    ['sources that do not exist', { sources: ['unknown'] }, []],
    ['sections', { sections: ['science-health'] }, ['c1', 'b2', 'both', 'b1']],
    ['sections that do not exist', { sections: ['sport'] }, []],
    ['sections and sources together', { sections: ['world'], sources: ['b'] }, ['both']],
    ['categories, whatever their case', { categories: ['eu'] }, ['c1', 'a1']],
    ['one of several categories', { categories: ['eu', 'budget'] }, ['c1', 'b2', 'a1']],
    ['languages by their primary tag', { languages: ['de'] }, ['c1', 'b2']],
    ['a search', { q: 'harvest' }, ['b2', 'a1']],
    [
      'everything together',
      { sections: ['science-health'], categories: ['budget'], languages: ['de'], q: 'harvest' },
      ['b2'],
    ],
  ] as const)('filters by %s', (_, filter, expected) =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(
        store,
        'a',
        aSource('b', { section: 'Science & Health' }),
        aSource('c', { section: 'Science & Health' }),
      );
      await fixture.read('a', [at('a1', 60, { categories: ['EU'], summary: 'The harvest' }), at('both', 40)]);
      await fixture.read('b', [at('b1', 50), at('both', 40)]);
      await fixture.read('b', [at('b2', 30, { categories: ['Budget'], language: 'de-AT', summary: 'Harvest' })]);
      await fixture.read('c', [at('c1', 20, { categories: ['eu', 'Eu'], language: 'DE' })]);
      expect(await names(store, filter)).toEqual(expected);
      expect((await pages(store, { filter: { ...everything, ...filter }, limit: 1 })).flat()).toEqual(expected);
    }));

  it('returns the same for a filter with hundreds of sources as for each of them', () =>
    withStore(engine, async (store) => {
      const ids = Array.from({ length: 250 }, (_, index) => `s${index}`);
      const fixture = await createStoreFixture(store, ...ids);
      for (const id of ['s3', 's200', 's249']) await fixture.read(id, [at(id, Number(id.slice(1)))], noon + hour);
      expect(await names(store, { sources: ids })).toEqual(['s3', 's200', 's249']);
    }));

  it('returns the same by scanning many sources with few recent items as by testing each item', () =>
    withStore(engine, async (store) => {
      const many = Array.from({ length: 30 }, (_, index) => `s${index}`);
      const fixture = await createStoreFixture(store, ...many, 'flood');
      const flood = Array.from({ length: 2100 }, (_, index) => at(`flood-${index}`, index % 60));
      await fixture.read('flood', flood);
      for (const [index, id] of many.entries()) {
        // Each source has its own span of time, so that a page contains many items of few sources.
        const spell = Array.from({ length: 20 }, (_, step) => at(`${id}-${step}`, 100 + 30 * index + step));
        await fixture.read(id, spell);
      }
      const expected = await names(store, {}, { limit: 5000 });
      const chosen = expected.filter((name) => name.startsWith('s'));
      for (const limit of [10, 50]) {
        const filter = { ...everything, sources: many };
        expect((await pages(store, { filter, limit })).flat()).toEqual(chosen.slice(0, 100 * limit));
      }
    }));

  it('includes backfill, or excludes it on request', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.read('a', [at('old', 10)]);
      await fixture.read('a', [at('news', 20)]);
      expect(await names(store)).toEqual(['old', 'news']);
      expect(await names(store, {}, { includeBackfill: false })).toEqual(['news']);
    }));

  it('is consistent with the head of the log that is read in the same transaction', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.read('a', [at('one', 10)]);
      const snapshot = await store.read(async (tx) => {
        const { head } = await readHead(tx);
        await withdrawItem(store, 1, noon);
        const page = await readItems(tx, { filter: everything, limit: 10, before: null });
        return { head, titles: page.items.map(({ title }) => title) };
      });
      expect(snapshot).toEqual({ head: 1, titles: ['Title of one'] });
      expect(await names(store)).toEqual([]);
    }));

  it('returns null for an unknown item', () =>
    withStore(engine, async (store) => {
      expect(await readItem(store.reader, 1)).toBeNull();
    }));
});

describe.each(engines)('the quota of a source on $name', (engine) => {
  async function flooded(store: Store, flood: number, others: number): Promise<void> {
    const fixture = await createStoreFixture(store, 'flood', 'b', 'c', 'd', 'e', 'f');
    await fixture.read(
      'flood',
      Array.from({ length: flood }, (_, index) => at(`flood-${index}`, flood - index)),
    );
    for (const id of ['b', 'c', 'd', 'e', 'f']) {
      await fixture.read(
        id,
        Array.from({ length: others }, (_, index) => at(`${id}-${index}`, 1000 + others - index)),
      );
    }
  }

  const share = { filter: everything, limit: 10, limitPerSource: true };

  it('is a fifth of the page while other sources have items for it', () =>
    withStore(engine, async (store) => {
      await flooded(store, 30, 5);
      const [first] = await pages(store, share);
      expect(first?.filter((name) => name.startsWith('flood'))).toEqual(['flood-29', 'flood-28']);
      expect(first).toHaveLength(10);
    }));

  it('grows when the other sources run out, and no item is lost', () =>
    withStore(engine, async (store) => {
      await flooded(store, 30, 1);
      const all = await pages(store, share);
      expect(all[0]?.filter((name) => !name.startsWith('flood'))).toHaveLength(5);
      expect(all.every((page) => page.length <= 10)).toBe(true);
      expect(new Set(all.flat()).size).toBe(35);
    }));

  it('is the whole page when there is no other source', () =>
    withStore(engine, async (store) => {
      await flooded(store, 25, 0);
      const all = await pages(store, share);
      expect(all.map((page) => page.length)).toEqual([10, 10, 5]);
      expect(new Set(all.flat()).size).toBe(25);
    }));

  it('does not repeat an item from page to page', () =>
    withStore(engine, async (store) => {
      await flooded(store, 30, 20);
      const all = await pages(store, share);
      const others = all.flat().filter((name) => !name.startsWith('flood'));
      expect(new Set(all.flat()).size).toBe(all.flat().length);
      expect(others).toHaveLength(100);
    }));

  it('applies on request only', () =>
    withStore(engine, async (store) => {
      await flooded(store, 30, 5);
      const page = await names(store, {}, { limit: 10 });
      expect(page.every((name) => name.startsWith('flood'))).toBe(true);
    }));
});

describe.each(engines)('sections on $name', (engine) => {
  it('are listed in the order of the declarations, with the number of their appearances', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(
        store,
        aSource('a', { section: 'World' }),
        aSource('b', { section: 'Science & Health' }),
        'c',
      );
      await fixture.read('a', [at('one', 1)]);
      await fixture.read('c', [at('two', 1)]);
      await fixture.read('b', [at('one', 1)]);
      expect(await readSections(store.reader)).toEqual([
        { slug: 'world', name: 'World', items: 2 },
        { slug: 'science-health', name: 'Science & Health', items: 1 },
      ]);
    }));

  it('exclude those of removed sources', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(
        store,
        aSource('a', { section: 'World' }),
        aSource('b', { section: 'Science' }),
      );
      await fixture.declare([aSource('b', { section: 'Technology' })]);
      expect((await readSections(store.reader)).map(({ name }) => name)).toEqual(['Technology']);
    }));
});

describe('a page cursor', () => {
  it('is formatted as time and id, and parsed again', () => {
    expect(formatPageCursor({ sortMs: noon, id: 42 })).toBe(`${noon}-42`);
    expect(parsePageCursor(`${noon}-42`)).toEqual({ sortMs: noon, id: 42 });
    expect(parsePageCursor('-5-42')).toEqual({ sortMs: -5, id: 42 });
  });

  it.each(['', 'x', '1', '1-', '-1', '1-2-3', '1e3-2', '1.5-2', '1234567890123456-1'])('is not "%s"', (text) => {
    expect(parsePageCursor(text)).toBeNull();
  });
});
