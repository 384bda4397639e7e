import { parseFilterParams } from '../../domain/events/filter-params.ts';
import { parseFilters } from '../../push/fanout/event-filter.ts';
import { parseItemsParams, rejectUnknownParams } from '../shared/query-params.ts';
import type { ItemsQuery } from '../shared/read-port.ts';
import { badRequest } from '../shared/request-error.ts';

/** What may stand beside `filter=`; what filters stands inside it. */
const besideFilter = ['filter', 'sort', 'limit', 'before'];

/**
 * Reads the parameters of `/api/items`: one filter in parameters of its own (`section=`, `q=`, ...), or up to four as
 * JSON in repeated `filter=`, of which any may match. Items of backfill are in unless a filter says `false`.
 *
 * @throws RequestError 400 for a parameter that is unknown or means nothing.
 */
export function readItemsQuery(params: URLSearchParams): ItemsQuery {
  if (!params.has('filter')) {
    rejectUnknownParams(params);
    return { ...parseItemsParams(params), limitPerSource: false };
  }
  rejectUnknownParams(params, besideFilter);
  const objects = parseFilterParams(params.getAll('filter'));
  if ('error' in objects) throw badRequest('bad_filter', `${objects.error}.`);
  const filters = parseFilters(undefined, objects.map(withBackfill));
  if ('error' in filters) throw badRequest('bad_filter', `${filters.error}.`);
  if (params.get('sort') === 'relevance') {
    throw badRequest('bad_sort', 'sort=relevance needs one search: give q as a parameter of its own.');
  }
  const page = new URLSearchParams([...params].filter(([name]) => name !== 'filter'));
  const { filter: all, ...choice } = parseItemsParams(page);
  const [filter = all, ...orFilters] = filters;
  return { ...choice, filter, orFilters, limitPerSource: false };
}

/** A snapshot shows what there is: backfill is in when the filter does not say. */
function withBackfill(filter: object): object {
  return { backfill: true, ...filter };
}
