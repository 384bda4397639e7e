import { sql } from 'kysely';
import { dayMs, hourMs } from '../../domain/durations.ts';
import type { ItemCounts, MostRead } from '../../domain/items/item-counts.ts';
import type { Db } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import { insertRows, updateRows, valueList } from '../engine/write-rows.ts';
import { readStoredItems, toItem } from '../queries/map-item.ts';
import { getOrCreateSetting } from '../stored-settings.ts';

/** The longest list of most read items looks back a week. */
const keepHoursMs = 8 * dayMs;
const trimBatch = 2000;
const saltPrefix = 'read-salt:';

/** One visit to an item. Both hashes are of the same visitor and item, with the salts of two days. */
export interface Visit {
  readonly itemId: number;
  readonly atMs: number;
  /** Days since 1970 in UTC, of `atMs`. */
  readonly day: number;
  readonly hash: string;
  readonly hashYesterday: string;
}

/** The salt of a day: random, the same on all nodes, and deleted two days later with the hashes made with it. */
export function readSalt(store: Store, day: number, random: () => string): Promise<string> {
  return getOrCreateSetting(store, `${saltPrefix}${day}`, random);
}

/**
 * Counts visits, in one transaction: each visitor once per item in 24 hours. Visits to items that do not exist
 * or are withdrawn are not counted.
 *
 * @returns number of counted visits.
 */
export function countReads(store: Store, visits: readonly Visit[]): Promise<number> {
  if (visits.length === 0) return Promise.resolve(0);
  return store.write(async (tx) => {
    const items = await visibleItems(tx, visits);
    const seen = await lastSeen(tx, visits);
    const known = new Set(seen.keys());
    const counted = newVisits(
      visits.filter(({ itemId }) => items.has(itemId)),
      seen,
    );
    await remember(tx, counted, known);
    for (const [itemId, reads] of tally(counted, ({ itemId }) => itemId)) await addReads(tx, itemId, reads);
    const hours = Map.groupBy(counted, ({ atMs }) => Math.floor(atMs / hourMs) * hourMs);
    for (const [hour, within] of hours) {
      for (const [itemId, reads] of tally(within, ({ itemId }) => itemId)) await addHour(tx, { hour, itemId, reads });
    }
    return counted.length;
  });
}

async function visibleItems(tx: Db, visits: readonly Visit[]): Promise<ReadonlySet<number>> {
  const ids = visits.map(({ itemId }) => itemId);
  const rows = await tx
    .selectFrom('item')
    .select('id')
    .where('id', 'in', valueList(tx, ids))
    .where('withdrawn_ms', 'is', null)
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** When each visitor was counted last, by hash. */
async function lastSeen(tx: Db, visits: readonly Visit[]): Promise<Map<string, number>> {
  const days = [...new Set(visits.flatMap(({ day }) => [day, day - 1]))];
  const hashes = visits.flatMap(({ hash, hashYesterday }) => [hash, hashYesterday]);
  const rows = await tx
    .selectFrom('counted_visit')
    .select(['hash', 'at_ms'])
    .where('day', 'in', valueList(tx, days))
    .where('hash', 'in', valueList(tx, hashes))
    .execute();
  return new Map(rows.map(({ hash, at_ms }) => [hash, at_ms]));
}

function newVisits(visits: readonly Visit[], seen: Map<string, number>): Visit[] {
  return visits.filter(({ hash, hashYesterday, atMs }) => {
    const last = Math.max(seen.get(hash) ?? 0, seen.get(hashYesterday) ?? 0);
    if (last > atMs - dayMs) return false;
    seen.set(hash, atMs);
    return true;
  });
}

function tally<T>(list: readonly T[], keyOf: (one: T) => number): Map<number, number> {
  const counts = new Map<number, number>();
  for (const one of list) counts.set(keyOf(one), (counts.get(keyOf(one)) ?? 0) + 1);
  return counts;
}

/** A hash of the current day is already stored only if the clock was set back. */
async function remember(tx: Db, visits: readonly Visit[], known: ReadonlySet<string>): Promise<void> {
  const rows = visits.map(({ day, hash, atMs }) => ({ day, hash, at_ms: atMs }));
  const unknown = rows.filter(({ hash }) => !known.has(hash));
  await insertRows(tx, 'counted_visit', unknown);
  const repeated = rows.filter(({ hash }) => known.has(hash));
  await updateRows(tx, 'counted_visit', 'hash', repeated);
}

async function addReads(tx: Db, itemId: number, reads: number): Promise<void> {
  await tx
    .insertInto('item_count')
    .values({ item_id: itemId, reads, comments: 0, comments_revision: 0 })
    .onConflict((conflict) =>
      conflict.column('item_id').doUpdateSet((eb) => ({ reads: eb('item_count.reads', '+', reads) })),
    )
    .execute();
}

async function addHour(tx: Db, of: { hour: number; itemId: number; reads: number }): Promise<void> {
  const { hour, itemId, reads } = of;
  await tx
    .insertInto('read_hour')
    .values({ hour_ms: hour, item_id: itemId, reads })
    .onConflict((conflict) =>
      conflict.columns(['hour_ms', 'item_id']).doUpdateSet((eb) => ({ reads: eb('read_hour.reads', '+', reads) })),
    )
    .execute();
}

/** The counts of items, in one query. Items that do not exist or are withdrawn are omitted. */
export async function readCounts(db: Db, ids: readonly number[]): Promise<ItemCounts[]> {
  const rows = await db
    .selectFrom('item')
    .leftJoin('item_count', 'item_count.item_id', 'item.id')
    .select(['item.id', 'reads', 'comments', 'comments_revision'])
    .where('item.id', 'in', valueList(db, ids))
    .where('withdrawn_ms', 'is', null)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    reads: row.reads ?? 0,
    comments: row.comments ?? 0,
    commentsRevision: row.comments_revision ?? 0,
  }));
}

/** A list of most read items: whole hours before `nowMs`, including the current one. */
export interface MostReadQuery {
  readonly nowMs: number;
  readonly hours: number;
  readonly limit: number;
}

/** The most read items, most read first; items with equal counts by id, newest first. */
export async function readMostRead(db: Db, query: MostReadQuery): Promise<MostRead[]> {
  const sinceMs = (Math.floor(query.nowMs / hourMs) - query.hours + 1) * hourMs;
  // Aggregated before the join, because a week has many hours of each item.
  const totals = db
    .selectFrom('read_hour')
    .select(({ fn }) => ['item_id', fn.sum<number>('reads').as('total')])
    .where('hour_ms', '>=', sinceMs)
    .groupBy('item_id')
    .as('totals');
  const rows = await db
    .selectFrom(totals)
    .innerJoin('item', 'item.id', 'totals.item_id')
    .select(['item_id', 'total'])
    .where('withdrawn_ms', 'is', null)
    .orderBy('total', 'desc')
    .orderBy('item_id', 'desc')
    .limit(query.limit)
    .execute();
  const ids = rows.map(({ item_id }) => item_id);
  const stored = await readStoredItems(db, ids);
  return rows.flatMap(({ item_id, total }) => {
    const found = stored.get(item_id);
    return found === undefined ? [] : [{ item: toItem(found), reads: total }];
  });
}

/** Deletes visits counted more than a day ago, the salts of those days, and hours that no list needs. */
export async function trimReads(store: Store, nowMs: number): Promise<void> {
  const yesterday = Math.floor(nowMs / dayMs) - 1;
  for (let count = trimBatch; count >= trimBatch; ) {
    const result = await store.write((tx) => {
      const old = tx.selectFrom('counted_visit').select('hash').where('day', '<', yesterday).limit(sql.lit(trimBatch));
      return tx.deleteFrom('counted_visit').where('day', '<', yesterday).where('hash', 'in', old).executeTakeFirst();
    });
    count = Number(result.numDeletedRows);
  }
  await store.write(async (tx) => {
    await tx
      .deleteFrom('read_hour')
      .where('hour_ms', '<', nowMs - keepHoursMs)
      .execute();
    const kept = [yesterday, yesterday + 1, yesterday + 2].map((day) => `${saltPrefix}${day}`);
    await tx.deleteFrom('setting').where('name', 'like', `${saltPrefix}%`).where('name', 'not in', kept).execute();
  });
}
