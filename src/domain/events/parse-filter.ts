import {
  countSearchTerms,
  formatSearchQuery,
  isEmptyQuery,
  maxSearchTerms,
  parseSearchQuery,
} from '../search/search-query.ts';
import { slug } from '../slug.ts';
import type { Filter } from './filter.ts';

/** Total number of values in one filter. */
export const maxFilterValues = 200;
/** Characters in one value, and in `q`. */
export const maxValueChars = 200;
/** The fields of a filter that have several values. */
export const filterListFields = ['sections', 'sources', 'categories', 'languages'] as const;
const known: ReadonlySet<string> = new Set([...filterListFields, 'q', 'backfill']);

type ListName = (typeof filterListFields)[number];

/** Why a filter is invalid, for its author. */
export interface FilterError {
  readonly error: string;
}

/** `en-GB` -> `en`: filters compare the primary subtag. */
function primaryTag(language: string): string {
  return language.toLowerCase().split(/[-_]/, 1)[0] ?? '';
}

function foldCase(text: string): string {
  return text.normalize('NFC').toLowerCase().trim();
}

/** Normalises a value of a field for comparison, both in filters and in items. */
export const normaliseFilterValue: Readonly<Record<ListName, (value: string) => string>> = {
  sections: slug,
  sources: foldCase,
  categories: foldCase,
  languages: primaryTag,
};

function readList(name: ListName, value: unknown): readonly string[] | FilterError {
  if (value === undefined) return [];
  const wrong = { error: `'${name}' must be an array of strings of 1 to ${maxValueChars} characters` };
  if (!Array.isArray(value)) return wrong;
  const texts: string[] = [];
  for (const entry of value as readonly unknown[]) {
    if (typeof entry !== 'string' || entry.trim() === '' || entry.length > maxValueChars) return wrong;
    texts.push(normaliseFilterValue[name](entry));
  }
  return [...new Set(texts)].sort();
}

function readSearch(value: unknown): string | null | FilterError {
  if (value === undefined) return null;
  if (typeof value !== 'string' || value.length > maxValueChars) {
    return { error: `'q' must be a string of at most ${maxValueChars} characters` };
  }
  const query = parseSearchQuery(value);
  if (value.trim() !== '' && isEmptyQuery(query)) return { error: `'q' contains no search term` };
  if (countSearchTerms(query) > maxSearchTerms) return { error: `'q' may contain at most ${maxSearchTerms} terms` };
  return value.trim() === '' ? null : formatSearchQuery(query);
}

/**
 * Parses a filter from a client into canonical form: sections as slugs, values normalised, sorted and deduplicated. An
 * unknown field is an error: ignoring it would send items that the client did not ask for.
 */
export function parseFilter(input: unknown): Filter | FilterError {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return { error: 'a filter must be an object' };
  const fields = input as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(fields).find((name) => !known.has(name));
  if (unknown !== undefined) return { error: `unknown field '${unknown.slice(0, 60)}'` };
  const read: Record<ListName, readonly string[]> = { sections: [], sources: [], categories: [], languages: [] };
  let values = 0;
  for (const name of filterListFields) {
    const list = readList(name, fields[name]);
    if ('error' in list) return list;
    read[name] = list;
    values += list.length;
  }
  if (values > maxFilterValues) return { error: `a filter may have at most ${maxFilterValues} values` };
  const q = readSearch(fields['q']);
  if (typeof q === 'object' && q !== null) return q;
  const backfill = fields['backfill'] ?? false;
  if (typeof backfill !== 'boolean') return { error: `'backfill' must be true or false` };
  return { ...read, q, backfill };
}

/**
 * Parses the values of repeated `filter=` parameters, each a filter as JSON: `{"sections":["World"]}`.
 *
 * @returns the objects, not yet validated as filters.
 */
export function parseFilterParams(texts: readonly string[]): readonly object[] | FilterError {
  const filters: object[] = [];
  for (const text of texts) {
    const value = parseJson(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return { error: `'filter' must be a JSON object such as {"sections":["World"]}` };
    }
    filters.push(value);
  }
  return filters;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller refuses it like JSON that is not an object.
    return null;
  }
}
