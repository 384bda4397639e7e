import type { Filter } from '../../domain/events/filter.ts';
import { parseFilter } from '../../domain/events/parse-filter.ts';
import { countSearchTerms, isEmptyQuery, maxSearchTerms, parseSearchQuery } from '../../domain/search/search-query.ts';
import { badRequest } from './request-error.ts';

/** A reader's choice as it stands in a URL. */
export interface ItemsParams {
  readonly filter: Filter;
  readonly limit: number;
  readonly before: string | null;
  /** What fits the search best comes first, not what is newest. */
  readonly byRelevance: boolean;
}

export const defaultPageSize = 50;
export const maxPageSize = 500;
const maxSearchChars = 200;
/** Of the name of an unknown parameter, as an error quotes it. */
const maxNamedChars = 60;
const known = ['section', 'source', 'category', 'language', 'q', 'backfill', 'sort', 'limit', 'before'] as const;

/**
 * Reads `?section= &source= &category= &language= &q= &backfill= &sort= &limit= &before=`; the first four may be repeated.
 * Backfill is in unless it is refused: an address shows what there is.
 *
 * @throws RequestError 400 for a value that means nothing.
 */
export function parseItemsParams(params: URLSearchParams): ItemsParams {
  const filter = parseFilter({
    sections: valuesOf(params, 'section'),
    sources: valuesOf(params, 'source'),
    categories: valuesOf(params, 'category'),
    languages: valuesOf(params, 'language'),
    backfill: readFlag(params, 'backfill', true),
  });
  if ('error' in filter) throw badRequest('bad_filter', 'A filter takes at most 200 values of 200 characters each.');
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
 * What the search page takes of an address: `?q= &sort= &before=`. All else is ignored, as on every page.
 *
 * @throws RequestError 400 for a value that means nothing.
 */
export function parseSearchParams(params: URLSearchParams): ItemsParams {
  const taken = new URLSearchParams();
  for (const name of ['q', 'sort', 'before']) taken.set(name, params.get(name) ?? '');
  return parseItemsParams(taken);
}

/**
 * What the other pages of news take of an address: `?before=`.
 *
 * @returns null for the newest page.
 * @throws RequestError 400 for a place that no page names.
 */
export function parsePageCursor(params: URLSearchParams): string | null {
  return readBefore(params.get('before'), false);
}

/**
 * Refuses a parameter that the JSON API does not know: a misspelt filter must not look like an unfiltered answer.
 *
 * @throws RequestError 400 that names it and those that are known.
 */
export function rejectUnknownParams(params: URLSearchParams, names: readonly string[] = known): void {
  const unknown = [...params.keys()].find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const remedy = names.length === 0 ? 'This address takes none.' : `Known parameters are ${names.join(', ')}.`;
  throw badRequest('unknown_parameter', `There is no parameter '${unknown.slice(0, maxNamedChars)}' here. ${remedy}`);
}

/** A page size from 1 to `maxLimit`. Beyond it is refused: a shorter answer than asked for would look like the last. */
export function parsePageSize(text: string | null, fallback: number): number {
  if (text === null || text === '') return fallback;
  const limit = /^[1-9]\d{0,8}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= maxPageSize) return limit;
  throw badRequest('bad_limit', `limit is a whole number from 1 to ${maxPageSize}. For more, ask for the next page.`);
}

/** The same choice as a query string in one fixed order, without what is default; empty or beginning with `?`. */
export function formatItemsParams(choice: ItemsParams): string {
  const params = new URLSearchParams();
  for (const section of choice.filter.sections) params.append('section', section);
  for (const source of choice.filter.sources) params.append('source', source);
  for (const category of choice.filter.categories) params.append('category', category);
  for (const language of choice.filter.languages) params.append('language', language);
  if (choice.filter.q !== null) params.append('q', choice.filter.q);
  if (!choice.filter.backfill) params.append('backfill', 'false');
  if (choice.byRelevance) params.append('sort', 'relevance');
  if (choice.limit !== defaultPageSize) params.append('limit', String(choice.limit));
  if (choice.before !== null) params.append('before', choice.before);
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
    throw badRequest('bad_filter', `q holds words to look for, ${maxSearchChars} characters at most.`);
  }
  if (countSearchTerms(query) > maxSearchTerms) {
    throw badRequest('bad_filter', `q names ${maxSearchTerms} words and places at most.`);
  }
  return text;
}

function readFlag(params: URLSearchParams, name: string, fallback: boolean): boolean {
  const text = params.get(name);
  if (text === null || text === '') return fallback;
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw badRequest('bad_filter', `${name} is true or false.`);
}

function readSort(text: string | null): boolean {
  if (text === null || text === '' || text === 'newest') return false;
  if (text === 'relevance') return true;
  throw badRequest('bad_sort', 'sort is newest or relevance.');
}

function readBefore(text: string | null, byRelevance: boolean): string | null {
  if (text === null || text === '') return null;
  // A page that balances its sources names at most five of them beside the place.
  const form = byRelevance ? /^r\d{1,5}-\d{1,15}$/ : /^-?\d{1,15}-\d{1,15}(~\d{1,15}--?\d{1,15}-\d{1,15}){0,5}$/;
  if (!form.test(text)) throw badRequest('bad_before', 'before is the "next" of an earlier answer.');
  return text;
}
