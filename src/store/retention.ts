import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import { type Db, engineOf } from './dialect.ts';
import { uncountItems } from './item-counts.ts';
import type { Store } from './open.ts';
import { anyOf, insertRows } from './rows.ts';

const batchItems = 200;
const keepKeysMs = 180 * 24 * 60 * 60_000;

async function rememberKeys(tx: Db, keys: readonly string[], nowMs: number): Promise<void> {
  await tx
    .deleteFrom('retired_key')
    .where('key', 'in', sql<string>`${anyOf(tx, keys)}`)
    .execute();
  await insertRows(
    tx,
    'retired_key',
    keys.map((key) => ({ key, retired_ms: nowMs })),
  );
}

async function retireOnce(tx: Db, beforeMs: number, nowMs: number): Promise<number> {
  const rows = await tx
    .selectFrom('item')
    .select(['id', 'key', 'withdrawn_ms'])
    .where('first_seen_ms', '<', beforeMs)
    .orderBy('first_seen_ms')
    .limit(batchItems)
    .execute();
  const ids = rows.map(({ id }) => id);
  const shown = rows.filter(({ withdrawn_ms }) => withdrawn_ms === null);
  await uncountItems(
    tx,
    shown.map(({ id }) => id),
  );
  await engineOf(tx).forgetTexts(tx, ids);
  await rememberKeys(
    tx,
    rows.map(({ key }) => key),
    nowMs,
  );
  // Its appearances lose their item and stay as tombstones; categories, counts and comments go with it.
  await tx
    .deleteFrom('item')
    .where('id', 'in', sql<number>`${anyOf(tx, ids)}`)
    .execute();
  return rows.length;
}

/**
 * Lets go of items that were first seen long ago, some hundred at a time, without a word in the log. What was let go
 * does not come back: its entries are remembered as tombstones, and its key for half a year.
 *
 * @returns how many went.
 */
export async function retireItems(
  store: Store,
  options: { readonly nowMs: number; readonly maxAgeMs: number },
): Promise<number> {
  const { nowMs, maxAgeMs } = options;
  let retired = 0;
  for (;;) {
    const count = await store.write((tx) => retireOnce(tx, nowMs - maxAgeMs, nowMs));
    retired += count;
    if (count < batchItems) break;
    await nextTurn();
  }
  await store.write((tx) =>
    tx
      .deleteFrom('retired_key')
      .where('retired_ms', '<', nowMs - keepKeysMs)
      .execute(),
  );
  return retired;
}
