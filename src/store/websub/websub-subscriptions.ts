import { sql } from 'kysely';
import { minuteMs } from '../../domain/durations.ts';
import type { HubReason } from '../../domain/polling/next-check-reason.ts';
import type {
  HubSource,
  HubSubscription,
  LeaseTerms,
  SubscriptionDiff,
  SubscriptionUpdate,
} from '../../domain/websub/websub-subscription.ts';
import type { HubTrust, SubscriptionState } from '../../domain/websub/websub-topics.ts';
import type { Db } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import { fromJson, type Row } from '../engine/tables.ts';
import { insertRows, valueList } from '../engine/write-rows.ts';
import { pollHistoryOf, reasonColumn } from '../sources/poll-results.ts';

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

/** Declared network sources that have been polled and name a hub. */
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

/** All subscriptions that have not ended. */
export async function readSubscriptions(db: Db): Promise<HubSubscription[]> {
  const rows = await subscriptions(db).where('state', '!=', 'unsubscribed').execute();
  return rows.map(toSubscription);
}

/** The subscription of a callback, also an ended one; null: there never was one, or it has been deleted. */
export async function findSubscription(db: Db, callbackId: string): Promise<HubSubscription | null> {
  const row = await subscriptions(db).where('callback_id', '=', callbackId).executeTakeFirst();
  return row === undefined ? null : toSubscription(row);
}

/** Adds subscriptions and marks others as no longer desired. The hubs are notified later. */
export async function applySubscriptionDiff(store: Store, diff: SubscriptionDiff, nowMs: number): Promise<void> {
  if (diff.add.length + diff.remove.length === 0) return;
  await store.write(async (tx) => {
    const rows = diff.add.map(({ callbackId, sourceRef, hub, topic, secret }) => ({
      ...{ callback_id: callbackId, source_ref: sourceRef, hub, topic, secret },
      ...{ state: 'desired', trust: 'unproven', next_attempt_ms: nowMs },
    }));
    await insertRows(tx, 'websub_subscription', rows);
    await tx
      .updateTable('websub_subscription')
      .set({
        // A hub that never confirmed the subscription needs no notification.
        state: sql<SubscriptionState>`case when confirmed_ms is null then 'unsubscribed' else 'unsubscribing' end`,
        next_attempt_ms: nowMs,
        failures: 0,
        trust: 'lost',
      })
      .where('id', 'in', valueList(tx, diff.remove))
      .execute();
  });
}

/** Records a request before it is sent: the hub may verify before it answers. */
export async function markRequested(
  store: Store,
  id: number,
  times: { readonly nowMs: number; readonly nextAttemptMs: number },
): Promise<void> {
  await store.write((tx) =>
    tx
      .updateTable('websub_subscription')
      .set((eb) => ({
        state: sql<SubscriptionState>`case when state in ('active', 'unsubscribing') then state else 'pending' end`,
        requested_ms: times.nowMs,
        next_attempt_ms: times.nextAttemptMs,
        failures: eb('failures', '+', 1),
      }))
      .where('id', '=', id)
      .where('state', '!=', 'unsubscribed')
      .execute(),
  );
}

/** Records that a hub has verified our request. @returns whether the subscription was not active before. */
export async function confirmSubscription(
  store: Store,
  id: number,
  lease: LeaseTerms & { readonly nowMs: number },
): Promise<boolean> {
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
        confirmed_ms: lease.nowMs,
        lease_until_ms: lease.leaseUntilMs,
        next_attempt_ms: lease.renewMs,
        failures: 0,
        detail: null,
      })
      .where('id', '=', id)
      .execute();
    return row.state !== 'active';
  });
}

/** Updates a subscription; absent members keep their value. */
export async function updateSubscription(store: Store, id: number, update: SubscriptionUpdate): Promise<void> {
  const { state, nextAttemptMs, detail, trust } = update;
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

/** Makes every subscription due for renewal: the URL of our callbacks has changed. */
export async function renewAllSubscriptions(store: Store, nowMs: number): Promise<void> {
  await store.write((tx) =>
    tx
      .updateTable('websub_subscription')
      .set({ next_attempt_ms: nowMs })
      .where('state', 'in', ['active', 'pending', 'denied'])
      .execute(),
  );
}

/** Deletes subscriptions that ended so long ago that their hubs no longer push. */
export async function deleteUnsubscribed(store: Store, beforeMs: number): Promise<void> {
  const old = await store.reader
    .selectFrom('websub_subscription')
    .select('id')
    .where('state', '=', 'unsubscribed')
    .where(sql<number>`coalesce(lease_until_ms, next_attempt_ms)`, '<', beforeMs)
    .execute();
  if (old.length === 0) return;
  const ids = old.map(({ id }) => id);
  await store.write((tx) => tx.deleteFrom('websub_subscription').where('id', 'in', valueList(tx, ids)).execute());
}

/** Between two polls of a source that hubs bring forward. */
const minPollGapMs = minuteMs;

/**
 * Brings the next poll of a source forward, unless it is due earlier anyway. Keeps a minute's distance to the last poll, and
 * the Retry-After of the publisher.
 */
export async function bringPollForward(
  store: Store,
  sourceRef: number,
  poll: { readonly atMs: number; readonly nowMs: number; readonly reason: HubReason },
): Promise<void> {
  await store.write(async (tx) => {
    const row = await tx.selectFrom('source').selectAll().where('ref', '=', sourceRef).executeTakeFirst();
    if (row === undefined || row.removed_ms !== null || row.gone_ms !== null) return;
    // A poll that is running may have fetched the document before the reported change.
    const lastMs = row.lease_token === null ? (row.last_attempt_ms ?? 0) : poll.nowMs;
    const dueMs = Math.max(
      poll.atMs,
      pollHistoryOf(row).retryAfterUntilMs ?? 0,
      Math.min(lastMs, poll.nowMs) + minPollGapMs,
    );
    if (dueMs >= row.next_check_ms && row.lease_token === null) return;
    await tx
      .updateTable('source')
      .set({ next_check_ms: dueMs, next_check_reason: reasonColumn({ code: poll.reason }) })
      .where('ref', '=', sourceRef)
      .execute();
  });
}

/** A subscription of ours and the counts of its hub, as shown to the operator. Without secret and callback. */
export interface HubReport {
  readonly sourceId: string;
  readonly hub: string;
  readonly topic: string;
  readonly state: SubscriptionState;
  readonly trust: HubTrust;
  readonly leaseUntilMs: number | null;
  readonly nextAttemptMs: number;
  readonly lastPushMs: number | null;
  readonly pushes: number;
  /** Items that came by push first, by poll first, and never by push. */
  readonly pushedFirst: number;
  readonly polledFirst: number;
  readonly missed: number;
  readonly detail: string | null;
}

/** Our subscriptions at remote hubs, without those that have ended. */
export async function readHubReports(db: Db): Promise<HubReport[]> {
  return db
    .selectFrom('websub_subscription')
    .innerJoin('source', 'source.ref', 'websub_subscription.source_ref')
    .select(['source.id as sourceId', 'hub', 'topic', 'state', 'trust', 'pushes', 'missed', 'detail'])
    .select(['lease_until_ms as leaseUntilMs', 'websub_subscription.next_attempt_ms as nextAttemptMs'])
    .select(['last_push_ms as lastPushMs', 'pushed_first as pushedFirst', 'polled_first as polledFirst'])
    .where('state', '!=', 'unsubscribed')
    .orderBy('websub_subscription.id')
    .execute();
}
