import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import { dayMs } from '../../domain/durations.ts';
import { type Db, engineOf } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import type { Row } from '../engine/tables.ts';
import { insertRows, valueList } from '../engine/write-rows.ts';
import { keepEventHtml } from '../log/event-html.ts';
import { afterCursor, type PageCursor, tablePath } from '../queries/index-scan.ts';
import { decrementItemCounts } from './withdraw-items.ts';

const batchItems = 200;
const batchSources = 500;
const keyRetentionMs = 180 * dayMs;
/** Twice the maximum size of a document, so that no entry that is still listed loses its tombstone. */
const defaultMaxTombstones = 20_000;

/** How many items of each source are kept, and for how long. */
export interface RetentionOptions {
  readonly nowMs: number;
  /** Items first seen earlier than this are deleted. */
  readonly maxAgeMs: number;
  /** Number of items of a declared source that are kept at any age, so that a source with one item a year is not empty. */
  readonly keepNewest: number;
  readonly maxItems: number;
  /** Maximum number of tombstones of one source. */
  readonly maxTombstones?: number;
  /** Stops after the current batch. */
  readonly signal?: AbortSignal;
}

type Owner = Pick<Row<'source'>, 'ref' | 'removed_ms'>;
type ExpiredItem = Pick<Row<'item'>, 'id' | 'key' | 'withdrawn_ms'>;

/** Which items of a source are deleted: those after a cursor in display order, and first seen before a time. */
interface Bound {
  readonly after: PageCursor | null;
  readonly beforeMs: number;
}

const along = tablePath('appearance', 'date');

/** The cursor of the n-th newest item of a source; null when it has fewer. */
async function nthNewest(db: Db, ref: number, n: number): Promise<PageCursor | null> {
  const { rows } = await sql<PageCursor>`select sort_ms as "sortMs", item_id as id from appearance
    where source_ref = ${ref} and item_id is not null
    order by sort_ms desc, item_id desc limit 1 offset ${n - 1}`.execute(db);
  return rows[0] ?? null;
}

/** Expired items that the source owns, oldest first. */
async function readExpired(db: Db, ref: number, bound: Bound): Promise<ExpiredItem[]> {
  const { rows } = await sql<ExpiredItem>`select item.id, item.key, item.withdrawn_ms from ${along.from}
    where along.source_ref = ${ref} and item.owner_ref = ${ref} and ${afterCursor(along, bound.after)}
      and along.sort_ms < ${bound.beforeMs} and item.first_seen_ms < ${bound.beforeMs}
    order by along.sort_ms, along.item_id limit ${batchItems}`.execute(db);
  return rows;
}

async function recordKeys(tx: Db, keys: readonly string[], nowMs: number): Promise<void> {
  await tx.deleteFrom('retired_key').where('key', 'in', valueList(tx, keys)).execute();
  const rows = keys.map((key) => ({ key, retired_ms: nowMs }));
  await insertRows(tx, 'retired_key', rows);
}

async function deleteItems(tx: Db, items: readonly ExpiredItem[]): Promise<void> {
  const ids = items.map(({ id }) => id);
  const shown = items.filter(({ withdrawn_ms }) => withdrawn_ms === null);
  const shownIds = shown.map(({ id }) => id);
  await decrementItemCounts(tx, shownIds);
  await engineOf(tx).removeTexts(tx, ids);
  await keepEventHtml(tx, ids);
  // Its appearances stay as tombstones without an item. Categories, counts and comments are deleted with it.
  await tx.deleteFrom('item').where('id', 'in', valueList(tx, ids)).execute();
}

/** Which items a batch deletes, and whether their keys are recorded. */
interface Purge {
  readonly keysMs: number | null;
  /** Null: no items are deleted. */
  bound(db: Db): Promise<Bound | null>;
}

/** Checks outside the transaction first: most sources have no expired items. */
async function retire(store: Store, ref: number, { keysMs, bound: find }: Purge): Promise<number> {
  const expiredIn = async (db: Db): Promise<ExpiredItem[]> => {
    const bound = await find(db);
    return bound === null ? [] : readExpired(db, ref, bound);
  };
  if ((await expiredIn(store.reader)).length === 0) return 0;
  return store.write(async (tx) => {
    const items = await expiredIn(tx);
    await deleteItems(tx, items);
    if (keysMs !== null) {
      const keys = items.map(({ key }) => key);
      await recordKeys(tx, keys, keysMs);
    }
    return items.length;
  });
}

/** One batch of a source; 0 when nothing is left to do. */
async function retireOnce(store: Store, { ref, removed_ms }: Owner, options: RetentionOptions): Promise<number> {
  const { nowMs, maxAgeMs, keepNewest, maxItems } = options;
  const surplus = async (db: Db): Promise<Bound | null> => {
    const after = await nthNewest(db, ref, maxItems);
    return after === null ? null : { after, beforeMs: Number.MAX_SAFE_INTEGER };
  };
  const aged = async (db: Db): Promise<Bound | null> => {
    const beforeMs = nowMs - maxAgeMs;
    if (removed_ms !== null || keepNewest === 0) return { after: null, beforeMs };
    const after = await nthNewest(db, ref, keepNewest);
    return after === null ? null : { after, beforeMs };
  };
  // A flood of items would fill `retired_key`, so surplus items are recorded only as tombstones of their source.
  const count = await retire(store, ref, { bound: surplus, keysMs: null });
  return count > 0 ? count : retire(store, ref, { bound: aged, keysMs: nowMs });
}

/** Deletes the oldest tombstones of a source above a limit: a flood of items leaves an unlimited number. */
async function deleteOldTombstones(store: Store, ref: number, most: number): Promise<void> {
  const surplus = (db: Db) =>
    db
      .selectFrom('appearance')
      .select('id')
      .where('source_ref', '=', ref)
      .where('item_id', 'is', null)
      .orderBy('sort_ms', 'desc')
      .limit(batchItems)
      .offset(most);
  while ((await surplus(store.reader).executeTakeFirst()) !== undefined) {
    await store.write((tx) => tx.deleteFrom('appearance').where('id', 'in', surplus(tx)).execute());
    await nextTurn();
  }
}

async function* allSources(db: Db): AsyncGenerator<Owner> {
  let after = 0;
  for (;;) {
    const sources = await db
      .selectFrom('source')
      .select(['ref', 'removed_ms'])
      .where('ref', '>', after)
      .orderBy('ref')
      .limit(batchSources)
      .execute();
    yield* sources;
    if (sources.length < batchSources) return;
    after = sources.at(-1)?.ref ?? after;
  }
}

/**
 * Deletes items that are old or exceed the limit of their source, in batches and without events. They do not return:
 * their entries stay as tombstones, and the keys of old items are recorded for half a year.
 *
 * @returns number of deleted items.
 */
export async function retireItems(store: Store, options: RetentionOptions): Promise<number> {
  const { nowMs, maxTombstones = defaultMaxTombstones, signal } = options;
  let retired = 0;
  for await (const source of allSources(store.reader)) {
    for (let count = batchItems; count > 0; retired += count) {
      if (signal?.aborted === true) return retired;
      count = await retireOnce(store, source, options);
      await nextTurn();
    }
    await deleteOldTombstones(store, source.ref, maxTombstones);
  }
  await store.write((tx) =>
    tx
      .deleteFrom('retired_key')
      .where('retired_ms', '<', nowMs - keyRetentionMs)
      .execute(),
  );
  return retired;
}
