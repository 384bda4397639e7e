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
  it('normalises every field for comparison', () => {
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

  it('matches everything except backfill by default', () => {
    expect(parseFilter({})).toEqual(everything);
    expect(parseFilter({ q: ' ', sections: [] })).toEqual(everything);
  });

  it('refuses an unknown field and names it', () => {
    expect(errorOf({ sections: [], tag: ['eu'] })).toBe("unknown field 'tag'");
    expect(errorOf(JSON.parse('{"__proto__":1}'))).toBe("unknown field '__proto__'");
    expect(errorOf({ constructor: [] })).toBe("unknown field 'constructor'");
  });

  it.each([
    ['a list field that is not a list', { sections: 'World' }, 'sections'],
    ['a value that is not a string', { sources: [1] }, 'sources'],
    ['an empty value', { categories: [' '] }, 'categories'],
    ['a value that is too long', { languages: ['x'.repeat(201)] }, 'languages'],
    ['a search that is not a string', { q: 7 }, 'q'],
    ['a search that is too long', { q: 'x '.repeat(101) }, 'q'],
    ['a search without a word', { q: '!!' }, 'q'],
    ['a search of 33 words', { q: 'x '.repeat(33) }, 'q'],
    ['a flag that is not a boolean', { backfill: 'yes' }, 'backfill'],
  ])('refuses %s', (_, input, field) => {
    expect(errorOf(input)).toContain(`'${field}'`);
  });

  it('refuses more than 200 values in all', () => {
    const values = Array.from({ length: 101 }, (_, index) => `v${index}`);
    expect(errorOf({ sections: values, sources: values })).toContain('200');
    expect(errorOf({ sections: values, sources: values.slice(0, 99) })).toBe(null);
  });

  it.each([[null], [[]], ['x'], [3]])('refuses %j, which is not an object', (input) => {
    expect(errorOf(input)).toBe('a filter must be an object');
  });
});

describe('parseFilters', () => {
  it('accepts one filter, several, or none', () => {
    expect(parseFilters(undefined, undefined)).toEqual([everything]);
    expect(parseFilters({ q: 'a' }, undefined)).toHaveLength(1);
    expect(parseFilters(undefined, [{ q: 'a' }, { q: 'b' }])).toHaveLength(2);
  });

  it.each([
    ['both', {}, [{}]],
    ['an empty list', undefined, []],
    ['five', undefined, [{}, {}, {}, {}, {}]],
    ['one invalid filter among valid ones', undefined, [{}, { tag: 1 }]],
    ['a value that is not a list', undefined, {}],
  ])('refuses %s', (_, one, several) => {
    expect(parseFilters(one, several)).toHaveProperty('error');
  });
});

describe('filterKeyOf', () => {
  it('is equal for equivalent filters', () => {
    const one = [filterOf({ sections: ['B', 'a'], q: 'x "y z"' }), filterOf({ q: 'b' })];
    const two = [filterOf({ q: 'B' }), filterOf({ q: '"Y Z" x x', sections: ['A', 'b', 'a'] }), filterOf({ q: 'b' })];
    expect(filterKeyOf(one)).toBe(filterKeyOf(two));
  });

  it('differs for filters that differ in one field', () => {
    const filters = [{}, { q: 'a' }, { q: '-a' }, { sections: ['a'] }, { sources: ['a'] }, { backfill: true }];
    expect(new Set(filters.map((filter) => filterKeyOf([filterOf(filter)]))).size).toBe(filters.length);
  });
});

describe('the key of filters', () => {
  it('is short, however long the filters are', () => {
    const sources = Array.from({ length: 200 }, (_, index) => `${index}`.padEnd(60, 'x'));
    expect(filterKeyOf([filterOf({ sources })])).toHaveLength(43);
  });
});

describe('channelOf', () => {
  it('is short and equal for equivalent filters', () => {
    const one = channelOf(filterKeyOf([{ ...everything, q: 'a' }, everything]));
    expect(channelOf(filterKeyOf([everything, { ...everything, q: 'a' }]))).toBe(one);
    expect(channelOf(filterKeyOf([everything]))).not.toBe(one);
    expect(one).toMatch(/^[\w-]{10}$/);
  });
});

describe('matchesFilter', () => {
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
  ])('matches %j', (filter) => {
    expect(matchesFilter(filterOf(filter), item)).toBe(true);
  });

  it.each([
    [{ sections: ['World'] }],
    [{ sources: ['own'] }],
    [{ categories: ['e'] }],
    [{ languages: ['de'] }],
    [{ q: 'sport' }],
    [{ sections: ['World News'], sources: ['other'] }],
  ])('does not match %j', (filter) => {
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
  ])('evaluates the search %s: %s', (q, expected) => {
    const placed = facets({ sections: ['World'], sources: ['wire'], sortMs: Date.UTC(2026, 0, 15, 12) });
    expect(matchesFilter(filterOf({ q }), placed)).toBe(expected);
  });

  it('ignores date bounds for an event without a sort time', () => {
    expect(matchesFilter(filterOf({ q: 'after:2030-01-01' }), facets())).toBe(true);
  });

  it('does not match a language when the item has none', () => {
    expect(matchesFilter(filterOf({ languages: ['en'] }), facets())).toBe(false);
  });
});

describe('createMatcher', () => {
  const world = { sections: ['World'] };
  const sport = { sections: ['Sport'] };
  const decide = (filters: readonly unknown[], event: Parameters<typeof logEvent>[1]) =>
    createMatcher(filters.map(filterOf)).decide(logEvent(7, event));

  it('sends add when one of the filters matches', () => {
    expect(decide([world, sport], { facets: sport })).toBe('add');
    expect(decide([world], { facets: sport })).toBe(null);
  });

  it('sends update when the item still matches', () => {
    expect(decide([world], { op: 'update', facets: world, was: world })).toBe('update');
  });

  it('sends update when the item starts to match', () => {
    expect(decide([world], { op: 'update', facets: world, was: sport })).toBe('update');
  });

  it('sends remove when an update moves the item out', () => {
    expect(decide([world], { op: 'update', facets: sport, was: world })).toBe('remove');
  });

  it('sends update when the item moves from one filter of the union to another', () => {
    expect(decide([world, sport], { op: 'update', facets: sport, was: world })).toBe('update');
  });

  it('sends nothing for an update of an item that never matched', () => {
    expect(decide([world], { op: 'update', facets: sport, was: sport })).toBe(null);
  });

  it('sends remove when the item matched before', () => {
    expect(decide([world], { op: 'remove', facets: world, was: world })).toBe('remove');
    expect(decide([world], { op: 'remove', facets: facets(), was: world })).toBe('remove');
    expect(decide([world], { op: 'remove', facets: sport, was: sport })).toBe(null);
  });

  describe('with backfill', () => {
    const wanted = { ...world, backfill: true };

    it('does not send added items unless the filter includes backfill', () => {
      expect(decide([world], { backfill: true, facets: world })).toBe(null);
      expect(decide([wanted], { backfill: true, facets: world })).toBe('add');
    });

    it('applies the setting of the filter that matches, not of the others', () => {
      expect(decide([world, { ...sport, backfill: true }], { backfill: true, facets: world })).toBe(null);
      expect(decide([world, { ...sport, backfill: true }], { backfill: true, facets: sport })).toBe('add');
    });

    it('does not send an item that would start to match by an update', () => {
      expect(decide([world], { op: 'update', backfill: true, facets: world, was: sport })).toBe(null);
      expect(decide([wanted], { op: 'update', backfill: true, facets: world, was: sport })).toBe('update');
    });

    it('sends updates and removals to clients whose snapshot has the item', () => {
      expect(decide([world], { op: 'update', backfill: true, facets: world, was: world })).toBe('update');
      expect(decide([world], { op: 'update', backfill: true, facets: sport, was: world })).toBe('remove');
      expect(decide([world], { op: 'remove', backfill: true, facets: world, was: world })).toBe('remove');
    });
  });
});
