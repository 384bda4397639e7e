import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { type Cursor, formatCursor, parseCursor } from '../../domain/events/event.ts';
import type { ClaimedDelivery, DeliveryTiming } from '../../domain/websub/websub-subscriber.ts';
import type { Db } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import { valueList } from '../engine/write-rows.ts';

const placeName = 'websub place';

/** How far in the log changes have been queued; null: never. */
export async function readQueuedPosition(db: Db): Promise<Cursor | null> {
  const row = await db.selectFrom('setting').select('value').where('name', '=', placeName).executeTakeFirst();
  return row === undefined ? null : parseCursor(row.value);
}

/**
 * Queues a delivery to every subscriber of these topics and notes, in the same transaction, how far in the log that
 * goes. A delivery that waits already is not doubled: it will carry what is newest then, and is worth trying anew.
 */
export async function enqueueDeliveries(
  store: Store,
  change: { readonly topics: readonly string[]; readonly place: Cursor },
  times: DeliveryTiming,
): Promise<void> {
  const { nowMs, settleMs, paceMs, withinMs } = times;
  await store.write(async (tx) => {
    const soonMs = nowMs + settleMs;
    const pacedMs = sql<number>`coalesce(delivered_ms, 0) + ${sql.lit(paceMs)}`;
    const lastMs = nowMs + withinMs;
    await sql`insert into websub_delivery (subscriber_id, host, generation, attempts, next_attempt_ms, expires_ms)
      select id, host, 1, 0,
        case when ${pacedMs} > ${soonMs} then ${pacedMs} else ${soonMs} end,
        case when lease_until_ms < ${lastMs} then lease_until_ms else ${lastMs} end
      from websub_subscriber
      where lease_until_ms > ${nowMs} and topic in ${valueList(tx, change.topics)}
      on conflict (subscriber_id) do update
        set generation = websub_delivery.generation + 1, attempts = 0, expires_ms = excluded.expires_ms`.execute(tx);
    const value = formatCursor(change.place);
    await tx
      .insertInto('setting')
      .values({ name: placeName, value })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
      .execute();
  });
}

/** A delivery whose time has come. */
export interface DueDelivery {
  readonly id: number;
  readonly host: string;
}

function due(db: Db, nowMs: number) {
  return db
    .selectFrom('websub_delivery')
    .where('next_attempt_ms', '<=', nowMs)
    .where('expires_ms', '>', nowMs)
    .where((eb) => eb.or([eb('leased_until_ms', 'is', null), eb('leased_until_ms', '<=', nowMs)]));
}

/** Deliveries that are due and not under way, longest due first, those to some hosts left out. */
export async function readDueDeliveries(
  db: Db,
  nowMs: number,
  options: { readonly limit: number; readonly exceptHosts: readonly string[] },
): Promise<DueDelivery[]> {
  return due(db, nowMs)
    .select(['id', 'host'])
    .where('host', 'not in', sql<string>`${valueList(db, options.exceptHosts)}`)
    .orderBy('next_attempt_ms')
    .limit(options.limit)
    .execute();
}

/** When the next delivery to another host than these falls due, or its lease runs out; null: none waits. */
export async function nextDeliveryMs(db: Db, exceptHosts: readonly string[]): Promise<number | null> {
  const row = await db
    .selectFrom('websub_delivery')
    .where('host', 'not in', sql<string>`${valueList(db, exceptHosts)}`)
    .select(({ fn }) => fn.min(sql<number>`coalesce(leased_until_ms, next_attempt_ms)`).as('at'))
    .executeTakeFirst();
  return row?.at ?? null;
}

/** Takes the right to make an attempt at each of these; those that somebody else has, or that are over, are left out. */
export async function claimDeliveries(
  store: Store,
  claim: { readonly ids: readonly number[]; readonly nowMs: number; readonly leaseMs: number },
): Promise<ClaimedDelivery[]> {
  const { ids, nowMs, leaseMs } = claim;
  if (ids.length === 0) return [];
  const token = randomUUID();
  return store.write(async (tx) => {
    const free = due(tx, nowMs)
      .select('id')
      .where('id', 'in', sql<number>`${valueList(tx, ids)}`);
    await tx
      .updateTable('websub_delivery')
      .set({ lease_token: token, leased_until_ms: nowMs + leaseMs })
      .where('id', 'in', free)
      .execute();
    const rows = await tx
      .selectFrom('websub_delivery')
      .innerJoin('websub_subscriber', 'websub_subscriber.id', 'websub_delivery.subscriber_id')
      .select(['websub_delivery.id', 'generation', 'attempts', 'expires_ms'])
      .select(['topic', 'callback', 'websub_subscriber.host', 'secret', 'delivered_tag'])
      .where('lease_token', '=', token)
      .where('lease_until_ms', '>', nowMs)
      .execute();
    return rows.map(({ expires_ms, delivered_tag, ...row }) => {
      return { ...row, token, expiresMs: expires_ms, deliveredTag: delivered_tag };
    });
  });
}

/** What an attempt came to. */
export type DeliveryResult =
  /** The subscriber has the content of this tag: it was delivered now, or it was what it had. */
  | { readonly kind: 'done'; readonly tag: string; readonly paceMs: number }
  /** To be tried again; null: given up until the next change. */
  | { readonly kind: 'failed'; readonly retryMs: number | null }
  /** The subscription has ended. */
  | { readonly kind: 'over' };

type Settled = Pick<ClaimedDelivery, 'id' | 'token' | 'generation'>;

/** Writes what an attempt came to. Does nothing when its lease was lost to another. */
export async function recordDeliveryResult(
  store: Store,
  claimed: Settled,
  result: DeliveryResult,
  nowMs: number,
): Promise<void> {
  await store.write(async (tx) => {
    const row = await tx
      .selectFrom('websub_delivery')
      .select(['subscriber_id', 'generation', 'attempts'])
      .where('id', '=', claimed.id)
      .where('lease_token', '=', claimed.token)
      .executeTakeFirst();
    if (row === undefined) return;
    if (result.kind === 'over') {
      await tx.deleteFrom('websub_subscriber').where('id', '=', row.subscriber_id).execute();
      return;
    }
    await noteOutcome(tx, row.subscriber_id, result, nowMs);
    const nextMs = nextAttempt(row.generation > claimed.generation, result, nowMs);
    if (nextMs === null) {
      await tx.deleteFrom('websub_delivery').where('id', '=', claimed.id).execute();
      return;
    }
    // A change during the attempt begins anew.
    const attempts = row.generation > claimed.generation || result.kind === 'done' ? 0 : row.attempts + 1;
    await tx
      .updateTable('websub_delivery')
      .set({ attempts, next_attempt_ms: nextMs, lease_token: null, leased_until_ms: null })
      .where('id', '=', claimed.id)
      .execute();
  });
}

function nextAttempt(
  changed: boolean,
  result: Exclude<DeliveryResult, { kind: 'over' }>,
  nowMs: number,
): number | null {
  if (result.kind === 'done') return changed ? nowMs + result.paceMs : null;
  if (result.retryMs !== null) return nowMs + result.retryMs;
  return changed ? nowMs : null;
}

async function noteOutcome(
  tx: Db,
  subscriberId: number,
  result: Exclude<DeliveryResult, { kind: 'over' }>,
  nowMs: number,
): Promise<void> {
  const update = tx.updateTable('websub_subscriber').where('id', '=', subscriberId);
  if (result.kind === 'failed') {
    await update.set((eb) => ({ failures: eb('failures', '+', 1) })).execute();
    return;
  }
  await update.set({ delivered_tag: result.tag, delivered_ms: nowMs, failures: 0 }).execute();
}
