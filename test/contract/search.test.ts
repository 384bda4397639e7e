import { describe, expect, it } from 'vitest';
import { everything } from '../../src/domain/events/filter.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { readItems } from '../../src/store/queries/read-items.ts';
import { anItemDraft, aSource, day, hour, minute, noon } from '../support/builders.ts';
import { createStoreFixture } from '../support/store-fixture.ts';
import { at, names } from './item-queries.ts';
import { engines, withStore } from './test-engines.ts';

describe.each(engines)('searching on $name', (engine) => {
  async function library(store: Store): Promise<void> {
    const fixture = await createStoreFixture(store, 'a');
    await fixture.read('a', [
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

  it('honours the sections and sources that it names or excludes', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(
        store,
        'a',
        aSource('b', { section: 'Science & Health' }),
        aSource('c', { section: 'Sport' }),
      );
      for (const id of ['a', 'b', 'c']) await fixture.read(id, [at(`${id}1`, 10), at(`${id}2`, 5)]);
      await fixture.read('c', [at('a1', 10), at('c1', 10), at('c2', 5)]);
      const found = async (q: string): Promise<string> => (await names(store, { q })).toSorted().join(' ');
      expect(await found('section:science-health')).toBe('b1 b2');
      expect(await found('section:"science & HEALTH" section:sport')).toBe('a1 b1 b2 c1 c2');
      expect(await found('title section:sport -source:a')).toBe('c1 c2');
      expect(await found('-section:sport')).toBe('a2 b1 b2');
      expect(await found('-section:sport -source:b')).toBe('a2');
      expect(await found('section:nowhere')).toBe('');
      expect(await names(store, { q: 'section:sport', sections: ['world'] })).toEqual(['a1']);
    }));

  it('skips items with an excluded word, however many come first', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      const unwanted = Array.from({ length: 300 }, (_, index) => at(`x${index}`, index, { summary: 'cricket' }));
      await fixture.read('a', [...unwanted, at('y1', 400), at('y2', 500)]);
      expect(await names(store, { q: '-cricket' }, { limit: 5 })).toEqual(['y1', 'y2']);
      expect(await names(store, { q: '-"title of"' }, { limit: 5 })).toEqual([]);
    }));

  it('honours a range of dates', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      const on = (name: string, daysAgo: number) => anItemDraft(name, { publishedMs: noon - daysAgo * day });
      await fixture.read('a', [on('first', 2), on('second', 1), on('third', 0)]);
      expect(await names(store, { q: 'after:2026-02-28' })).toEqual(['third', 'second']);
      expect(await names(store, { q: 'before:2026-03-01 title' })).toEqual(['second', 'first']);
      expect(await names(store, { q: 'after:2026-02-28 before:2026-03-01' })).toEqual(['second']);
    }));

  it('finds the words of the last edit and not earlier ones', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.read('a', [at('one', 10, { summary: 'wrong figure' })]);
      await fixture.read('a', [at('one', 10, { summary: 'right figure' })]);
      expect(await names(store, { q: 'wrong' })).toEqual([]);
      expect(await names(store, { q: 'right' })).toEqual(['one']);
    }));

  it('lists the newest of thousands of matches in order, page by page', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a', 'b');
      // Items with old dates that arrive last have the highest ids and come last in the order.
      const common = (name: string, minutesAgo: number) =>
        at(name, minutesAgo, { summary: 'common word', canonicalUrl: null });
      const news = Array.from({ length: 2500 }, (_, index) => common(`n${index}`, 2500 - index));
      const late = Array.from({ length: 2500 }, (_, index) => common(`o${index}`, 10_000 - index));
      await fixture.read('a', news);
      await fixture.read('b', late, noon + hour);
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

  it('puts the best match first, and the newest of equal matches', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      const aside = { summary: `harbour ${'and much else of another kind '.repeat(20)}` };
      await fixture.read('a', [
        at('about', 50, { summary: 'harbour harbour harbour' }),
        at('twin', 40, aside),
        at('aside', 30, aside),
        at('other', 20),
      ]);
      expect(await ranked(store, 'harbour', null, 5)).toEqual({ names: ['about', 'aside', 'twin'], next: null });
    }));

  it('continues page by page, unaffected by items that arrive meanwhile', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      const all = Array.from({ length: 5 }, (_, index) => at(`n${index}`, index, { summary: 'harbour' }));
      await fixture.read('a', all);
      const first = await ranked(store, 'harbour', null);
      await fixture.read('a', [at('late', 0, { summary: 'harbour harbour harbour' }), ...all]);
      const second = await ranked(store, 'harbour', first.next);
      const third = await ranked(store, 'harbour', second.next);
      expect([...first.names, ...second.names, ...third.names].toSorted()).toEqual(['n0', 'n1', 'n2', 'n3', 'n4']);
      expect(third.next).toBeNull();
    }));

  it('falls back to the newest items without a word to rank by', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.read('a', [at('one', 10), at('two', 5)]);
      expect((await ranked(store, 'source:a', null)).names).toEqual(['two', 'one']);
    }));
});

describe.each(engines)('searching with other filters on $name', (engine) => {
  it('finds a common word in a source that rarely publishes', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'often', 'seldom');
      const common = (name: string, minutesAgo: number) => at(name, minutesAgo, { summary: 'common word' });
      await fixture.read('seldom', [common('s1', 9000), at('s2', 8000), common('s3', 7000)]);
      await fixture.read(
        'often',
        Array.from({ length: 2200 }, (_, index) => common(`o${index}`, index)),
      );
      expect(await names(store, { q: 'common', sources: ['seldom'] })).toEqual(['s3', 's1']);
      expect(await names(store, { q: 'common -title', sources: ['seldom'] })).toEqual([]);
      expect(await names(store, { q: 'common', sources: ['unknown'] })).toEqual([]);
      expect(await names(store, { q: 'common' }, { limit: 2 })).toEqual(['o0', 'o1']);
    }));

  it('fills a page with a common word that few of the newest items have', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      const common = (name: string, minutesAgo: number) => at(name, minutesAgo, { summary: 'common word' });
      await fixture.read(
        'a',
        Array.from({ length: 2200 }, (_, index) => common(`old-${index}`, 5000 + index)),
      );
      await fixture.read('a', [
        common('first', 0),
        ...Array.from({ length: 100 }, (_, index) => at(`x${index}`, 1 + index)),
      ]);
      expect(await names(store, { q: 'common' }, { limit: 3 })).toEqual(['first', 'old-0', 'old-1']);
      expect(await names(store, { q: 'common -title' }, { limit: 3 })).toEqual([]);
    }));

  it('finds a word that is common in old items only', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      const old = Array.from({ length: 2100 }, (_, index) => at(`old-${index}`, 5000 + index, { summary: 'harvest' }));
      const recent = Array.from({ length: 2100 }, (_, index) => at(`new-${index}`, index));
      await fixture.read('a', [...recent, ...old]);
      expect(await names(store, { q: 'harvest' }, { limit: 3 })).toEqual(['old-0', 'old-1', 'old-2']);
    }));
});
