import { sql } from 'kysely';
import type {
  ConfirmedLease,
  HubSource,
  HubSubscription,
  SubscriptionDiff,
} from '../../domain/websub/websub-subscription.ts';
import type { HubTrust, SubscriptionState } from '../../domain/websub/websub-topics.ts';
import type { Db } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import { fromJson, type Row } from '../engine/tables.ts';
import { insertRows, valueList } from '../engine/write-rows.ts';
import { pollHistoryOf } from '../sources/poll-results.ts';

function toSubscription(row: Row<'websub_subscription'> & { readonly sourceId: string }): HubSubscription {
  const { id, sourceId, hub, topic, secret, state, failures, trust } = row;
  return {
    ...{ id, sourceId, hub, topic, secret, state, failures, trust },
    callbackId: row.callback_id,
    sourceRef: row.source_ref,
    requestedMs: row.requested_ms,
    confirmedMs: row.confirmed_ms,
    leaseUntilMs: row.lease_until_ms,
    nextAttemptMs: row.next_attempt_ms,
  };
}

function subscriptions(db: Db) {
  return db
    .selectFrom('websub_subscription')
    .innerJoin('source', 'source.ref', 'websub_subscription.source_ref')
    .selectAll('websub_subscription')
    .select('source.id as sourceId');
}

/** Declared sources over the network that have been read and name a hub. */
export async function readHubSources(db: Db): Promise<HubSource[]> {
  const rows = await db
    .selectFrom('source')
    .select(['ref', 'url', 'moved_to', 'hubs', 'self_url'])
    .where('removed_ms', 'is', null)
    .where('gone_ms', 'is', null)
    .where('first_read_done', '=', 1)
    .where('hubs', '!=', '[]')
    .where('url', 'not like', 'file:%')
    .execute();
  return rows.map(({ ref, url, moved_to, hubs, self_url }) => {
    return { ref, url: moved_to ?? url, hubs: fromJson<string[]>(hubs), selfUrl: self_url };
  });
}

/** All subscriptions that have not been dropped. */
export async function readSubscriptions(db: Db): Promise<HubSubscription[]> {
  const rows = await subscriptions(db).where('state', '!=', 'dropped').execute();
  return rows.map(toSubscription);
}

/** The subscription behind a callback, dropped ones too; null: there never was one, or it is long forgotten. */
export async function findSubscription(db: Db, callbackId: string): Promise<HubSubscription | null> {
  const row = await subscriptions(db).where('callback_id', '=', callbackId).executeTakeFirst();
  return row === undefined ? null : toSubscription(row);
}

/** Writes down what is wanted from now on and what is not. The hubs are asked later. */
export async function applySubscriptionDiff(store: Store, wishes: SubscriptionDiff, nowMs: number): Promise<void> {
  if (wishes.add.length + wishes.drop.length === 0) return;
  await store.write(async (tx) => {
    const rows = wishes.add.map(({ callbackId, sourceRef, hub, topic, secret }) => ({
      ...{ callback_id: callbackId, source_ref: sourceRef, hub, topic, secret },
      ...{ state: 'wanted', trust: 'unproven', next_attempt_ms: nowMs },
    }));
    await insertRows(tx, 'websub_subscription', rows);
    await tx
      .updateTable('websub_subscription')
      .set({
        // A hub that has never confirmed anything has nothing to be told.
        state: sql<SubscriptionState>`case when confirmed_ms is null then 'dropped' else 'dropping' end`,
        next_attempt_ms: nowMs,
        failures: 0,
        trust: 'lost',
      })
      .where('id', 'in', sql<number>`${valueList(tx, wishes.drop)}`)
      .execute();
  });
}

/** Notes, before a hub is asked, that it is asked: it may verify before it has answered. */
export async function markRequested(
  store: Store,
  id: number,
  times: { readonly nowMs: number; readonly nextAttemptMs: number },
): Promise<void> {
  await store.write((tx) =>
    tx
      .updateTable('websub_subscription')
      .set((eb) => ({
        state: sql<SubscriptionState>`case when state in ('active', 'dropping') then state else 'pending' end`,
        requested_ms: times.nowMs,
        next_attempt_ms: times.nextAttemptMs,
        failures: eb('failures', '+', 1),
      }))
      .where('id', '=', id)
      .where('state', '!=', 'dropped')
      .execute(),
  );
}

/** Notes that a hub has verified what we asked for, and on which terms. @returns whether it is new, and no renewal. */
export async function confirmSubscription(store: Store, id: number, terms: ConfirmedLease): Promise<boolean> {
  return store.write(async (tx) => {
    const row = await tx
      .selectFrom('websub_subscription')
      .select('state')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    await tx
      .updateTable('websub_subscription')
      .set({
        state: 'active',
        confirmed_ms: terms.nowMs,
        lease_until_ms: terms.leaseUntilMs,
        next_attempt_ms: terms.renewMs,
        failures: 0,
        detail: null,
      })
      .where('id', '=', id)
      .execute();
    return row.state !== 'active';
  });
}

/** Writes how a subscription stands, and when its hub is asked again. */
export async function updateSubscription(
  store: Store,
  id: number,
  to: {
    readonly state?: SubscriptionState;
    readonly nextAttemptMs?: number;
    readonly detail?: string;
    readonly trust?: HubTrust;
  },
): Promise<void> {
  const { state, nextAttemptMs, detail, trust } = to;
  await store.write((tx) =>
    tx
      .updateTable('websub_subscription')
      .set({
        ...(state === undefined ? {} : { state }),
        ...(nextAttemptMs === undefined ? {} : { next_attempt_ms: nextAttemptMs }),
        ...(detail === undefined ? {} : { detail }),
        ...(trust === undefined ? {} : { trust }),
      })
      .where('id', '=', id)
      .execute(),
  );
}

/** Asks every hub anew: our callbacks have another address now. */
export async function renewAllSubscriptions(store: Store, nowMs: number): Promise<void> {
  await store.write((tx) =>
    tx
      .updateTable('websub_subscription')
      .set({ next_attempt_ms: nowMs })
      .where('state', 'in', ['active', 'pending', 'denied'])
      .execute(),
  );
}

/** Forgets subscriptions that were dropped so long ago that their hubs must have noticed. */
export async function deleteUnsubscribed(store: Store, beforeMs: number): Promise<void> {
  const old = await store.reader
    .selectFrom('websub_subscription')
    .select('id')
    .where('state', '=', 'dropped')
    .where(sql<number>`coalesce(lease_until_ms, next_attempt_ms)`, '<', beforeMs)
    .execute();
  if (old.length === 0) return;
  const ids = old.map(({ id }) => id);
  await store.write((tx) =>
    tx
      .deleteFrom('websub_subscription')
      .where('id', 'in', sql<number>`${valueList(tx, ids)}`)
      .execute(),
  );
}

const spareMs = 60_000;

/**
 * Makes a source due at a time, unless it is due before. Nobody is asked within a minute of his last read or before the
 * time that he has asked for.
 */
export async function bringPollForward(
  store: Store,
  sourceRef: number,
  to: { readonly atMs: number; readonly nowMs: number; readonly why: string },
): Promise<void> {
  await store.write(async (tx) => {
    const row = await tx.selectFrom('source').selectAll().where('ref', '=', sourceRef).executeTakeFirst();
    if (row === undefined || row.removed_ms !== null || row.gone_ms !== null) return;
    // What is being read now may have been written before what we were told of.
    const lastMs = row.lease_token === null ? (row.last_attempt_ms ?? 0) : to.nowMs;
    const dueMs = Math.max(to.atMs, pollHistoryOf(row).retryAfterUntilMs ?? 0, Math.min(lastMs, to.nowMs) + spareMs);
    if (dueMs >= row.next_check_ms && row.lease_token === null) return;
    await tx
      .updateTable('source')
      .set({ next_check_ms: dueMs, next_check_reason: to.why })
      .where('ref', '=', sourceRef)
      .execute();
  });
}
