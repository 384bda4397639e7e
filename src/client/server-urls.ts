import type { WireFilter } from '../domain/events/wire.ts';

/** The endpoints of a Newswire server. */
export interface ServerUrls {
  readonly live: string;
  events(after: string): string;
  items(limit: number): string;
}

/** One filter as separate parameters; several as JSON in repeated `filter`. */
function filterParams(filters: readonly WireFilter[]): URLSearchParams {
  const params = new URLSearchParams();
  const [filter = {}] = filters;
  if (filters.length > 1) {
    for (const one of filters) params.append('filter', JSON.stringify(one));
    return params;
  }
  for (const section of filter.sections ?? []) params.append('section', section);
  for (const source of filter.sources ?? []) params.append('source', source);
  for (const category of filter.categories ?? []) params.append('category', category);
  for (const language of filter.languages ?? []) params.append('language', language);
  if (filter.q !== undefined && filter.q !== '') params.append('q', filter.q);
  return params;
}

/**
 * Derives the endpoints from a URL of the site or of its `/live`, with http(s) or ws(s).
 *
 * @param filters any of which may match; none: everything.
 * @throws TypeError when `url` is invalid.
 */
export function serverUrls(url: string, filters: readonly WireFilter[]): ServerUrls {
  const base = new URL(url);
  base.protocol = base.protocol.replace(/^ws/, 'http');
  base.search = '';
  base.hash = '';
  const root = base.href.replace(/\/+$/, '').replace(/\/live$/, '');
  return {
    live: `${root.replace(/^http/, 'ws')}/live`,
    events(after) {
      const params = filterParams(filters);
      if (filters.length === 1 && filters[0]?.backfill === true) params.set('backfill', 'true');
      params.set('after', after);
      return `${root}/events?${params}`;
    },
    items(limit) {
      const params = filterParams(filters);
      params.set('limit', String(limit));
      return `${root}/api/items?${params}`;
    },
  };
}
