import { describe, expect, it } from 'vitest';
import { everything, type Filter } from '../../../src/domain/events/filter.ts';
import { parseFilter } from '../../../src/domain/events/parse-filter.ts';
import {
  channelOf,
  createMatcher,
  filterKeyOf,
  matchesFilter,
  parseFilters,
} from '../../../src/push/fanout/event-filter.ts';
import { facets, logEvent } from '../../support/push/memory-log.ts';

function filterOf(input: unknown): Filter {
  const filter = parseFilter(input);
  if ('error' in filter) throw new Error(filter.error);
  return filter;
}

function errorOf(input: unknown): string | null {
  const filter = parseFilter(input);
  return 'error' in filter ? filter.error : null;
}

describe('parseFilter', () => {
  it('reads every field into the form that is compared', () => {
    const input = {
      sections: ['World News', 'world-news'],
      sources: ['BBC '],
      categories: ['Économie'],
      languages: ['en-GB', 'EN'],
      q: 'budget  "Rate rise"',
      backfill: true,
    };
    expect(parseFilter(input)).toEqual({
      sections: ['world-news'],
      sources: ['bbc'],
      categories: ['économie'],
      languages: ['en'],
      q: '"rate rise" budget',
      backfill: true,
    });
  });

  it('asks for everything but backfill when nothing is said', () => {
    expect(parseFilter({})).toEqual(everything);
    expect(parseFilter({ q: ' ', sections: [] })).toEqual(everything);
  });

  it('refuses a field that it does not know by its name', () => {
    expect(errorOf({ sections: [], tag: ['eu'] })).toBe("unknown field 'tag'");
    expect(errorOf(JSON.parse('{"__proto__":1}'))).toBe("unknown field '__proto__'");
    expect(errorOf({ constructor: [] })).toBe("unknown field 'constructor'");
  });

  it.each([
    ['a list that is none', { sections: 'World' }, 'sections'],
    ['a value that is no text', { sources: [1] }, 'sources'],
    ['an empty value', { categories: [' '] }, 'categories'],
    ['a value that is too long', { languages: ['x'.repeat(201)] }, 'languages'],
    ['a search that is no text', { q: 7 }, 'q'],
    ['a search that is too long', { q: 'x '.repeat(101) }, 'q'],
    ['a search without a word', { q: '!!' }, 'q'],
    ['a search of 33 words', { q: 'x '.repeat(33) }, 'q'],
    ['a flag that is none', { backfill: 'yes' }, 'backfill'],
  ])('refuses %s', (_, input, field) => {
    expect(errorOf(input)).toContain(`'${field}'`);
  });

  it('refuses more than 200 values in all', () => {
    const values = Array.from({ length: 101 }, (_, index) => `v${index}`);
    expect(errorOf({ sections: values, sources: values })).toContain('200');
    expect(errorOf({ sections: values, sources: values.slice(0, 99) })).toBe(null);
  });

  it.each([[null], [[]], ['x'], [3]])('refuses %j, which is no object', (input) => {
    expect(errorOf(input)).toBe('a filter is an object');
  });
});

describe('parseFilters', () => {
  it('takes one filter, several, or none', () => {
    expect(parseFilters(undefined, undefined)).toEqual([everything]);
    expect(parseFilters({ q: 'a' }, undefined)).toHaveLength(1);
    expect(parseFilters(undefined, [{ q: 'a' }, { q: 'b' }])).toHaveLength(2);
  });

  it.each([
    ['both', {}, [{}]],
    ['an empty list', undefined, []],
    ['five', undefined, [{}, {}, {}, {}, {}]],
    ['a bad one among good ones', undefined, [{}, { tag: 1 }]],
    ['no list', undefined, {}],
  ])('refuses %s', (_, one, several) => {
    expect(parseFilters(one, several)).toHaveProperty('error');
  });
});

describe('groupKeyOf', () => {
  it('is one for filters that mean the same', () => {
    const one = [filterOf({ sections: ['B', 'a'], q: 'x "y z"' }), filterOf({ q: 'b' })];
    const two = [filterOf({ q: 'B' }), filterOf({ q: '"Y Z" x x', sections: ['A', 'b', 'a'] }), filterOf({ q: 'b' })];
    expect(filterKeyOf(one)).toBe(filterKeyOf(two));
  });

  it('tells filters apart that differ in one field', () => {
    const filters = [{}, { q: 'a' }, { q: '-a' }, { sections: ['a'] }, { sources: ['a'] }, { backfill: true }];
    expect(new Set(filters.map((filter) => filterKeyOf([filterOf(filter)]))).size).toBe(filters.length);
  });
});

describe('the key of a group', () => {
  it('is short, however long the filters are', () => {
    const sources = Array.from({ length: 200 }, (_, index) => `${index}`.padEnd(60, 'x'));
    expect(filterKeyOf([filterOf({ sources })])).toHaveLength(43);
  });
});

describe('channelOf', () => {
  it('is one name for filters that mean the same, and short', () => {
    const one = channelOf(filterKeyOf([{ ...everything, q: 'a' }, everything]));
    expect(channelOf(filterKeyOf([everything, { ...everything, q: 'a' }]))).toBe(one);
    expect(channelOf(filterKeyOf([everything]))).not.toBe(one);
    expect(one).toMatch(/^[\w-]{10}$/);
  });
});

describe('matches', () => {
  const item = facets({
    sections: ['World News'],
    sources: ['owner', 'also-in'],
    categories: ['EU', 'Budget'],
    language: 'en-GB',
    text: 'Parliament votes on the Budget',
  });

  it.each([
    [{}],
    [{ sections: ['world news'] }],
    [{ sources: ['also-in'] }],
    [{ categories: ['eu', 'sport'] }],
    [{ languages: ['en'] }],
    [{ languages: ['en-US'] }],
    [{ q: 'budget -sport' }],
    [{ sections: ['World News'], sources: ['owner'], categories: ['budget'], languages: ['en'], q: 'parliament' }],
  ])('holds for %j', (filter) => {
    expect(matchesFilter(filterOf(filter), item)).toBe(true);
  });

  it.each([
    [{ sections: ['World'] }],
    [{ sources: ['own'] }],
    [{ categories: ['e'] }],
    [{ languages: ['de'] }],
    [{ q: 'sport' }],
    [{ sections: ['World News'], sources: ['other'] }],
  ])('does not hold for %j', (filter) => {
    expect(matchesFilter(filterOf(filter), item)).toBe(false);
  });

  it.each([
    ['section:world', true],
    ['section:sport', false],
    ['-section:world', false],
    ['source:wire -source:paper', true],
    ['source:paper', false],
    ['after:2026-01-15', true],
    ['after:2026-01-16', false],
    ['before:2026-01-16', true],
    ['before:2026-01-15', false],
  ])('holds for the search %s: %s', (q, expected) => {
    const placed = facets({ sections: ['World'], sources: ['wire'], sortMs: Date.UTC(2026, 0, 15, 12) });
    expect(matchesFilter(filterOf({ q }), placed)).toBe(expected);
  });

  it('lets every bound of time pass for an event that does not say when', () => {
    expect(matchesFilter(filterOf({ q: 'after:2030-01-01' }), facets())).toBe(true);
  });

  it('does not hold for a language when the item has none', () => {
    expect(matchesFilter(filterOf({ languages: ['en'] }), facets())).toBe(false);
  });
});

describe('createMatcher', () => {
  const world = { sections: ['World'] };
  const sport = { sections: ['Sport'] };
  const decide = (filters: readonly unknown[], event: Parameters<typeof logEvent>[1]) =>
    createMatcher(filters.map(filterOf)).decide(logEvent(7, event));

  it('sends what is added when one of the filters matches', () => {
    expect(decide([world, sport], { facets: sport })).toBe('add');
    expect(decide([world], { facets: sport })).toBe(null);
  });

  it('sends an update of an item that stays', () => {
    expect(decide([world], { op: 'update', facets: world, was: world })).toBe('update');
  });

  it('sends an update of an item that comes in by it', () => {
    expect(decide([world], { op: 'update', facets: world, was: sport })).toBe('update');
  });

  it('sends a removal of an item that an update moves out', () => {
    expect(decide([world], { op: 'update', facets: sport, was: world })).toBe('remove');
  });

  it('keeps an item that an update moves from one filter of the union to another', () => {
    expect(decide([world, sport], { op: 'update', facets: sport, was: world })).toBe('update');
  });

  it('says nothing of an update elsewhere', () => {
    expect(decide([world], { op: 'update', facets: sport, was: sport })).toBe(null);
  });

  it('sends a removal to those for whom the item was there', () => {
    expect(decide([world], { op: 'remove', facets: world, was: world })).toBe('remove');
    expect(decide([world], { op: 'remove', facets: facets(), was: world })).toBe('remove');
    expect(decide([world], { op: 'remove', facets: sport, was: sport })).toBe(null);
  });

  describe('with backfill', () => {
    const wanted = { ...world, backfill: true };

    it('leaves out what is added, unless it was asked for', () => {
      expect(decide([world], { backfill: true, facets: world })).toBe(null);
      expect(decide([wanted], { backfill: true, facets: world })).toBe('add');
    });

    it('looks at the filter that matches, not at its neighbours', () => {
      expect(decide([world, { ...sport, backfill: true }], { backfill: true, facets: world })).toBe(null);
      expect(decide([world, { ...sport, backfill: true }], { backfill: true, facets: sport })).toBe('add');
    });

    it('leaves out an item that would come in by an update', () => {
      expect(decide([world], { op: 'update', backfill: true, facets: world, was: sport })).toBe(null);
      expect(decide([wanted], { op: 'update', backfill: true, facets: world, was: sport })).toBe('update');
    });

    it('sends corrections and removals to readers whose snapshot has the item', () => {
      expect(decide([world], { op: 'update', backfill: true, facets: world, was: world })).toBe('update');
      expect(decide([world], { op: 'update', backfill: true, facets: sport, was: world })).toBe('remove');
      expect(decide([world], { op: 'remove', backfill: true, facets: world, was: world })).toBe('remove');
    });
  });
});
