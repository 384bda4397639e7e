import type { Db } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';

const seenKeptMs = 3_600_000;
const readAtOnce = 500;

/** What was found out about a hub. */
export interface HubEvaluation {
  readonly subscriptionId: number;
  readonly sourceRef: number;
  readonly sourceId: string;
  readonly hub: string;
  /** Items that it never delivered. */
  readonly missed: number;
  /** Whether it was trusted until now. */
  readonly wasTrusted: boolean;
}

interface Judged {
  readonly upTo: number;
  readonly pushedFirst: number;
  readonly polledFirst: number;
  readonly missed: number;
}

interface Account {
  readonly id: number;
  readonly source_ref: number;
  readonly evaluated_id: number;
  readonly confirmed_ms: number | null;
}

/**
 * Goes through the news that sources have had since they were last judged, each item once its hub has had time enough:
 * who brought it first, and did the hub bring it at all? A hub that has missed something is no longer trusted.
 *
 * @param graceMs how long a hub may take.
 */
export async function evaluateHubs(
  store: Store,
  { nowMs, graceMs }: { readonly nowMs: number; readonly graceMs: number },
): Promise<HubEvaluation[]> {
  const accounts = await store.reader
    .selectFrom('websub_subscription')
    .innerJoin('source', 'source.ref', 'websub_subscription.source_ref')
    .select(['websub_subscription.id', 'source_ref', 'source.id as sourceId', 'hub', 'trust'])
    .select(['evaluated_id', 'confirmed_ms'])
    .where('state', '=', 'active')
    .execute();
  const verdicts: HubEvaluation[] = [];
  for (const account of accounts) {
    const judged = await judge(store.reader, account, nowMs - graceMs);
    if (judged === null) continue;
    await store.write((tx) => writeVerdict(tx, account.id, judged));
    const { source_ref: sourceRef, sourceId, hub, trust, id: subscriptionId } = account;
    const { missed } = judged;
    verdicts.push({ subscriptionId, sourceRef, sourceId, hub, missed, wasTrusted: trust === 'trusted' });
  }
  await forgetSeen(store, nowMs - graceMs - seenKeptMs);
  return verdicts;
}

async function judge(db: Db, account: Account, untilMs: number): Promise<Judged | null> {
  const rows = await db
    .selectFrom('appearance')
    .innerJoin('item', 'item.id', 'appearance.item_id')
    .leftJoin('websub_pushed_entry', (join) =>
      join
        .onRef('websub_pushed_entry.entry_key', '=', 'appearance.entry_key')
        .on('websub_pushed_entry.subscription_id', '=', account.id),
    )
    .select(['appearance.id', 'appearance.first_seen_ms', 'backfill', 'websub_pushed_entry.at_ms'])
    .where('appearance.source_ref', '=', account.source_ref)
    .where('appearance.id', '>', account.evaluated_id)
    .where('appearance.first_seen_ms', '<=', untilMs)
    .orderBy('appearance.id')
    .limit(readAtOnce)
    .execute();
  const last = rows.at(-1);
  if (last === undefined) return null;
  // What came before the hub knew of us, or is old news, is none of its business.
  const sinceMs = account.confirmed_ms ?? Number.POSITIVE_INFINITY;
  const news = rows.filter((row) => row.backfill === 0 && row.first_seen_ms > sinceMs);
  const pushed = news.filter((row) => row.at_ms !== null && row.at_ms <= row.first_seen_ms).length;
  const missed = news.filter((row) => row.at_ms === null).length;
  return { upTo: last.id, pushedFirst: pushed, polledFirst: news.length - pushed, missed };
}

async function writeVerdict(tx: Db, id: number, judged: Judged): Promise<void> {
  await tx
    .updateTable('websub_subscription')
    .set((eb) => ({
      evaluated_id: judged.upTo,
      pushed_first: eb('pushed_first', '+', judged.pushedFirst),
      polled_first: eb('polled_first', '+', judged.polledFirst),
      missed: eb('missed', '+', judged.missed),
      ...(judged.missed > 0 ? { trust: 'lost' as const } : {}),
    }))
    .where('id', '=', id)
    .execute();
}

async function forgetSeen(store: Store, beforeMs: number): Promise<void> {
  const old = await store.reader
    .selectFrom('websub_pushed_entry')
    .select('entry_key')
    .where('at_ms', '<', beforeMs)
    .limit(1)
    .execute();
  if (old.length > 0)
    await store.write((tx) => tx.deleteFrom('websub_pushed_entry').where('at_ms', '<', beforeMs).execute());
}

/** Ids of sources whose news a trusted hub delivers under a lease that is not over. */
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
