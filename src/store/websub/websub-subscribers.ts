import type { Subscriber } from '../../domain/websub/websub-subscriber.ts';
import type { Db } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import { valueList } from '../engine/write-rows.ts';

/**
 * Stores a subscriber that has just been verified: a new one, or the new lease and secret of an existing one. Queues the
 * current document for a new one, so that it misses no change between its own GET and its verification.
 *
 * @returns whether it is new.
 */
export async function putSubscriber(store: Store, subscriber: Subscriber): Promise<boolean> {
  const { topic, callback, host, secret, verifiedMs, leaseUntilMs } = subscriber;
  return store.write(async (tx) => {
    const existing = await tx
      .selectFrom('websub_subscriber')
      .select(['id', 'lease_until_ms'])
      .where('topic', '=', topic)
      .where('callback', '=', callback)
      .executeTakeFirst();
    const terms = { host, secret, verified_ms: verifiedMs, lease_until_ms: leaseUntilMs };
    if (existing !== undefined && existing.lease_until_ms > verifiedMs) {
      await tx.updateTable('websub_subscriber').set(terms).where('id', '=', existing.id).execute();
      return false;
    }
    if (existing !== undefined) await tx.deleteFrom('websub_subscriber').where('id', '=', existing.id).execute();
    const unsent = { delivered_tag: null, delivered_ms: null, failures: 0 };
    const { id } = await tx
      .insertInto('websub_subscriber')
      .values({ topic, callback, ...terms, ...unsent })
      .returning('id')
      .executeTakeFirstOrThrow();
    const times = { next_attempt_ms: verifiedMs, expires_ms: leaseUntilMs };
    const unleased = { attempts: 0, leased_until_ms: null, lease_token: null };
    await tx
      .insertInto('websub_delivery')
      .values({ subscriber_id: id, host, generation: 1, ...times, ...unleased })
      .execute();
    return true;
  });
}

/** Whether a callback is subscribed to a topic. */
export async function isSubscribed(
  db: Db,
  { topic, callback }: { readonly topic: string; readonly callback: string },
  nowMs: number,
): Promise<boolean> {
  const row = await db
    .selectFrom('websub_subscriber')
    .select('id')
    .where('topic', '=', topic)
    .where('callback', '=', callback)
    .where('lease_until_ms', '>', nowMs)
    .executeTakeFirst();
  return row !== undefined;
}

/** Number of subscriptions whose lease has not ended, of all topics. */
export async function countActiveSubscribers(db: Db, nowMs: number): Promise<number> {
  const { count } = await db
    .selectFrom('websub_subscriber')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('lease_until_ms', '>', nowMs)
    .executeTakeFirstOrThrow();
  return count;
}

/** Number of subscriptions whose callback is at a host. */
export async function countSubscribers(db: Db, host: string): Promise<number> {
  const { count } = await db
    .selectFrom('websub_subscriber')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('host', '=', host)
    .executeTakeFirstOrThrow();
  return count;
}

/** Ends a subscription. Its queued delivery is deleted with it. */
export async function removeSubscriber(
  store: Store,
  { topic, callback }: { readonly topic: string; readonly callback: string },
): Promise<void> {
  await store.write((tx) =>
    tx.deleteFrom('websub_subscriber').where('topic', '=', topic).where('callback', '=', callback).execute(),
  );
}

/** Deletes subscriptions whose lease has ended, and deliveries that have expired. */
export async function removeExpired(store: Store, nowMs: number): Promise<void> {
  const expired = await store.reader
    .selectFrom('websub_subscriber')
    .select('id')
    .where('lease_until_ms', '<=', nowMs)
    .limit(500)
    .execute();
  const stale = await store.reader
    .selectFrom('websub_delivery')
    .select('id')
    .where('expires_ms', '<=', nowMs)
    .limit(500)
    .execute();
  if (expired.length + stale.length === 0) return;
  await store.write(async (tx) => {
    const ids = expired.map(({ id }) => id);
    await tx
      .deleteFrom('websub_subscriber')
      .where('id', 'in', valueList(tx, ids))
      .where('lease_until_ms', '<=', nowMs)
      .execute();
    await tx.deleteFrom('websub_delivery').where('expires_ms', '<=', nowMs).execute();
  });
}

/** Those of these topics that have a subscriber. @param topics null: all. */
export async function subscribedTopics(db: Db, topics: readonly string[] | null, nowMs: number): Promise<string[]> {
  const query = db.selectFrom('websub_subscriber').select('topic').distinct().where('lease_until_ms', '>', nowMs);
  const rows = await (topics === null ? query : query.where('topic', 'in', valueList(db, topics))).execute();
  return rows.map(({ topic }) => topic);
}
