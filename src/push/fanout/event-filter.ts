import { createHash } from 'node:crypto';
import type { EventOp, Facets, LogEvent } from '../../domain/events/event.ts';
import type { Filter } from '../../domain/events/filter.ts';
import { type FilterError, filterListFields, parseFilter } from '../../domain/events/parse-filter.ts';
import {
  matchesWords,
  parseSearchQuery,
  type SearchQuery,
  type SearchScope,
} from '../../domain/search/search-query.ts';
import { FacetCache, type NormalisedFacets } from './facet-cache.ts';

/** Filters that one subscription may join by OR. */
export const maxFilters = 4;

/** Reads the filters of one subscription: `filter`, or up to four `filters` of which any may match. */
export function parseFilters(one: unknown, several: unknown): readonly Filter[] | FilterError {
  if (one !== undefined && several !== undefined) return { error: `give 'filter' or 'filters', not both` };
  if (several === undefined) {
    const filter = parseFilter(one ?? {});
    return 'error' in filter ? filter : [filter];
  }
  if (!Array.isArray(several) || several.length === 0 || several.length > maxFilters) {
    return { error: `'filters' must be an array of 1 to ${maxFilters} filters` };
  }
  const filters: Filter[] = [];
  for (const entry of several as readonly unknown[]) {
    const filter = parseFilter(entry);
    if ('error' in filter) return filter;
    filters.push(filter);
  }
  return filters;
}

/** By what subscriptions are grouped: equal for all filters that mean the same, and short, however long they are. */
export function filterKeyOf(filters: readonly Filter[]): string {
  return createHash('sha256').update(canonicalFilters(filters)).digest('base64url');
}

/** The one text of filters that mean the same, whatever their order was. */
function canonicalFilters(filters: readonly Filter[]): string {
  const texts = filters.map((filter) =>
    JSON.stringify([filter.sections, filter.sources, filter.categories, filter.languages, filter.q, filter.backfill]),
  );
  return [...new Set(texts)].sort().join('|');
}

/** The name that filters have on the wire, by their key: short, and equal for all that mean the same. */
export function channelOf(groupKey: string): string {
  return groupKey.slice(0, 10);
}

/** Decides which events a subscription's filters let through, and as what. */
export interface Matcher {
  /**
   * What a subscriber with these filters must be told of an event; null: nothing. An item that an update moved out
   * of the filter is a `remove` to it.
   */
  decide(event: LogEvent): EventOp | null;
}

/** Whether an item has appeared where a search wants it, and when. */
function isPlaced({ includedScope, excludedScope, afterMs, beforeMs }: SearchQuery, item: NormalisedFacets): boolean {
  const { sortMs } = item;
  const inAny = (places: SearchScope, name: keyof SearchScope): boolean =>
    item[name].some((value) => places[name].includes(value));
  return (
    (includedScope.sections.length === 0 || inAny(includedScope, 'sections')) &&
    (includedScope.sources.length === 0 || inAny(includedScope, 'sources')) &&
    !inAny(excludedScope, 'sections') &&
    !inAny(excludedScope, 'sources') &&
    (sortMs === null || ((afterMs === null || sortMs >= afterMs) && (beforeMs === null || sortMs < beforeMs)))
  );
}

type Test = (facets: Facets, shared: FacetCache) => boolean;

function compile(filter: Filter): Test {
  const fields = filterListFields
    .filter((name) => filter[name].length > 0)
    .map((name) => [name, new Set(filter[name])] as const);
  const query = filter.q === null ? null : parseSearchQuery(filter.q);
  return (facets, shared) => {
    if (fields.length === 0 && query === null) return true;
    const prepared = shared.normalise(facets);
    if (!fields.every(([name, wanted]) => prepared[name].some((value) => wanted.has(value)))) return false;
    if (query === null) return true;
    if (!isPlaced(query, prepared)) return false;
    const words = shared.wordsOf(facets, prepared);
    return matchesWords(query, { words, text: () => shared.searchTextOf(facets, prepared) });
  };
}

/** Whether an item with these facets is one that the filter asks for. Backfill is a matter of events, not of facets. */
export function matchesFilter(filter: Filter, facets: Facets): boolean {
  return compile(filter)(facets, new FacetCache());
}

/**
 * Compiles the filters of a subscription.
 *
 * `backfill: false` holds back items that would enter the reader's view with backfill. Corrections and removals of
 * an item that matched before are sent all the same: a reader that began with a snapshot has that item, and would
 * keep showing what was withdrawn.
 */
export function createMatcher(filters: readonly Filter[], shared: FacetCache = new FacetCache()): Matcher {
  const tests = filters.map(compile);
  const open = tests.filter((_, index) => filters[index]?.backfill === true);
  const any = (some: readonly Test[], facets: Facets | null) =>
    facets !== null && some.some((test) => test(facets, shared));
  return {
    decide(event) {
      const enters = event.backfill ? open : tests;
      if (event.op === 'add') return any(enters, event.facets) ? 'add' : null;
      const matched = any(tests, event.previousFacets);
      if (event.op === 'remove') return matched || any(tests, event.facets) ? 'remove' : null;
      if (!any(tests, event.facets)) return matched ? 'remove' : null;
      return matched || any(enters, event.facets) ? 'update' : null;
    },
  };
}
