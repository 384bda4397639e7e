import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { dayMs, minuteMs } from '../../domain/durations.ts';
import {
  type DueSource,
  type Lease,
  maxNextCheckDelayMs,
  type PollHistory,
  type PollResult,
} from '../../domain/polling/poll.ts';
import { compiledQuery } from '../engine/compiled-query.ts';
import { type Db, engineOf } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import type { Row } from '../engine/tables.ts';
import { insertRows, updateRows } from '../engine/write-rows.ts';
import { leasedSource, pollHistoryOf, reasonColumn, writePollResult } from './poll-results.ts';

const lostLeaseSpreadMs = 30_000;
const lostBackoffMs = 5 * minuteMs;
const longestBackoffMs = dayMs;

/** Sources without a lease, earliest next check first. */
function free(db: Db, nowMs: number, limit: number) {
  // An expired lease is due again after 0 to 30 s, different for each source: a process that crashed leaves many leases.
  const spread = sql<number>`leased_until_ms + ref * 7919 % ${sql.lit(lostLeaseSpreadMs)}`;
  const consecutiveTimeouts = engineOf(db).jsonNumber(sql.ref('poll_history'), 'consecutiveTimeouts');
  return db
    .selectFrom('source')
    .select(['id', 'host', 'next_check_ms as nextCheckMs', consecutiveTimeouts.as('consecutiveTimeouts')])
    .where('removed_ms', 'is', null)
    .where('gone_ms', 'is', null)
    .where((eb) => eb.or([eb('leased_until_ms', 'is', null), eb(spread, '<=', nowMs)]))
    .orderBy('next_check_ms')
    .limit(limit);
}

// Runs each second, even on an idle server, so the query is compiled once.
const selectDue = compiledQuery<{ nowMs: number; limit: number }, DueSource>(
  ['nowMs', 'limit'],
  (db, { nowMs, limit }) => free(db, nowMs, limit).where('next_check_ms', '<=', nowMs),
);
const selectStranded = compiledQuery<{ nowMs: number; limit: number; tooFarMs: number }, DueSource>(
  ['nowMs', 'limit', 'tooFarMs'],
  (db, { nowMs, limit, tooFarMs }) => free(db, nowMs, limit).where('next_check_ms', '>', tooFarMs),
);
const selectNextDue = compiledQuery<object, Pick<Row<'source'>, 'next_check_ms'>>([], (db) =>
  db
    .selectFrom('source')
    .select('next_check_ms')
    .where('removed_ms', 'is', null)
    .where('gone_ms', 'is', null)
    .where('leased_until_ms', 'is', null)
    .orderBy('next_check_ms')
    .limit(1),
);

/** Sources that are due and not leased, longest overdue first. The scheduler picks from them fairly. */
export async function readDueSources(db: Db, nowMs: number, limit: number): Promise<DueSource[]> {
  const due = await selectDue(db, { nowMs, limit });
  // A check that far ahead was scheduled before the clock was set back.
  const stranded = await selectStranded(db, { nowMs, limit, tooFarMs: nowMs + maxNextCheckDelayMs });
  return [...due, ...stranded].slice(0, limit);
}

/** When the next source is due, epoch ms, possibly in the past; null when there is none. */
export async function nextDueMs(db: Db): Promise<number | null> {
  const [next] = await selectNextDue(db, {});
  return next?.next_check_ms ?? null;
}

type Claimable = Pick<
  Row<'source'>,
  'ref' | 'id' | 'declaration_hash' | 'lease_token' | 'failures' | 'first_failed_ms' | 'poll_history'
>;

/** The ids are a JSON array. */
const selectClaimable = compiledQuery<{ ids: string; nowMs: number; tooFarMs: number }, Claimable>(
  ['ids', 'nowMs', 'tooFarMs'],
  (db, { ids, nowMs, tooFarMs }) =>
    db
      .selectFrom('source')
      .select(['ref', 'id', 'declaration_hash', 'lease_token', 'failures', 'first_failed_ms', 'poll_history'])
      .where('id', 'in', engineOf(db).jsonValues<string>(ids))
      .where('removed_ms', 'is', null)
      .where('gone_ms', 'is', null)
      .where((eb) => eb.or([eb('next_check_ms', '<=', nowMs), eb('next_check_ms', '>', tooFarMs)]))
      .where((eb) => eb.or([eb('leased_until_ms', 'is', null), eb('leased_until_ms', '<=', nowMs)])),
);

/** One lost lease may be due to a restart. The second in a row is attributed to the source and counts as a failure. */
function afterLoss(
  row: Claimable,
  nowMs: number,
): { memory: PollHistory; failed: boolean; failures: number; nextMs: number } {
  const memory = pollHistoryOf(row);
  const lostLeases = memory.lostLeases + 1;
  const failed = lostLeases > 1;
  const failures = row.failures + (failed ? 1 : 0);
  const nextMs = nowMs + Math.min(longestBackoffMs, lostBackoffMs * 2 ** Math.min(20, Math.max(0, failures - 1)));
  return { memory: { ...memory, lostLeases }, failed, failures, nextMs };
}

async function recordLosses(tx: Db, lost: readonly Claimable[], nowMs: number): Promise<ReadonlySet<number>> {
  const losses = lost.map((row) => ({ row, ...afterLoss(row, nowMs) }));
  const failed = losses.filter((loss) => loss.failed);
  const histories = losses.map(({ row, memory }) => ({ ref: row.ref, poll_history: JSON.stringify(memory) }));
  await updateRows(tx, 'source', 'ref', histories);
  const failures = failed.map(({ row, failures, nextMs }) => ({
    ref: row.ref,
    lease_token: null,
    leased_until_ms: null,
    failures,
    first_failed_ms: row.first_failed_ms ?? nowMs,
    last_outcome: 'failed',
    last_failure: 'lease_lost',
    last_detail: 'the refresh did not finish in time, more than once in a row',
    last_attempt_ms: nowMs,
    next_check_ms: nextMs,
    next_check_reason: reasonColumn({ code: 'lease_lost' }),
  }));
  await updateRows(tx, 'source', 'ref', failures);
  const rows = failed.map(({ row }) => ({
    ...{ source_ref: row.ref, at_ms: nowMs, outcome: 'failed', failure: 'lease_lost', status: null },
    ...{ bytes: 0, duration_ms: 0, added: 0, updated: 0 },
  }));
  await insertRows(tx, 'refresh', rows);
  return new Set(failed.map(({ row }) => row.ref));
}

/**
 * Leases sources before any request is sent. Skips sources that are no longer due, are leased, or whose lost lease was
 * just counted as a failure.
 */
export async function claimSources(
  store: Store,
  claim: { readonly ids: readonly string[]; readonly nowMs: number; readonly leaseMs: number },
): Promise<Lease[]> {
  const { ids, nowMs } = claim;
  if (ids.length === 0) return [];
  const untilMs = nowMs + claim.leaseMs;
  return store.write(async (tx) => {
    const rows = await selectClaimable(tx, { ids: JSON.stringify(ids), nowMs, tooFarMs: nowMs + maxNextCheckDelayMs });
    const lost = rows.filter((row) => row.lease_token !== null);
    const failed = await recordLosses(tx, lost, nowMs);
    const claimed = rows.filter((row) => !failed.has(row.ref)).map((row) => ({ row, token: randomUUID() }));
    const leases = claimed.map(({ row, token }) => ({
      ...{ ref: row.ref, lease_token: token },
      ...{ leased_until_ms: untilMs, leased_ms: nowMs },
    }));
    await updateRows(tx, 'source', 'ref', leases);
    return claimed.map(({ row, token }) => ({
      sourceId: row.id,
      token,
      untilMs,
      declarationHash: row.declaration_hash,
    }));
  });
}

/**
 * Extends a lease, for a refresh that needs more time.
 *
 * @returns false if the lease was lost.
 */
export async function extendLease(store: Store, lease: Lease, untilMs: number): Promise<boolean> {
  return store.write(async (tx) => {
    const source = await leasedSource(tx, lease);
    if (source === null) return false;
    await tx.updateTable('source').set({ leased_until_ms: untilMs }).where('ref', '=', source.ref).execute();
    return true;
  });
}

/**
 * Writes the result of a poll without items.
 *
 * @returns false if the lease was lost: nothing was written.
 */
export async function recordPoll(store: Store, lease: Lease, pollResult: PollResult, nowMs: number): Promise<boolean> {
  return store.write(async (tx) => {
    const source = await leasedSource(tx, lease);
    if (source === null) return false;
    await writePollResult(tx, source, pollResult, { nowMs, counts: { added: 0, joined: 0, updated: 0 } });
    return true;
  });
}
