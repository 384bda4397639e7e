import { sql } from 'kysely';
import type { Subscriber } from '../../domain/websub/websub-subscriber.ts';
import type { Db } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import { valueList } from '../engine/write-rows.ts';

/**
 * Keeps a subscriber that has just been verified: a new one, or new terms for one there is. A new one is to have the
 * present document at once, so that nothing is missed between its own read and its verification.
 *
 * @returns whether it is new.
 */
export async function putSubscriber(store: Store, subscriber: Subscriber): Promise<boolean> {
  const { topic, callback, host, secret, verifiedMs, leaseUntilMs } = subscriber;
  return store.write(async (tx) => {
    const before = await tx
      .selectFrom('websub_subscriber')
      .select(['id', 'lease_until_ms'])
      .where('topic', '=', topic)
      .where('callback', '=', callback)
      .executeTakeFirst();
    const terms = { host, secret, verified_ms: verifiedMs, lease_until_ms: leaseUntilMs };
    if (before !== undefined && before.lease_until_ms > verifiedMs) {
      await tx.updateTable('websub_subscriber').set(terms).where('id', '=', before.id).execute();
      return false;
    }
    if (before !== undefined) await tx.deleteFrom('websub_subscriber').where('id', '=', before.id).execute();
    const blank = { delivered_tag: null, delivered_ms: null, failures: 0 };
    const { id } = await tx
      .insertInto('websub_subscriber')
      .values({ topic, callback, ...terms, ...blank })
      .returning('id')
      .executeTakeFirstOrThrow();
    const times = { next_attempt_ms: verifiedMs, expires_ms: leaseUntilMs };
    const free = { attempts: 0, leased_until_ms: null, lease_token: null };
    await tx
      .insertInto('websub_delivery')
      .values({ subscriber_id: id, host, generation: 1, ...times, ...free })
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

/** How many subscriptions have their callback at a host. */
export async function countSubscribers(db: Db, host: string): Promise<number> {
  const { count } = await db
    .selectFrom('websub_subscriber')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('host', '=', host)
    .executeTakeFirstOrThrow();
  return count;
}

/** Ends a subscription, and with it what was to be delivered. */
export async function removeSubscriber(
  store: Store,
  { topic, callback }: { readonly topic: string; readonly callback: string },
): Promise<void> {
  await store.write((tx) =>
    tx.deleteFrom('websub_subscriber').where('topic', '=', topic).where('callback', '=', callback).execute(),
  );
}

/** Ends every subscription whose lease is over, and deliveries that have outlived their time. */
export async function removeExpired(store: Store, nowMs: number): Promise<void> {
  const lapsed = await store.reader
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
  if (lapsed.length + stale.length === 0) return;
  await store.write(async (tx) => {
    const ids = lapsed.map(({ id }) => id);
    await tx
      .deleteFrom('websub_subscriber')
      .where('id', 'in', sql<number>`${valueList(tx, ids)}`)
      .where('lease_until_ms', '<=', nowMs)
      .execute();
    await tx.deleteFrom('websub_delivery').where('expires_ms', '<=', nowMs).execute();
  });
}

/** Which of these topics somebody is subscribed to; of all when none are given. */
export async function subscribedTopics(db: Db, topics: readonly string[] | null, nowMs: number): Promise<string[]> {
  const query = db.selectFrom('websub_subscriber').select('topic').distinct().where('lease_until_ms', '>', nowMs);
  const rows = await (topics === null
    ? query
    : query.where('topic', 'in', sql<string>`${valueList(db, topics)}`)
  ).execute();
  return rows.map(({ topic }) => topic);
}
