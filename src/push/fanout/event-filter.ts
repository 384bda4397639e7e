import { createHash } from 'node:crypto';
import { assertNever } from '../../domain/assert-never.ts';
import type { EventOp, Facets, LogEvent } from '../../domain/events/event.ts';
import type { Filter } from '../../domain/events/filter.ts';
import {
  type FilterError,
  filterListFields,
  normaliseFilterValue,
  parseFilter,
} from '../../domain/events/parse-filter.ts';
import {
  matchesWords,
  parseSearchQuery,
  type SearchQuery,
  type SearchScope,
  toSearchableText,
} from '../../domain/search/search-query.ts';
import { LruCache } from '../../runtime/lru-cache.ts';

/** Facets of an item in the normalised form of filters. */
interface NormalisedFacets {
  readonly sections: readonly string[];
  readonly sources: readonly string[];
  readonly categories: readonly string[];
  readonly languages: readonly string[];
  /** Null: events of older versions do not have it. */
  readonly sortMs: number | null;
  /** See `toSearchableText`. Computed on the first search: most subscriptions have no `q`. */
  searchText: string | null;
}

/** Cached word sets. They are large, and needed only while an event is new. */
const maxWordSets = 64;

/** Normalised facets shared by the matchers of all filters, garbage-collected with the events. */
export class FacetCache {
  readonly #prepared = new WeakMap<Facets, NormalisedFacets>();
  readonly #wordSets = new LruCache<ReadonlySet<string>, NormalisedFacets>({ maxEntries: maxWordSets });

  normalise(facets: Facets): NormalisedFacets {
    const before = this.#prepared.get(facets);
    if (before !== undefined) return before;
    const prepared: NormalisedFacets = {
      sections: facets.sections.map(normaliseFilterValue.sections),
      sources: facets.sources.map(normaliseFilterValue.sources),
      categories: facets.categories.map(normaliseFilterValue.categories),
      languages: facets.language === null ? [] : [normaliseFilterValue.languages(facets.language)],
      sortMs: facets.sortMs ?? null,
      searchText: null,
    };
    this.#prepared.set(facets, prepared);
    return prepared;
  }

  searchTextOf(facets: Facets, prepared: NormalisedFacets): string {
    prepared.searchText ??= toSearchableText(facets.text);
    return prepared.searchText;
  }

  /** The words of that text as a set, so that a search for many words does not scan the text for each. */
  wordsOf(facets: Facets, prepared: NormalisedFacets): ReadonlySet<string> {
    const known = this.#wordSets.get(prepared);
    if (known !== undefined) return known;
    const words = new Set(this.searchTextOf(facets, prepared).split(' '));
    this.#wordSets.set(prepared, words);
    return words;
  }
}

/** Filters that one subscription may combine with OR. */
export const maxFilters = 4;

/** Parses the filters of one subscription: `filter`, or up to four `filters` of which any may match. */
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

/** The key by which subscriptions are grouped: a hash, equal for equivalent filters. */
export function filterKeyOf(filters: readonly Filter[]): string {
  return createHash('sha256').update(canonicalFilters(filters)).digest('base64url');
}

/** Canonical text of filters, independent of their order. */
function canonicalFilters(filters: readonly Filter[]): string {
  const texts = filters.map((filter) =>
    JSON.stringify([filter.sections, filter.sources, filter.categories, filter.languages, filter.q, filter.backfill]),
  );
  return [...new Set(texts)].sort().join('|');
}

/** The channel name of filters on the wire: a prefix of their key. */
export function channelOf(groupKey: string): string {
  return groupKey.slice(0, 10);
}

/** Decides which events match a subscription, and with which op they are sent. */
export interface Matcher {
  /**
   * The op with which an event is sent to a subscriber with these filters; null: it is not sent. An update that moves an
   * item out of the filter is sent as `remove`.
   */
  decide(event: LogEvent): EventOp | null;
}

/** Whether an item is within the scopes and dates of a search. */
function isInScope({ includedScope, excludedScope, afterMs, beforeMs }: SearchQuery, item: NormalisedFacets): boolean {
  const { sortMs } = item;
  const inAny = (scope: SearchScope, name: keyof SearchScope): boolean =>
    item[name].some((value) => scope[name].includes(value));
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
    if (!isInScope(query, prepared)) return false;
    const words = shared.wordsOf(facets, prepared);
    return matchesWords(query, { words, text: () => shared.searchTextOf(facets, prepared) });
  };
}

/** Whether an item with these facets matches the filter. `backfill` is a property of events and is not checked. */
export function matchesFilter(filter: Filter, facets: Facets): boolean {
  return compile(filter)(facets, new FacetCache());
}

/**
 * Compiles the filters of a subscription.
 *
 * `backfill: false` suppresses backfilled items that would enter the client's view. Updates and removals of an item that
 * matched before are always sent: a client that started from a snapshot already shows the item, and would otherwise keep
 * showing it after its withdrawal.
 */
export function createMatcher(filters: readonly Filter[], shared: FacetCache = new FacetCache()): Matcher {
  const tests = filters.map(compile);
  const withBackfill = tests.filter((_, index) => filters[index]?.backfill === true);
  const any = (some: readonly Test[], facets: Facets | null) =>
    facets !== null && some.some((test) => test(facets, shared));
  return {
    decide(event) {
      const entering = event.backfill ? withBackfill : tests;
      const { op, facets, previousFacets } = event;
      switch (op) {
        case 'add':
          return any(entering, facets) ? 'add' : null;
        case 'remove':
          return any(tests, previousFacets) || any(tests, facets) ? 'remove' : null;
        case 'update': {
          const matchedBefore = any(tests, previousFacets);
          if (!any(tests, facets)) return matchedBefore ? 'remove' : null;
          return matchedBefore || any(entering, facets) ? 'update' : null;
        }
        default:
          return assertNever(op);
      }
    },
  };
}
