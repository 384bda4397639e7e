import { describe, expect, it } from 'vitest';
import { everything } from '../../../src/domain/events/filter.ts';
import { hasBoundedCost, type SnapshotQuery } from '../../../src/store/queries/snapshot.ts';

const filter = { ...everything, backfill: true };
const query: SnapshotQuery = { filter, limit: 50, before: null, limitPerSource: false };
const before = '1768418460000-77';

describe('the cost of a page', () => {
  it.each<[string, Partial<SnapshotQuery>]>([
    ['of everything', {}],
    ['of everything, with a quota for each source', { limitPerSource: true }],
    ['of everything, also later pages', { before }],
    ['of one section', { filter: { ...filter, sections: ['world'] }, limitPerSource: true }],
    ['of one source, also later pages', { filter: { ...filter, sources: ['a'] }, before }],
    ['of 100 items', { limit: 100 }],
  ])('is bounded by an index: %s', (_, over) => {
    expect(hasBoundedCost({ ...query, ...over })).toBe(true);
  });

  it.each<[string, Partial<SnapshotQuery>]>([
    ['of a search', { filter: { ...filter, q: 'a' } }],
    ['of a category', { filter: { ...filter, categories: ['a'] } }],
    ['of a language', { filter: { ...filter, languages: ['en'] } }],
    ['of two sources', { filter: { ...filter, sources: ['a', 'b'] } }],
    ['of a source within a section', { filter: { ...filter, sources: ['a'], sections: ['world'] } }],
    ['without backfill', { filter: everything }],
    ['of more than 100 items', { limit: 101 }],
    ['of one source, with a quota for each source', { filter: { ...filter, sources: ['a'] }, limitPerSource: true }],
    ['after the first, with a quota for each source', { before, limitPerSource: true }],
  ])('is not bounded: %s', (_, over) => {
    expect(hasBoundedCost({ ...query, ...over })).toBe(false);
  });
});
