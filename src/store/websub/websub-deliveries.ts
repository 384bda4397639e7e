import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { type Cursor, formatCursor, parseCursor } from '../../domain/events/event.ts';
import type { ClaimedDelivery, DeliveryResult, DeliveryTiming } from '../../domain/websub/websub-subscriber.ts';
import type { Db } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import { valueList } from '../engine/write-rows.ts';
import { readSetting, writeSetting } from '../stored-settings.ts';

const positionName = 'websub position';

/** The position in the event log up to which changes have been queued; null: none ever was. */
export async function readQueuedPosition(db: Db): Promise<Cursor | null> {
  const text = await readSetting(db, positionName);
  return text === null ? null : parseCursor(text);
}

/**
 * Queues a delivery to every subscriber of these topics and stores, in the same transaction, the position in the event log.
 * A delivery that is queued already is not doubled: it sends the newest content anyway, and its attempts start again.
 */
export async function enqueueDeliveries(
  store: Store,
  change: { readonly topics: readonly string[]; readonly position: Cursor },
  timing: DeliveryTiming,
): Promise<void> {
  const { nowMs, batchWindowMs, minIntervalMs, expireAfterMs } = timing;
  await store.write(async (tx) => {
    const batchedMs = nowMs + batchWindowMs;
    const pacedMs = sql<number>`coalesce(delivered_ms, 0) + ${sql.lit(minIntervalMs)}`;
    const lastMs = nowMs + expireAfterMs;
    await sql`insert into websub_delivery (subscriber_id, host, generation, attempts, next_attempt_ms, expires_ms)
      select id, host, 1, 0,
        case when ${pacedMs} > ${batchedMs} then ${pacedMs} else ${batchedMs} end,
        case when lease_until_ms < ${lastMs} then lease_until_ms else ${lastMs} end
      from websub_subscriber
      where lease_until_ms > ${nowMs} and topic in ${valueList(tx, change.topics)}
      on conflict (subscriber_id) do update
        set generation = websub_delivery.generation + 1, attempts = 0, expires_ms = excluded.expires_ms`.execute(tx);
    await writeSetting(tx, positionName, formatCursor(change.position));
  });
}

/** A delivery that is due. */
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

/** Deliveries that are due and not leased, the longest due first, without those to some hosts. */
export async function readDueDeliveries(
  db: Db,
  nowMs: number,
  options: { readonly limit: number; readonly exceptHosts: readonly string[] },
): Promise<DueDelivery[]> {
  return due(db, nowMs)
    .select(['id', 'host'])
    .where('host', 'not in', valueList(db, options.exceptHosts))
    .orderBy('next_attempt_ms')
    .limit(options.limit)
    .execute();
}

/** When the next delivery to another host than these is due, or its lease ends; null: none is queued. */
export async function nextDeliveryMs(db: Db, exceptHosts: readonly string[]): Promise<number | null> {
  const row = await db
    .selectFrom('websub_delivery')
    .where('host', 'not in', valueList(db, exceptHosts))
    .select(({ fn }) => fn.min(sql<number>`coalesce(leased_until_ms, next_attempt_ms)`).as('at'))
    .executeTakeFirst();
  return row?.at ?? null;
}

/** Leases deliveries to this process. Those that are leased to another one, or that have ended, are left out. */
export async function claimDeliveries(
  store: Store,
  claim: { readonly ids: readonly number[]; readonly nowMs: number; readonly leaseMs: number },
): Promise<ClaimedDelivery[]> {
  const { ids, nowMs, leaseMs } = claim;
  if (ids.length === 0) return [];
  const leaseToken = randomUUID();
  return store.write(async (tx) => {
    const free = due(tx, nowMs).select('id').where('id', 'in', valueList(tx, ids));
    await tx
      .updateTable('websub_delivery')
      .set({ lease_token: leaseToken, leased_until_ms: nowMs + leaseMs })
      .where('id', 'in', free)
      .execute();
    const rows = await tx
      .selectFrom('websub_delivery')
      .innerJoin('websub_subscriber', 'websub_subscriber.id', 'websub_delivery.subscriber_id')
      .select(['websub_delivery.id', 'generation', 'attempts', 'expires_ms'])
      .select(['topic', 'callback', 'websub_subscriber.host', 'secret', 'delivered_tag'])
      .where('lease_token', '=', leaseToken)
      .where('lease_until_ms', '>', nowMs)
      .execute();
    return rows.map(({ expires_ms, delivered_tag, ...row }) => {
      return { ...row, leaseToken, expiresMs: expires_ms, deliveredTag: delivered_tag };
    });
  });
}

type DeliveryLease = Pick<ClaimedDelivery, 'id' | 'leaseToken' | 'generation'>;

/** Records the result of an attempt. Does nothing if another process has leased the delivery since. */
export async function recordDeliveryResult(
  store: Store,
  delivery: DeliveryLease,
  result: DeliveryResult,
  nowMs: number,
): Promise<void> {
  await store.write(async (tx) => {
    const row = await tx
      .selectFrom('websub_delivery')
      .select(['subscriber_id', 'generation', 'attempts'])
      .where('id', '=', delivery.id)
      .where('lease_token', '=', delivery.leaseToken)
      .executeTakeFirst();
    if (row === undefined) return;
    if (result.kind === 'ended') {
      await tx.deleteFrom('websub_subscriber').where('id', '=', row.subscriber_id).execute();
      return;
    }
    await updateSubscriber(tx, row.subscriber_id, result, nowMs);
    const nextMs = nextAttempt(row.generation > delivery.generation, result, nowMs);
    if (nextMs === null) {
      await tx.deleteFrom('websub_delivery').where('id', '=', delivery.id).execute();
      return;
    }
    // After a change during the attempt, attempts are counted from zero.
    const attempts = row.generation > delivery.generation || result.kind === 'current' ? 0 : row.attempts + 1;
    await tx
      .updateTable('websub_delivery')
      .set({ attempts, next_attempt_ms: nextMs, lease_token: null, leased_until_ms: null })
      .where('id', '=', delivery.id)
      .execute();
  });
}

function nextAttempt(
  changed: boolean,
  result: Exclude<DeliveryResult, { kind: 'ended' }>,
  nowMs: number,
): number | null {
  if (result.kind === 'current') return changed ? nowMs + result.minIntervalMs : null;
  if (result.retryMs !== null) return nowMs + result.retryMs;
  return changed ? nowMs : null;
}

async function updateSubscriber(
  tx: Db,
  subscriberId: number,
  result: Exclude<DeliveryResult, { kind: 'ended' }>,
  nowMs: number,
): Promise<void> {
  const update = tx.updateTable('websub_subscriber').where('id', '=', subscriberId);
  if (result.kind === 'failed') {
    await update.set((eb) => ({ failures: eb('failures', '+', 1) })).execute();
    return;
  }
  await update.set({ delivered_tag: result.tag, delivered_ms: nowMs, failures: 0 }).execute();
}
