import type { Filter } from '../../domain/events/filter.ts';
import { parseFilter } from '../../domain/events/parse-filter.ts';
import { countSearchTerms, isEmptyQuery, maxSearchTerms, parseSearchQuery } from '../../domain/search/search-query.ts';
import { badRequest } from './request-error.ts';

/** The parameters of a URL that select items. */
export interface ItemsParams {
  readonly filter: Filter;
  readonly limit: number;
  readonly before: string | null;
  /** True: the best match first. False: the newest item first. */
  readonly byRelevance: boolean;
}

const defaultPageSize = 50;
const maxPageSize = 500;
const maxSearchChars = 200;
/** How much of an unknown parameter's name an error quotes. */
const maxQuotedChars = 60;
const known = ['section', 'source', 'category', 'language', 'q', 'backfill', 'sort', 'limit', 'before'] as const;

/**
 * Reads `?section= &source= &category= &language= &q= &backfill= &sort= &limit= &before=`; the first four may be repeated.
 * Backfilled items are included by default: a list shows all that is stored.
 *
 * @throws RequestError 400 for an invalid value.
 */
export function parseItemsParams(params: URLSearchParams): ItemsParams {
  const filter = parseFilter({
    sections: valuesOf(params, 'section'),
    sources: valuesOf(params, 'source'),
    categories: valuesOf(params, 'category'),
    languages: valuesOf(params, 'language'),
    backfill: readFlag(params, 'backfill', true),
  });
  if ('error' in filter)
    throw badRequest('bad_filter', 'The filter is too large. A filter has at most 200 values of 200 characters each.');
  const q = readSearch(params);
  const byRelevance = readSort(params.get('sort')) && q !== null;
  return {
    filter: { ...filter, q },
    limit: parsePageSize(params.get('limit'), defaultPageSize),
    before: readBefore(params.get('before'), byRelevance),
    byRelevance,
  };
}

/**
 * Reads the parameters of the search page: `?q= &sort= &before=`. Pages ignore all other parameters.
 *
 * @throws RequestError 400 for an invalid value.
 */
export function parseSearchParams(params: URLSearchParams): ItemsParams {
  const searchParams = new URLSearchParams();
  for (const name of ['q', 'sort', 'before']) searchParams.set(name, params.get(name) ?? '');
  return parseItemsParams(searchParams);
}

/**
 * Reads the page cursor of the other lists: `?before=`.
 *
 * @returns null for the newest page.
 * @throws RequestError 400 for an invalid cursor.
 */
export function parsePageCursor(params: URLSearchParams): string | null {
  return readBefore(params.get('before'), false);
}

/**
 * Refuses an unknown parameter of the JSON API: a misspelt filter must not return an unfiltered list.
 *
 * @throws RequestError 400 that names the parameter and the known ones.
 */
export function rejectUnknownParams(params: URLSearchParams, names: readonly string[] = known): void {
  const unknown = [...params.keys()].find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const remedy = names.length === 0 ? 'This address has no parameters.' : `The parameters are ${names.join(', ')}.`;
  throw badRequest('unknown_parameter', `The parameter '${unknown.slice(0, maxQuotedChars)}' is unknown. ${remedy}`);
}

/** A page size from 1 to `maxPageSize`. A larger one is refused: a page shorter than requested would look like the last. */
export function parsePageSize(text: string | null, fallback: number): number {
  if (text === null || text === '') return fallback;
  const limit = /^[1-9]\d{0,8}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= maxPageSize) return limit;
  throw badRequest(
    'bad_limit',
    `limit must be a whole number from 1 to ${maxPageSize}. For more items, request the next page.`,
  );
}

/** Formats parameters as a query string in a fixed order, without defaults. It is empty or starts with `?`. */
export function formatItemsParams({ filter, limit, before, byRelevance }: ItemsParams): string {
  const params = new URLSearchParams();
  for (const section of filter.sections) params.append('section', section);
  for (const source of filter.sources) params.append('source', source);
  for (const category of filter.categories) params.append('category', category);
  for (const language of filter.languages) params.append('language', language);
  if (filter.q !== null) params.append('q', filter.q);
  if (!filter.backfill) params.append('backfill', 'false');
  if (byRelevance) params.append('sort', 'relevance');
  if (limit !== defaultPageSize) params.append('limit', String(limit));
  if (before !== null) params.append('before', before);
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

function valuesOf(params: URLSearchParams, name: string): string[] {
  return params.getAll(name).filter((value) => value.trim() !== '');
}

function readSearch(params: URLSearchParams): string | null {
  const text = params.get('q')?.trim() ?? '';
  if (text === '') return null;
  const query = parseSearchQuery(text);
  if (text.length > maxSearchChars || isEmptyQuery(query)) {
    throw badRequest('bad_filter', `q must contain words to search for, in at most ${maxSearchChars} characters.`);
  }
  if (countSearchTerms(query) > maxSearchTerms) {
    throw badRequest('bad_filter', `q has too many terms. Use at most ${maxSearchTerms} words and fields.`);
  }
  return text;
}

function readFlag(params: URLSearchParams, name: string, fallback: boolean): boolean {
  const text = params.get(name);
  if (text === null || text === '') return fallback;
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw badRequest('bad_filter', `${name} must be true or false.`);
}

function readSort(text: string | null): boolean {
  if (text === null || text === '' || text === 'newest') return false;
  if (text === 'relevance') return true;
  throw badRequest('bad_sort', 'sort must be newest or relevance.');
}

function readBefore(text: string | null, byRelevance: boolean): string | null {
  if (text === null || text === '') return null;
  // A page that limits each source's share adds the positions of at most five sources.
  const cursor = byRelevance ? /^r\d{1,5}-\d{1,15}$/ : /^-?\d{1,15}-\d{1,15}(~\d{1,15}--?\d{1,15}-\d{1,15}){0,5}$/;
  if (!cursor.test(text)) throw badRequest('bad_before', 'before must be the "next" of an earlier response.');
  return text;
}
