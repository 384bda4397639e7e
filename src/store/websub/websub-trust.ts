import { hourMs } from '../../domain/durations.ts';
import type { HubEvaluation } from '../../domain/websub/websub-subscription.ts';
import type { Db } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';

/** How long deliveries are kept after their evaluation. */
const deliveredKeptMs = hourMs;
const batchSize = 500;

interface Counts {
  /** Id of the last appearance that was evaluated. */
  readonly lastId: number;
  readonly pushedFirst: number;
  readonly polledFirst: number;
  readonly missed: number;
}

interface EvaluatedSubscription {
  readonly id: number;
  readonly source_ref: number;
  readonly evaluated_id: number;
  readonly confirmed_ms: number | null;
}

/**
 * Counts, for each new item of a source with a hub, whether push or poll came first, and whether the hub delivered it at
 * all. An item is counted once the hub has had enough time. A hub that missed an item is no longer trusted.
 *
 * @param graceMs how long a hub may take.
 */
export async function evaluateHubs(
  store: Store,
  { nowMs, graceMs }: { readonly nowMs: number; readonly graceMs: number },
): Promise<HubEvaluation[]> {
  const subscriptions = await store.reader
    .selectFrom('websub_subscription')
    .innerJoin('source', 'source.ref', 'websub_subscription.source_ref')
    .select(['websub_subscription.id', 'source_ref', 'source.id as sourceId', 'hub', 'trust'])
    .select(['evaluated_id', 'confirmed_ms'])
    .where('state', '=', 'active')
    .execute();
  const evaluations: HubEvaluation[] = [];
  for (const subscription of subscriptions) {
    const counts = await countFirsts(store.reader, subscription, nowMs - graceMs);
    if (counts === null) continue;
    await store.write((tx) => addCounts(tx, subscription.id, counts));
    const { source_ref: sourceRef, sourceId, hub, trust } = subscription;
    const { missed } = counts;
    evaluations.push({ sourceRef, sourceId, hub, missed, wasTrusted: trust === 'trusted' });
  }
  await deleteDelivered(store, nowMs - graceMs - deliveredKeptMs);
  return evaluations;
}

async function countFirsts(db: Db, subscription: EvaluatedSubscription, untilMs: number): Promise<Counts | null> {
  const rows = await db
    .selectFrom('appearance')
    .innerJoin('item', 'item.id', 'appearance.item_id')
    .leftJoin('websub_pushed_entry', (join) =>
      join
        .onRef('websub_pushed_entry.entry_key', '=', 'appearance.entry_key')
        .on('websub_pushed_entry.subscription_id', '=', subscription.id),
    )
    .select(['appearance.id', 'appearance.first_seen_ms', 'backfill', 'websub_pushed_entry.at_ms'])
    .where('appearance.source_ref', '=', subscription.source_ref)
    .where('appearance.id', '>', subscription.evaluated_id)
    .where('appearance.first_seen_ms', '<=', untilMs)
    .orderBy('appearance.id')
    .limit(batchSize)
    .execute();
  const last = rows.at(-1);
  if (last === undefined) return null;
  // A hub does not deliver what was published before it confirmed us, nor backfill.
  const sinceMs = subscription.confirmed_ms ?? Number.POSITIVE_INFINITY;
  const fresh = rows.filter((row) => row.backfill === 0 && row.first_seen_ms > sinceMs);
  const pushed = fresh.filter((row) => row.at_ms !== null && row.at_ms <= row.first_seen_ms).length;
  const missed = fresh.filter((row) => row.at_ms === null).length;
  return { lastId: last.id, pushedFirst: pushed, polledFirst: fresh.length - pushed, missed };
}

async function addCounts(tx: Db, id: number, counts: Counts): Promise<void> {
  await tx
    .updateTable('websub_subscription')
    .set((eb) => ({
      evaluated_id: counts.lastId,
      pushed_first: eb('pushed_first', '+', counts.pushedFirst),
      polled_first: eb('polled_first', '+', counts.polledFirst),
      missed: eb('missed', '+', counts.missed),
      ...(counts.missed > 0 ? { trust: 'lost' as const } : {}),
    }))
    .where('id', '=', id)
    .execute();
}

async function deleteDelivered(store: Store, beforeMs: number): Promise<void> {
  const old = await store.reader
    .selectFrom('websub_pushed_entry')
    .select('entry_key')
    .where('at_ms', '<', beforeMs)
    .limit(1)
    .execute();
  if (old.length > 0)
    await store.write((tx) => tx.deleteFrom('websub_pushed_entry').where('at_ms', '<', beforeMs).execute());
}

/** Ids of sources that have a trusted hub with a valid lease. */
export async function trustedSources(db: Db, nowMs: number): Promise<string[]> {
  const rows = await db
    .selectFrom('websub_subscription')
    .innerJoin('source', 'source.ref', 'websub_subscription.source_ref')
    .select('source.id')
    .distinct()
    .where('state', '=', 'active')
    .where('trust', '=', 'trusted')
    .where('lease_until_ms', '>', nowMs)
    .where('source.removed_ms', 'is', null)
    .execute();
  return rows.map(({ id }) => id);
}
