import { sql } from 'kysely';
import type { Filter } from '../../domain/events/filter.ts';
import { searchText } from '../../domain/events/wire-item.ts';
import type { Item } from '../../domain/items/item.ts';
import { matchesSearch, type SearchQuery, toSearchableText } from '../../domain/search/search-query.ts';
import type { Db } from '../engine/engine.ts';
import { toItemPredicate, toSqlCondition } from './item-predicate.ts';
import { readStoredItems, toItem } from './map-item.ts';

/** A withdrawn item. */
export interface Withdrawal {
  readonly itemId: number;
  /** The key of the item: output feeds derive their entry ids from it. */
  readonly key: string;
  readonly atMs: number;
  /** The item before its withdrawal; null beyond the newest `items` of the query. */
  readonly item: Item | null;
}

/** Selects withdrawals of items that match a filter, not older than an instant. */
export interface WithdrawalsQuery {
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
