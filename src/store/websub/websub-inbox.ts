import type { NormalisedFeed } from '../../domain/items/item.ts';
import type { ReceivedPush } from '../../domain/websub/websub-subscription.ts';
import type { Db } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import { insertRows, valueList } from '../engine/write-rows.ts';
import { splitIntoBatches, storeBatch } from '../items/store-batch.ts';
import { distinctEntries, entryKeysOf } from '../items/store-items.ts';
import { appendEvents } from '../log/event-log.ts';
import { toPublicSource } from '../queries/map-item.ts';

const maxPending = 20;
const maxAttempts = 3;

/** Stores a push until it is read. @returns false if too many pushes of the subscription are pending. */
export async function savePush(store: Store, push: ReceivedPush): Promise<boolean> {
  const body = Buffer.from(push.body).toString('base64');
  return store.write(async (tx) => {
    const { pending } = await tx
      .selectFrom('websub_push')
      .select(({ fn }) => fn.countAll<number>().as('pending'))
      .where('subscription_id', '=', push.subscriptionId)
      .executeTakeFirstOrThrow();
    if (pending >= maxPending) return false;
    await tx
      .insertInto('websub_push')
      .values({
        subscription_id: push.subscriptionId,
        received_ms: push.receivedMs,
        content_type: push.contentType,
        content_encoding: push.contentEncoding,
        attempts: 0,
        body,
      })
      .execute();
    return true;
  });
}

/** A push that is to be read, and its source. */
export interface PendingPush extends ReceivedPush {
  readonly id: number;
  readonly sourceRef: number;
  readonly sourceId: string;
  readonly topic: string;
}

/** The oldest pending push; null: none is pending. Deletes pushes during which the process ended several times. */
export async function claimOldestPush(store: Store): Promise<PendingPush | null> {
  const oldest = await store.reader.selectFrom('websub_push').select('id').orderBy('id').limit(1).executeTakeFirst();
  if (oldest === undefined) return null;
  return store.write(async (tx) => {
    await tx.deleteFrom('websub_push').where('attempts', '>=', maxAttempts).execute();
    const row = await tx
      .selectFrom('websub_push')
      .innerJoin('websub_subscription', 'websub_subscription.id', 'websub_push.subscription_id')
      .innerJoin('source', 'source.ref', 'websub_subscription.source_ref')
      .selectAll('websub_push')
      .select(['source_ref', 'topic', 'source.id as sourceId'])
      .orderBy('websub_push.id')
      .limit(1)
      .executeTakeFirst();
    if (row === undefined) return null;
    await tx
      .updateTable('websub_push')
      .set({ attempts: row.attempts + 1 })
      .where('id', '=', row.id)
      .execute();
    return {
      id: row.id,
      subscriptionId: row.subscription_id,
      receivedMs: row.received_ms,
      contentType: row.content_type,
      contentEncoding: row.content_encoding,
      body: Buffer.from(row.body, 'base64'),
      sourceRef: row.source_ref,
      sourceId: row.sourceId,
      topic: row.topic,
    };
  });
}

/** Deletes a push that has been read. */
export async function deletePush(store: Store, id: number): Promise<void> {
  await store.write((tx) => tx.deleteFrom('websub_push').where('id', '=', id).execute());
}

/** The changes that a push caused. */
export interface PushCounts {
  readonly added: number;
  readonly updated: number;
  /** Head of the event log afterwards; null: no event was written. */
  readonly head: number | null;
}

/** A push that was read, as the store takes it. */
export interface NormalisedPush {
  readonly push: Pick<PendingPush, 'subscriptionId' | 'sourceRef'>;
  /** Of the source declaration by which it was read. */
  readonly declarationHash: string;
  readonly feed: NormalisedFeed;
  readonly nowMs: number;
  /** Called with the head of the event log after each batch that wrote events. */
  onBatch(head: number): void;
}

/**
 * Stores the items of a push by the rules of polls. A push is part of a document: absent items are not missing, and it
 * changes neither the description nor the schedule of the source. Needs no lease: each batch checks the declaration.
 *
 * @returns null if the source was edited or removed meanwhile.
 */
export async function storePushedItems(store: Store, read: NormalisedPush): Promise<PushCounts | null> {
  const { push, feed, nowMs } = read;
  const document = entryKeysOf(feed);
  let counts: PushCounts = { added: 0, updated: 0, head: null };
  for (const drafts of splitIntoBatches(distinctEntries(feed.drafts))) {
    const done = await store.write(async (tx) => {
      const row = await tx
        .selectFrom('source')
        .selectAll()
        .where('ref', '=', push.sourceRef)
        .where('declaration_hash', '=', read.declarationHash)
        .where('removed_ms', 'is', null)
        .executeTakeFirst();
      if (row === undefined) return null;
      const context = {
        source: toPublicSource(row),
        renamed: new Map(),
        documentKeys: document,
        firstRead: false,
        nowMs,
      };
      const stored = await storeBatch(tx, drafts, context);
      return { counts: stored.counts, head: await appendEvents(tx, stored.changes, nowMs) };
    });
    if (done === null) return null;
    if (done.head !== null) read.onBatch(done.head);
    const { added, updated } = done.counts;
    counts = { added: counts.added + added, updated: counts.updated + updated, head: done.head ?? counts.head };
  }
  await store.write((tx) => recordDelivered(tx, read));
  return counts;
}

/** Records which entries the hub has delivered, and that it delivers. */
async function recordDelivered(tx: Db, { push, feed, nowMs }: NormalisedPush): Promise<void> {
  const { subscriptionId } = push;
  const keys = [...new Set([...feed.drafts.map(({ entryKey }) => entryKey), ...feed.unchanged])];
  await tx
    .deleteFrom('websub_pushed_entry')
    .where('subscription_id', '=', subscriptionId)
    .where('entry_key', 'in', valueList(tx, keys))
    .execute();
  const rows = keys.map((entry_key) => ({ subscription_id: subscriptionId, entry_key, at_ms: nowMs }));
  await insertRows(tx, 'websub_pushed_entry', rows);
  await tx
    .updateTable('websub_subscription')
    .set((eb) => ({
      pushes: eb('pushes', '+', 1),
      last_push_ms: nowMs,
      // A push without entries proves nothing.
      ...(keys.length === 0 ? {} : { trust: 'trusted' as const }),
    }))
    .where('id', '=', subscriptionId)
    .where('state', '=', 'active')
    .execute();
}
