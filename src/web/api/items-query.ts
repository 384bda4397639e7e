import { parseFilterParams } from '../../domain/events/parse-filter.ts';
import { parseFilters } from '../../push/fanout/event-filter.ts';
import { parseItemsParams, rejectUnknownParams } from '../shared/query-params.ts';
import type { ItemsQuery } from '../shared/read-port.ts';
import { badRequest } from '../shared/request-error.ts';

/** The parameters that can be combined with `filter=`. All others are part of its JSON. */
const combinableParams = ['filter', 'sort', 'limit', 'before'];

/**
 * Reads the parameters of `/api/items`: one filter as parameters (`section=`, `q=`, ...), or up to four as JSON in repeated
 * `filter=`, combined with OR. Backfilled items are included unless a filter has `backfill: false`.
 *
 * @throws RequestError 400 for an unknown parameter or an invalid value.
 */
export function readItemsQuery(params: URLSearchParams): ItemsQuery {
  if (!params.has('filter')) {
    rejectUnknownParams(params);
    return { ...parseItemsParams(params), limitPerSource: false };
  }
  rejectUnknownParams(params, combinableParams);
  const objects = parseFilterParams(params.getAll('filter'));
  if ('error' in objects) throw badRequest('bad_filter', `${objects.error}.`);
  const filters = parseFilters(undefined, objects.map(withBackfill));
  if ('error' in filters) throw badRequest('bad_filter', `${filters.error}.`);
  if (params.get('sort') === 'relevance') {
    throw badRequest('bad_sort', 'sort=relevance needs one search. Use the parameter q instead of filter.');
  }
  const page = new URLSearchParams([...params].filter(([name]) => name !== 'filter'));
  const { filter: all, ...choice } = parseItemsParams(page);
  const [filter = all, ...orFilters] = filters;
  return { ...choice, filter, orFilters, limitPerSource: false };
}

/** A snapshot includes backfilled items by default. */
function withBackfill(filter: object): object {
  return { backfill: true, ...filter };
}
