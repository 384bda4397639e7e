import { sql } from 'kysely';
import { dayMs } from '../../domain/durations.ts';
import type { LogBounds } from '../../domain/events/event.ts';
import type { Filter } from '../../domain/events/filter.ts';
import { searchText } from '../../domain/events/wire-item.ts';
import type { Item } from '../../domain/items/item.ts';
import { matchesSearch, type SearchQuery, toSearchableText } from '../../domain/search/search-query.ts';
import type { Db } from '../engine/engine.ts';
import { readHead, readLogChangedMs } from '../log/event-log.ts';
import { toItemPredicate, toSqlCondition } from './item-predicate.ts';
import { readStoredItems, toItem } from './map-item.ts';
import { type ItemsPage, type ItemsQuery, readItems } from './read-items.ts';

const withdrawalsMs = 7 * dayMs;
const maxWithdrawals = 500;
const maxWithdrawnItems = 50;

/** Selects a page of items. Plain data: it can be sent to another process. */
export interface SnapshotQuery extends Omit<ItemsQuery, 'includeBackfill'> {
  readonly limitPerSource: boolean;
  /** Whether recent withdrawals are included. Default: false. */
  readonly withdrawals?: boolean;
}

/** Items and the position in the log at which they were read. */
export interface ItemsSnapshot extends ItemsPage {
  readonly head: LogBounds;
  /** When an event was last appended to the log; null when it is new. */
  readonly changedMs: number | null;
  /** Withdrawals within the week before `changedMs`, newest first; empty unless `withdrawals` is set. */
  readonly withdrawn: readonly Omit<Withdrawal, 'itemId'>[];
}

/** Reads a page and the head of the log. Inside one read transaction both are of the same instant. */
export async function readSnapshot(db: Db, query: SnapshotQuery): Promise<ItemsSnapshot> {
  const { withdrawals = false, ...page } = query;
  const { filter } = page;
  const itemsPage = await readItems(db, { ...page, includeBackfill: filter.backfill });
  const changedMs = await readLogChangedMs(db);
  const withdrawn = withdrawals ? await readWithdrawn(db, filter, changedMs ?? 0) : [];
  return { ...itemsPage, head: await readHead(db), changedMs, withdrawn };
}

/** Relative to the last event, not to now: the same state always gives the same feed. */
function readWithdrawn(db: Db, filter: Filter, changedMs: number): Promise<Withdrawal[]> {
  const sinceMs = changedMs - withdrawalsMs;
  return readWithdrawals(db, { filter, sinceMs, limit: maxWithdrawals, items: maxWithdrawnItems });
}

/** Larger pages always run in a query process: some tenths of a millisecond for each item add up. */
const maxBoundedItems = 100;

/**
 * Whether an index bounds the cost of a query for any data: a page of everything, of one section or of one source. Only
 * these may run on the thread that answers requests. A search, a filter with several values, a filter without backfill,
 * and a later page with source quotas can each examine every item and find nothing.
 */
export function hasBoundedCost({ filter, orFilters = [], limit, before, limitPerSource }: SnapshotQuery): boolean {
  const values = filter.sections.length + filter.sources.length;
  const isUnrestricted =
    filter.q === null && filter.backfill && filter.categories.length + filter.languages.length === 0;
  const hasQuotas = limitPerSource && (before !== null || filter.sources.length > 0);
  return isUnrestricted && orFilters.length === 0 && values <= 1 && limit <= maxBoundedItems && !hasQuotas;
}

/** A withdrawn item. */
interface Withdrawal {
  readonly itemId: number;
  /** The key of the item: output feeds derive their entry ids from it. */
  readonly key: string;
  readonly atMs: number;
  /** The item before its withdrawal; null beyond the newest `items` of the query. */
  readonly item: Item | null;
}

/** Selects withdrawals of items that match a filter, not older than an instant. */
interface WithdrawalsQuery {
  readonly filter: Filter;
  readonly sinceMs: number;
  readonly limit: number;
  /** For how many of the newest withdrawals the item itself is read. */
  readonly items: number;
}

type Found = Omit<Withdrawal, 'item'>;

/** Reads withdrawals, newest first. */
export async function readWithdrawals(db: Db, query: WithdrawalsQuery): Promise<Withdrawal[]> {
  const { filter, sinceMs, limit } = query;
  const predicate = await toItemPredicate(db, filter, filter.backfill);
  const { rows } = await sql<Found>`select item.id as "itemId", item.key as key, item.withdrawn_ms as "atMs" from item
    where item.withdrawn_ms is not null and item.withdrawn_ms >= ${sinceMs} and ${toSqlCondition(db, predicate)}
    order by item.withdrawn_ms desc, item.id desc limit ${limit}`.execute(db);
  const found = predicate.search === null ? rows : await filterBySearch(db, rows, predicate.search);
  const newest = found.slice(0, query.items).map(({ itemId }) => itemId);
  const stored = await readStoredItems(db, newest);
  return found.map((withdrawal) => {
    const one = stored.get(withdrawal.itemId);
    return { ...withdrawal, item: one === undefined ? null : toItem(one) };
  });
}

/** Withdrawn items are not in the search index: their texts are read and compared one by one. */
async function filterBySearch(db: Db, found: readonly Found[], search: SearchQuery): Promise<Found[]> {
  const ids = found.map(({ itemId }) => itemId);
  const stored = await readStoredItems(db, ids);
  return found.filter(({ itemId }) => {
    const one = stored.get(itemId);
    return one !== undefined && matchesSearch(search, toSearchableText(searchText(toItem(one))));
  });
}
