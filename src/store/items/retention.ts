import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import { dayMs } from '../../domain/durations.ts';
import { type Db, engineOf } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import type { Row } from '../engine/tables.ts';
import { insertRows, valueList } from '../engine/write-rows.ts';
import { afterCursor, type PageCursor, tablePath } from '../queries/index-scan.ts';
import { decrementItemCounts } from './source-item-counts.ts';

const batchItems = 200;
const batchSources = 500;
const keepKeysMs = 180 * dayMs;
/** Twice what one document may hold, so that an entry which is still in it is not forgotten. */
const usualTombstones = 20_000;

/** What is kept of each source. */
export interface RetentionOptions {
  readonly nowMs: number;
  /** Items that were first seen longer ago go. */
  readonly maxAgeMs: number;
  /** So many of a declared source stay, however old: one that speaks once a year is not empty. */
  readonly keepNewest: number;
  /** More than so many of one source do not stay, however new. */
  readonly maxItems: number;
  /** Entries of one source that are known and not wanted back. */
  readonly maxTombstones?: number;
  /** Ends the work after the batch under way. */
  readonly signal?: AbortSignal;
}

type Owner = Pick<Row<'source'>, 'ref' | 'removed_ms'>;
type Leaving = Pick<Row<'item'>, 'id' | 'key' | 'withdrawn_ms'>;

/** Which items of a source go: those behind a place in the order of views, and first seen before an instant. */
interface Bound {
  readonly behind: PageCursor | null;
  readonly beforeMs: number;
}

const along = tablePath('appearance', 'date');

/** The place of the n-th item that a source shows, newest first; null when it has fewer. */
async function placeOf(db: Db, ref: number, n: number): Promise<PageCursor | null> {
  const { rows } = await sql<PageCursor>`select sort_ms as "sortMs", item_id as id from appearance
    where source_ref = ${ref} and item_id is not null
    order by sort_ms desc, item_id desc limit 1 offset ${n - 1}`.execute(db);
  return rows[0] ?? null;
}

/** Who owns an item decides whether it goes. Oldest first. */
async function leaving(db: Db, ref: number, bound: Bound): Promise<Leaving[]> {
  const { rows } = await sql<Leaving>`select item.id, item.key, item.withdrawn_ms from ${along.from}
    where along.source_ref = ${ref} and item.owner_ref = ${ref} and ${afterCursor(along, bound.behind)}
      and along.sort_ms < ${bound.beforeMs} and item.first_seen_ms < ${bound.beforeMs}
    order by along.sort_ms, along.item_id limit ${batchItems}`.execute(db);
  return rows;
}

async function rememberKeys(tx: Db, keys: readonly string[], nowMs: number): Promise<void> {
  await tx
    .deleteFrom('retired_key')
    .where('key', 'in', sql<string>`${valueList(tx, keys)}`)
    .execute();
  await insertRows(
    tx,
    'retired_key',
    keys.map((key) => ({ key, retired_ms: nowMs })),
  );
}

async function letGo(tx: Db, items: readonly Leaving[]): Promise<void> {
  const ids = items.map(({ id }) => id);
  const shown = items.filter(({ withdrawn_ms }) => withdrawn_ms === null);
  await decrementItemCounts(
    tx,
    shown.map(({ id }) => id),
  );
  await engineOf(tx).removeTexts(tx, ids);
  // Its appearances lose their item and stay as tombstones; categories, counts and comments go with it.
  await tx
    .deleteFrom('item')
    .where('id', 'in', sql<number>`${valueList(tx, ids)}`)
    .execute();
}

/** What one batch takes, and whether the keys are remembered. */
interface Purge {
  readonly keysMs: number | null;
  /** Null: nothing goes. */
  bound(db: Db): Promise<Bound | null>;
}

/** Looks before it locks: most sources have nothing to let go of. */
async function retire(store: Store, ref: number, { keysMs, bound: find }: Purge): Promise<number> {
  const leavingIn = async (db: Db): Promise<Leaving[]> => {
    const bound = await find(db);
    return bound === null ? [] : leaving(db, ref, bound);
  };
  if ((await leavingIn(store.reader)).length === 0) return 0;
  return store.write(async (tx) => {
    const items = await leavingIn(tx);
    await letGo(tx, items);
    if (keysMs !== null) {
      await rememberKeys(
        tx,
        items.map(({ key }) => key),
        keysMs,
      );
    }
    return items.length;
  });
}

/** One batch of a source; 0 when nothing is left to do. */
async function retireOnce(store: Store, { ref, removed_ms }: Owner, options: RetentionOptions): Promise<number> {
  const { nowMs, maxAgeMs, keepNewest, maxItems } = options;
  const surplus = async (db: Db): Promise<Bound | null> => {
    const behind = await placeOf(db, ref, maxItems);
    return behind === null ? null : { behind, beforeMs: Number.MAX_SAFE_INTEGER };
  };
  const aged = async (db: Db): Promise<Bound | null> => {
    const beforeMs = nowMs - maxAgeMs;
    if (removed_ms !== null || keepNewest === 0) return { behind: null, beforeMs };
    const behind = await placeOf(db, ref, keepNewest);
    return behind === null ? null : { behind, beforeMs };
  };
  // A flood would fill the list of keys: what is surplus is remembered by its source only.
  const count = await retire(store, ref, { bound: surplus, keysMs: null });
  return count > 0 ? count : retire(store, ref, { bound: aged, keysMs: nowMs });
}

/** Forgets the oldest tombstones of a source beyond so many: those of a flood have no end. */
async function forgetTombstones(store: Store, ref: number, most: number): Promise<void> {
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
 * Lets go of items that are old, or of which their source has too many, some hundred at a time and without a word in
 * the log. What was let go does not come back: its entries are remembered as tombstones, and the keys of old items for
 * half a year.
 *
 * @returns how many went.
 */
export async function retireItems(store: Store, options: RetentionOptions): Promise<number> {
  const { nowMs, maxTombstones = usualTombstones, signal } = options;
  let retired = 0;
  for await (const source of allSources(store.reader)) {
    for (let count = batchItems; count > 0; retired += count) {
      if (signal?.aborted === true) return retired;
      count = await retireOnce(store, source, options);
      await nextTurn();
    }
    await forgetTombstones(store, source.ref, maxTombstones);
  }
  await store.write((tx) =>
    tx
      .deleteFrom('retired_key')
      .where('retired_ms', '<', nowMs - keepKeysMs)
      .execute(),
  );
  return retired;
}
