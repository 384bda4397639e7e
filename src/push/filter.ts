import { createHash } from 'node:crypto';
import type { EventOp, Facets, LogEvent } from '../domain/event.ts';
import type { Filter } from '../domain/filter.ts';
import { isEmptyQuery, matchesSearch, parseSearchQuery, type SearchQuery, searchable } from '../domain/search-query.ts';
import { slug } from '../domain/source.ts';

/** Values that one filter may hold in all. */
export const maxFilterValues = 200;
/** Filters that one subscription may join by OR. */
export const maxFilters = 4;

/** Characters of one value, and of `q`. */
export const maxValueChars = 200;
const lists = ['sections', 'sources', 'categories', 'languages'] as const;
const known: ReadonlySet<string> = new Set([...lists, 'q', 'backfill']);

type ListName = (typeof lists)[number];

/** What was wrong with a filter, in words for its author. */
export interface FilterError {
  readonly error: string;
}

/** `en-GB` -> `en`; the part of a language tag that filters compare. */
function primaryTag(language: string): string {
  return language.toLowerCase().split(/[-_]/, 1)[0] ?? '';
}

function plain(text: string): string {
  return text.normalize('NFC').toLowerCase().trim();
}

/** The form in which the values of a field are compared: of a filter and of an item alike. */
const comparable: Readonly<Record<ListName, (value: string) => string>> = {
  sections: slug,
  sources: plain,
  categories: plain,
  languages: primaryTag,
};

function readList(name: ListName, value: unknown): readonly string[] | FilterError {
  if (value === undefined) return [];
  const wrong = { error: `'${name}' must be an array of strings of 1 to ${maxValueChars} characters` };
  if (!Array.isArray(value)) return wrong;
  const texts: string[] = [];
  for (const entry of value as readonly unknown[]) {
    if (typeof entry !== 'string' || entry.trim() === '' || entry.length > maxValueChars) return wrong;
    texts.push(comparable[name](entry));
  }
  return [...new Set(texts)].sort();
}

function readSearch(value: unknown): string | null | FilterError {
  if (value === undefined) return null;
  if (typeof value !== 'string' || value.length > maxValueChars) {
    return { error: `'q' must be a string of at most ${maxValueChars} characters` };
  }
  const query = parseSearchQuery(value);
  // A filter looks at events as they come: bounds of time mean nothing to it, and what is not kept must be refused.
  if (query.afterMs !== null || query.beforeMs !== null) return { error: `'q' takes no after: and no before:` };
  if (value.trim() !== '' && isEmptyQuery(query)) return { error: `'q' holds no word to look for` };
  return value.trim() === '' ? null : canonicalSearch(query);
}

/** Equal searches, however typed, become one text, so that their subscribers share frames. */
function canonicalSearch(query: SearchQuery): string {
  const write = (sign: string) => (phrase: readonly string[]) =>
    phrase.length === 1 ? `${sign}${phrase[0]}` : `${sign}"${phrase.join(' ')}"`;
  const parts = [...query.wanted.map(write('')), ...query.unwanted.map(write('-'))];
  return [...new Set(parts)].sort().join(' ');
}

/**
 * Reads a filter as a client sent it, in canonical form: sections as slugs, values folded, sorted and without
 * repeats. A field that is not known is refused by name: to ignore it would send the reader what it did not ask for.
 */
export function parseFilter(input: unknown): Filter | FilterError {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return { error: 'a filter is an object' };
  const fields = input as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(fields).find((name) => !known.has(name));
  if (unknown !== undefined) return { error: `unknown field '${unknown.slice(0, 60)}'` };
  const read: Record<ListName, readonly string[]> = { sections: [], sources: [], categories: [], languages: [] };
  let values = 0;
  for (const name of lists) {
    const list = readList(name, fields[name]);
    if ('error' in list) return list;
    read[name] = list;
    values += list.length;
  }
  if (values > maxFilterValues) return { error: `a filter takes at most ${maxFilterValues} values` };
  const q = readSearch(fields['q']);
  if (typeof q === 'object' && q !== null) return q;
  const backfill = fields['backfill'] ?? false;
  if (typeof backfill !== 'boolean') return { error: `'backfill' must be true or false` };
  return { ...read, q, backfill };
}

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

/** The one text of filters that mean the same, whatever their order was: what subscriptions are grouped by. */
export function canonicalFilters(filters: readonly Filter[]): string {
  const texts = filters.map((filter) =>
    JSON.stringify([filter.sections, filter.sources, filter.categories, filter.languages, filter.q, filter.backfill]),
  );
  return [...new Set(texts)].sort().join('|');
}

/** The name that these filters have on the wire: short, and equal for all that mean the same. */
export function channelOf(filters: readonly Filter[]): string {
  return createHash('sha256').update(canonicalFilters(filters)).digest('base64url').slice(0, 10);
}

/** The facets of an item in comparable form, worked out once for all filters. */
interface Prepared {
  readonly sections: readonly string[];
  readonly sources: readonly string[];
  readonly categories: readonly string[];
  readonly languages: readonly string[];
  /** Worked out on the first search: most subscriptions have none. */
  words: string | null;
}

/** Decides which events a subscription's filters let through, and as what. */
export interface Matcher {
  /**
   * What a subscriber with these filters must be told of an event; null: nothing. An item that an update moved out
   * of the filter is a `remove` to it.
   */
  decide(event: LogEvent): EventOp | null;
}

/** Work that the matchers of all filters share, forgotten with the events. */
export type PreparedFacets = WeakMap<Facets, Prepared>;

function prepare(facets: Facets, shared: PreparedFacets): Prepared {
  const before = shared.get(facets);
  if (before !== undefined) return before;
  const prepared: Prepared = {
    sections: facets.sections.map(comparable.sections),
    sources: facets.sources.map(comparable.sources),
    categories: facets.categories.map(comparable.categories),
    languages: facets.language === null ? [] : [comparable.languages(facets.language)],
    words: null,
  };
  shared.set(facets, prepared);
  return prepared;
}

type Test = (facets: Facets, shared: PreparedFacets) => boolean;

function compile(filter: Filter): Test {
  const fields = lists.filter((name) => filter[name].length > 0).map((name) => [name, new Set(filter[name])] as const);
  const query = filter.q === null ? null : parseSearchQuery(filter.q);
  return (facets, shared) => {
    if (fields.length === 0 && query === null) return true;
    const prepared = prepare(facets, shared);
    if (!fields.every(([name, wanted]) => prepared[name].some((value) => wanted.has(value)))) return false;
    if (query === null) return true;
    prepared.words ??= searchable(facets.text);
    return matchesSearch(query, prepared.words);
  };
}

/** Whether an item with these facets is one that the filter asks for. Backfill is a matter of events, not of facets. */
export function matches(filter: Filter, facets: Facets): boolean {
  return compile(filter)(facets, new WeakMap());
}

/**
 * Compiles the filters of a subscription.
 *
 * `backfill: false` holds back items that would enter the reader's view with backfill. Corrections and removals of
 * an item that matched before are sent all the same: a reader that began with a snapshot has that item, and would
 * keep showing what was withdrawn.
 */
export function createMatcher(filters: readonly Filter[], shared: PreparedFacets = new WeakMap()): Matcher {
  const tests = filters.map(compile);
  const open = tests.filter((_, index) => filters[index]?.backfill === true);
  const any = (some: readonly Test[], facets: Facets | null) =>
    facets !== null && some.some((test) => test(facets, shared));
  return {
    decide(event) {
      const enters = event.backfill ? open : tests;
      if (event.op === 'add') return any(enters, event.facets) ? 'add' : null;
      const matched = any(tests, event.was);
      if (event.op === 'remove') return matched || any(tests, event.facets) ? 'remove' : null;
      if (!any(tests, event.facets)) return matched ? 'remove' : null;
      return matched || any(enters, event.facets) ? 'update' : null;
    },
  };
}
