import { describe, expect, it } from 'vitest';
import { everything, type Filter } from '../../src/domain/filter.ts';
import type { ItemDraft } from '../../src/domain/item.ts';
import { readHead } from '../../src/store/events.ts';
import type { Store } from '../../src/store/open.ts';
import { formatPlace, type ItemsQuery, parsePlace, readItem, readItems, readSections } from '../../src/store/reads.ts';
import { withdrawItem } from '../../src/store/withdraw.ts';
import { engines, withStore } from './engines.ts';
import { day, draft, hour, minute, Newsroom, noon, source } from './newsroom.ts';

/** Titles without their common beginning, in the order they are given out. */
async function names(store: Store, filter: Partial<Filter> = {}, over: Partial<ItemsQuery> = {}): Promise<string[]> {
  const page = await readItems(store.reader, {
    filter: { ...everything, ...filter },
    limit: 100,
    before: null,
    ...over,
  });
  return page.items.map(({ title }) => title.replace('Title of ', ''));
}

/** Every page from the newest on, as names. */
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

function at(name: string, minutesAgo: number, over: Partial<ItemDraft> = {}): ItemDraft {
  return draft(name, { publishedMs: noon - minutesAgo * minute, ...over });
}

async function newsroom(store: Store, ...sources: Parameters<typeof source>[]): Promise<Newsroom> {
  const room = new Newsroom(store);
  await room.declare(sources.map((declared) => source(...declared)));
  return room;
}

describe.each(engines)('reading items on $name', (engine) => {
  it('gives the newest first, by date and then by number', () =>
    withStore(engine, async (store) => {
      const room = await newsroom(store, ['a']);
      await room.read('a', [at('old', 30), at('same-1', 20), at('same-2', 20), at('new', 10)]);
      expect(await names(store)).toEqual(['new', 'same-2', 'same-1', 'old']);
    }));

  it('pages through everything once, whatever the page size', () =>
    withStore(engine, async (store) => {
      const room = await newsroom(store, ['a']);
      const drafts = Array.from({ length: 23 }, (_, index) => at(`n${index}`, Math.floor(index / 3)));
      await room.read('a', drafts);
      const expected = await names(store);
      for (const limit of [1, 5, 23, 50]) {
        const found = await pages(store, { filter: everything, limit });
        expect(found.flat()).toEqual(expected);
        expect(found).toHaveLength(Math.ceil(23 / limit));
      }
    }));

  it('goes on after the place that a page ended at, also when that item is gone or news has come', () =>
    withStore(engine, async (store) => {
      const room = await newsroom(store, ['a']);
      await room.read('a', [at('a', 50), at('b', 40), at('c', 30)]);
      const first = await readItems(store.reader, { filter: everything, limit: 1, before: null });
      await room.read('a', [at('d', 1)]);
      expect(await names(store, {}, { before: first.next })).toEqual(['b', 'a']);
    }));

  it.each([
    ['sources', { sources: ['b'] }, ['b2', 'both', 'b1']],
    ['sources, any of several', { sources: ['b', 'c'] }, ['c1', 'b2', 'both', 'b1']],
    ['sources that are not there', { sources: ['unknown'] }, []],
    ['sections', { sections: ['science-health'] }, ['c1', 'b2', 'both', 'b1']],
    ['sections that are not there', { sections: ['sport'] }, []],
    ['sections and sources at once', { sections: ['world'], sources: ['b'] }, ['both']],
    ['categories, whatever their case', { categories: ['eu'] }, ['c1', 'a1']],
    ['categories, any of several', { categories: ['eu', 'budget'] }, ['c1', 'b2', 'a1']],
    ['languages by their primary tag', { languages: ['de'] }, ['c1', 'b2']],
    ['a search', { q: 'harvest' }, ['b2', 'a1']],
    [
      'everything together',
      { sections: ['science-health'], categories: ['budget'], languages: ['de'], q: 'harvest' },
      ['b2'],
    ],
  ] as const)('chooses by %s', (_, filter, expected) =>
    withStore(engine, async (store) => {
      const room = await newsroom(
        store,
        ['a'],
        ['b', { section: 'Science & Health' }],
        ['c', { section: 'Science & Health' }],
      );
      await room.read('a', [at('a1', 60, { categories: ['EU'], summary: 'The harvest' }), at('both', 40)]);
      await room.read('b', [at('b1', 50), at('both', 40)]);
      await room.read('b', [at('b2', 30, { categories: ['Budget'], language: 'de-AT', summary: 'Harvest' })]);
      await room.read('c', [at('c1', 20, { categories: ['eu', 'Eu'], language: 'DE' })]);
      expect(await names(store, filter)).toEqual(expected);
      expect((await pages(store, { filter: { ...everything, ...filter }, limit: 1 })).flat()).toEqual(expected);
    }));

  it('gives the same for a choice of hundreds of sources as for each of them', () =>
    withStore(engine, async (store) => {
      const ids = Array.from({ length: 250 }, (_, index) => `s${index}`);
      const room = await newsroom(store, ...ids.map((id): [string] => [id]));
      for (const id of ['s3', 's200', 's249']) await room.read(id, [at(id, Number(id.slice(1)))], noon + hour);
      expect(await names(store, { sources: ids })).toEqual(['s3', 's200', 's249']);
    }));

  it('gives the same along many sources, few of whose items are recent, as by asking of each item', () =>
    withStore(engine, async (store) => {
      const many = Array.from({ length: 30 }, (_, index) => `s${index}`);
      const room = await newsroom(store, ...[...many, 'flood'].map((id): [string] => [id]));
      const flood = Array.from({ length: 2100 }, (_, index) => at(`flood-${index}`, index % 60));
      await room.read('flood', flood);
      for (const [index, id] of many.entries()) {
        // Each has its own spell of time, so that a page takes much of a few sources.
        const spell = Array.from({ length: 20 }, (_, step) => at(`${id}-${step}`, 100 + 30 * index + step));
        await room.read(id, spell);
      }
      const expected = await names(store, {}, { limit: 5000 });
      const chosen = expected.filter((name) => name.startsWith('s'));
      for (const limit of [10, 50]) {
        const filter = { ...everything, sources: many };
        expect((await pages(store, { filter, limit })).flat()).toEqual(chosen.slice(0, 100 * limit));
      }
    }));

  it('gives backfill with the rest, or leaves it out where that is asked for', () =>
    withStore(engine, async (store) => {
      const room = await newsroom(store, ['a']);
      await room.read('a', [at('old', 10)]);
      await room.read('a', [at('news', 20)]);
      expect(await names(store)).toEqual(['old', 'news']);
      expect(await names(store, {}, { includeBackfill: false })).toEqual(['news']);
    }));

  it('is of one instant with the head of the log that is read beside it', () =>
    withStore(engine, async (store) => {
      const room = await newsroom(store, ['a']);
      await room.read('a', [at('one', 10)]);
      const snapshot = await store.read(async (tx) => {
        const { head } = await readHead(tx);
        await withdrawItem(store, 1, noon);
        const page = await readItems(tx, { filter: everything, limit: 10, before: null });
        return { head, titles: page.items.map(({ title }) => title) };
      });
      expect(snapshot).toEqual({ head: 1, titles: ['Title of one'] });
      expect(await names(store)).toEqual([]);
    }));

  it('knows no item that was never there', () =>
    withStore(engine, async (store) => {
      expect(await readItem(store.reader, 1)).toBeNull();
    }));
});

describe.each(engines)('searching on $name', (engine) => {
  async function library(store: Store): Promise<void> {
    const room = await newsroom(store, ['a']);
    await room.read('a', [
      at('1', 50, { summary: 'The budget vote was postponed', contentHtml: '<p>Parliament</p>' }),
      at('2', 40, { summary: 'A vote on the budget', author: 'Example Author' }),
      at('3', 30, { summary: 'Über Straßen: Élysée, ÎLE and naïve', contentHtml: '<b>sport</b>' }),
      at('4', 20, { summary: 'budget sport', contentHtml: '<a href="https://example.org/hidden">covid-19</a>' }),
    ]);
  }

  it.each([
    ['budget', ['4', '2', '1']],
    ['budget vote', ['2', '1']],
    ['"budget vote"', ['1']],
    ['budget -sport', ['2', '1']],
    ['-budget', ['3']],
    ['-"budget vote" -sport', ['2']],
    ['uber elysee ile naive', ['3']],
    ['BUDGET', ['4', '2', '1']],
    ['covid-19', ['4']],
    ['parliament', ['1']],
    ['author', ['2']],
    ['hidden', []],
    ['href', []],
    ['bud', []],
    ['budget NOT vote', []],
    ['a OR', []],
    ['"unclosed', []],
    ['!!! ***', ['4', '3', '2', '1']],
    ["vote' ; drop table item --", []],
    ['title: 3', ['3']],
    ['NEAR(budget vote)', []],
    ['author:example', ['2']],
    ['author:"example author" budget', ['2']],
    ['author:budget', []],
    ['budget -author:example', ['4', '1']],
  ])('for %s finds %j', (q, expected) =>
    withStore(engine, async (store) => {
      await library(store);
      expect(await names(store, { q })).toEqual(expected);
    }));

  it('keeps to sections and sources that it names, and out of others', () =>
    withStore(engine, async (store) => {
      const room = new Newsroom(store);
      await room.declare([
        source('a'),
        source('b', { section: 'Science & Health' }),
        source('c', { section: 'Sport' }),
      ]);
      for (const id of ['a', 'b', 'c']) await room.read(id, [at(`${id}1`, 10), at(`${id}2`, 5)]);
      await room.read('c', [at('a1', 10), at('c1', 10), at('c2', 5)]);
      const found = async (q: string): Promise<string> => (await names(store, { q })).toSorted().join(' ');
      expect(await found('section:science-health')).toBe('b1 b2');
      expect(await found('section:"science & HEALTH" section:sport')).toBe('a1 b1 b2 c1 c2');
      expect(await found('title section:sport -source:a')).toBe('c1 c2');
      expect(await found('-section:sport')).toBe('a2 b1 b2');
      expect(await found('-section:sport -source:b')).toBe('a2');
      expect(await found('section:nowhere')).toBe('');
      expect(await names(store, { q: 'section:sport', sections: ['world'] })).toEqual(['a1']);
    }));

  it('passes over what must not occur, however much of it comes first', () =>
    withStore(engine, async (store) => {
      const room = await newsroom(store, ['a']);
      const unwanted = Array.from({ length: 300 }, (_, index) => at(`x${index}`, index, { summary: 'cricket' }));
      await room.read('a', [...unwanted, at('y1', 400), at('y2', 500)]);
      expect(await names(store, { q: '-cricket' }, { limit: 5 })).toEqual(['y1', 'y2']);
      expect(await names(store, { q: '-"title of"' }, { limit: 5 })).toEqual([]);
    }));

  it('keeps to a span of days', () =>
    withStore(engine, async (store) => {
      const room = await newsroom(store, ['a']);
      const on = (name: string, daysAgo: number) => draft(name, { publishedMs: noon - daysAgo * day });
      await room.read('a', [on('first', 2), on('second', 1), on('third', 0)]);
      expect(await names(store, { q: 'after:2026-02-28' })).toEqual(['third', 'second']);
      expect(await names(store, { q: 'before:2026-03-01 title' })).toEqual(['second', 'first']);
      expect(await names(store, { q: 'after:2026-02-28 before:2026-03-01' })).toEqual(['second']);
    }));

  it('finds the words of the last edit and not those before', () =>
    withStore(engine, async (store) => {
      const room = await newsroom(store, ['a']);
      await room.read('a', [at('one', 10, { summary: 'wrong figure' })]);
      await room.read('a', [at('one', 10, { summary: 'right figure' })]);
      expect(await names(store, { q: 'wrong' })).toEqual([]);
      expect(await names(store, { q: 'right' })).toEqual(['one']);
    }));

  it('gives the newest of thousands in order, page by page', () =>
    withStore(engine, async (store) => {
      const room = await newsroom(store, ['a'], ['b']);
      // Old dates that are seen last stand at the end of the order and at the beginning of the index.
      const common = (name: string, minutesAgo: number) =>
        at(name, minutesAgo, { summary: 'common word', canonicalUrl: null });
      const news = Array.from({ length: 2500 }, (_, index) => common(`n${index}`, 2500 - index));
      const late = Array.from({ length: 2500 }, (_, index) => common(`o${index}`, 10_000 - index));
      await room.read('a', news);
      await room.read('b', late, noon + hour);
      const first = await readItems(store.reader, { filter: { ...everything, q: 'common' }, limit: 3, before: null });
      expect(first.items.map(({ title }) => title)).toEqual(['Title of n2499', 'Title of n2498', 'Title of n2497']);
      const deep = await readItems(store.reader, {
        filter: { ...everything, q: 'common' },
        limit: 2,
        before: `${noon - 2500 * minute}-1`,
      });
      expect(deep.items.map(({ title }) => title)).toEqual(['Title of o2499', 'Title of o2498']);
    }));
});

describe.each(engines)('ranking by relevance on $name', (engine) => {
  async function ranked(store: Store, q: string, before: string | null, limit = 2) {
    const query = { filter: { ...everything, q }, limit, before, byRelevance: true };
    const { items, next } = await readItems(store.reader, query);
    return { names: items.map(({ title }) => title.replace('Title of ', '')), next };
  }

  it('puts what is about the words first, and the newest of equals', () =>
    withStore(engine, async (store) => {
      const room = await newsroom(store, ['a']);
      const aside = { summary: `harbour ${'and much else of another kind '.repeat(20)}` };
      await room.read('a', [
        at('about', 50, { summary: 'harbour harbour harbour' }),
        at('twin', 40, aside),
        at('aside', 30, aside),
        at('other', 20),
      ]);
      expect(await ranked(store, 'harbour', null, 5)).toEqual({ names: ['about', 'aside', 'twin'], next: null });
    }));

  it('goes on page by page, undisturbed by what comes in meanwhile', () =>
    withStore(engine, async (store) => {
      const room = await newsroom(store, ['a']);
      const all = Array.from({ length: 5 }, (_, index) => at(`n${index}`, index, { summary: 'harbour' }));
      await room.read('a', all);
      const first = await ranked(store, 'harbour', null);
      await room.read('a', [at('late', 0, { summary: 'harbour harbour harbour' }), ...all]);
      const second = await ranked(store, 'harbour', first.next);
      const third = await ranked(store, 'harbour', second.next);
      expect([...first.names, ...second.names, ...third.names].toSorted()).toEqual(['n0', 'n1', 'n2', 'n3', 'n4']);
      expect(third.next).toBeNull();
    }));

  it('falls back to the newest where no word is named', () =>
    withStore(engine, async (store) => {
      const room = await newsroom(store, ['a']);
      await room.read('a', [at('one', 10), at('two', 5)]);
      expect((await ranked(store, 'source:a', null)).names).toEqual(['two', 'one']);
    }));
});

describe.each(engines)('searching with other choices on $name', (engine) => {
  it('finds the common word in a source that seldom writes', () =>
    withStore(engine, async (store) => {
      const room = await newsroom(store, ['often'], ['seldom']);
      const common = (name: string, minutesAgo: number) => at(name, minutesAgo, { summary: 'common word' });
      await room.read('seldom', [common('s1', 9000), at('s2', 8000), common('s3', 7000)]);
      await room.read(
        'often',
        Array.from({ length: 2200 }, (_, index) => common(`o${index}`, index)),
      );
      expect(await names(store, { q: 'common', sources: ['seldom'] })).toEqual(['s3', 's1']);
      expect(await names(store, { q: 'common -title', sources: ['seldom'] })).toEqual([]);
      expect(await names(store, { q: 'common', sources: ['unknown'] })).toEqual([]);
      expect(await names(store, { q: 'common' }, { limit: 2 })).toEqual(['o0', 'o1']);
    }));

  it('finds a word that is common in old items only', () =>
    withStore(engine, async (store) => {
      const room = await newsroom(store, ['a']);
      const old = Array.from({ length: 2100 }, (_, index) => at(`old-${index}`, 5000 + index, { summary: 'harvest' }));
      const recent = Array.from({ length: 2100 }, (_, index) => at(`new-${index}`, index));
      await room.read('a', [...recent, ...old]);
      expect(await names(store, { q: 'harvest' }, { limit: 3 })).toEqual(['old-0', 'old-1', 'old-2']);
    }));
});

describe.each(engines)('the share of a source in a page on $name', (engine) => {
  async function flooded(store: Store, flood: number, others: number): Promise<void> {
    const room = await newsroom(store, ['flood'], ['b'], ['c'], ['d'], ['e'], ['f']);
    await room.read(
      'flood',
      Array.from({ length: flood }, (_, index) => at(`flood-${index}`, flood - index)),
    );
    for (const id of ['b', 'c', 'd', 'e', 'f']) {
      await room.read(
        id,
        Array.from({ length: others }, (_, index) => at(`${id}-${index}`, 1000 + others - index)),
      );
    }
  }

  const share = { filter: everything, limit: 10, share: true };

  it('is a fifth while others have items for it', () =>
    withStore(engine, async (store) => {
      await flooded(store, 30, 5);
      const [first] = await pages(store, share);
      expect(first?.filter((name) => name.startsWith('flood'))).toEqual(['flood-29', 'flood-28']);
      expect(first).toHaveLength(10);
    }));

  it('is what is left when the others run out, and then nothing is lost', () =>
    withStore(engine, async (store) => {
      await flooded(store, 30, 1);
      const all = await pages(store, share);
      expect(all[0]?.filter((name) => !name.startsWith('flood'))).toHaveLength(5);
      expect(all.every((page) => page.length <= 10)).toBe(true);
      expect(new Set(all.flat()).size).toBe(35);
    }));

  it('is everything where there is no other source', () =>
    withStore(engine, async (store) => {
      await flooded(store, 25, 0);
      const all = await pages(store, share);
      expect(all.map((page) => page.length)).toEqual([10, 10, 5]);
      expect(new Set(all.flat()).size).toBe(25);
    }));

  it('repeats nothing from page to page while it holds', () =>
    withStore(engine, async (store) => {
      await flooded(store, 30, 20);
      const all = await pages(store, share);
      const others = all.flat().filter((name) => !name.startsWith('flood'));
      expect(new Set(all.flat()).size).toBe(all.flat().length);
      expect(others).toHaveLength(100);
    }));

  it('is not limited unless that is asked for', () =>
    withStore(engine, async (store) => {
      await flooded(store, 30, 5);
      const page = await names(store, {}, { limit: 10 });
      expect(page.every((name) => name.startsWith('flood'))).toBe(true);
    }));
});

describe.each(engines)('sections on $name', (engine) => {
  it('come in the order of the declarations, with what appeared in them', () =>
    withStore(engine, async (store) => {
      const room = await newsroom(store, ['a', { section: 'World' }], ['b', { section: 'Science & Health' }], ['c']);
      await room.read('a', [at('one', 1)]);
      await room.read('c', [at('two', 1)]);
      await room.read('b', [at('one', 1)]);
      expect(await readSections(store.reader)).toEqual([
        { slug: 'world', name: 'World', items: 2 },
        { slug: 'science-health', name: 'Science & Health', items: 1 },
      ]);
    }));

  it('are only those of sources that are declared', () =>
    withStore(engine, async (store) => {
      const room = await newsroom(store, ['a', { section: 'World' }], ['b', { section: 'Science' }]);
      await room.declare([source('b', { section: 'Technology' })]);
      expect((await readSections(store.reader)).map(({ name }) => name)).toEqual(['Technology']);
    }));
});

describe('a place in the order of views', () => {
  it('is written as time and number, and read back', () => {
    expect(formatPlace({ sortMs: noon, id: 42 })).toBe(`${noon}-42`);
    expect(parsePlace(`${noon}-42`)).toEqual({ sortMs: noon, id: 42 });
    expect(parsePlace('-5-42')).toEqual({ sortMs: -5, id: 42 });
  });

  it.each(['', 'x', '1', '1-', '-1', '1-2-3', '1e3-2', '1.5-2', '1234567890123456-1'])('is not "%s"', (text) => {
    expect(parsePlace(text)).toBeNull();
  });
});
