import { sql } from 'kysely';
import { hostOf } from '../../domain/polling/hosts.ts';
import type { NextCheckReason } from '../../domain/polling/next-check-reason.ts';
import { emptyPollHistory, type Lease, type PollHistory, type PollResult } from '../../domain/polling/poll.ts';
import { compiledQuery } from '../engine/compiled-query.ts';
import type { Db } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import { fromJson, type Row } from '../engine/tables.ts';
import { insertRows, updateRows } from '../engine/write-rows.ts';

/** Counts of a refresh, for the operator's charts. */
export interface RefreshCounts {
  readonly added: number;
  readonly joined: number;
  readonly updated: number;
}

/** The poll history of a source. Fields that an older version did not write have their defaults. */
export function pollHistoryOf(row: Pick<Row<'source'>, 'poll_history'>): PollHistory {
  return { ...emptyPollHistory, ...fromJson<Partial<PollHistory>>(row.poll_history) };
}

/** The reason of a next check as a column. */
export function reasonColumn(reason: NextCheckReason): string {
  return JSON.stringify(reason);
}

/**
 * The source of a lease, if the lease is valid: no other process has claimed the source since, and its declaration was
 * neither changed nor removed. Every transaction that stores part of a refresh checks this first.
 *
 * @returns null when the lease is lost; nothing may be written then.
 */
export async function leasedSource(tx: Db, lease: Lease): Promise<Row<'source'> | null> {
  const [row] = await selectLeased(tx, lease);
  return row ?? null;
}

const selectLeased = compiledQuery<Pick<Lease, 'sourceId' | 'token' | 'declarationHash'>, Row<'source'>>(
  ['sourceId', 'token', 'declarationHash'],
  (db, { sourceId, token, declarationHash }) =>
    db
      .selectFrom('source')
      .selectAll()
      .where('id', '=', sourceId)
      .where('lease_token', '=', token)
      .where('declaration_hash', '=', declarationHash)
      .where('removed_ms', 'is', null),
);

/**
 * When the source is due again: as the poll result says, unless a check was requested during this refresh, which may
 * have missed the reason for the request. A Retry-After overrides both.
 */
function nextCheck(
  source: Row<'source'>,
  pollResult: PollResult,
): { next_check_ms: number; next_check_reason: string } {
  const planned = {
    next_check_ms: Math.round(pollResult.nextCheckMs),
    next_check_reason: reasonColumn(pollResult.nextCheckReason),
  };
  const isRequested = source.next_check_ms > (source.leased_ms ?? source.next_check_ms) && pollResult.goneMs === null;
  if (!isRequested || source.next_check_ms >= planned.next_check_ms) return planned;
  const notBeforeMs = pollResult.history.retryAfterUntilMs ?? 0;
  if (notBeforeMs > source.next_check_ms) return planned;
  return { next_check_ms: source.next_check_ms, next_check_reason: source.next_check_reason };
}

function validatorColumns({ validators }: PollResult): Partial<Row<'source'>> {
  if (validators === null) return {};
  const { etag, lastModified, url = null } = validators;
  return { etag, last_modified: lastModified, validators_url: url };
}

/** Writes the result of a poll to its source, and ends the lease. */
export async function writePollResult(
  tx: Db,
  source: Row<'source'>,
  pollResult: PollResult,
  about: {
    readonly nowMs: number;
    readonly counts: RefreshCounts;
    /** Whether everything in the document is stored. */
    readonly isWhole?: true;
  },
): Promise<void> {
  const { nowMs, counts } = about;
  const { facts, bodyHash } = pollResult;
  const succeeded = pollResult.outcome === 'fresh' || pollResult.outcome === 'not-modified';
  const hasChanges = counts.added + counts.joined + counts.updated > 0;
  const state = {
    ...validatorColumns(pollResult),
    ...(bodyHash === null ? {} : { body_hash: bodyHash }),
    ...nextCheck(source, pollResult),
    leased_until_ms: null,
    lease_token: null,
    failures: pollResult.failures,
    first_failed_ms: pollResult.firstFailedMs,
    last_outcome: pollResult.outcome,
    last_failure: pollResult.failure,
    last_status: facts.status,
    last_detail: pollResult.detail,
    last_bytes: facts.bytes,
    last_duration_ms: Math.round(facts.durationMs),
    last_notes: JSON.stringify(facts.notes),
    last_attempt_ms: nowMs,
    ...(succeeded ? { last_success_ms: nowMs } : {}),
    ...(hasChanges ? { last_change_ms: nowMs } : {}),
    moved_to: pollResult.movedTo,
    host: hostOf(pollResult.movedTo ?? source.url),
    gone_ms: pollResult.goneMs,
    poll_history: JSON.stringify(pollResult.history),
    ...(about.isWhole === true && pollResult.outcome === 'fresh' ? { first_read_done: 1 } : {}),
  };
  await updateRows(tx, 'source', 'ref', [{ ref: source.ref, ...state }]);
  await insertRows(tx, 'refresh', [
    {
      source_ref: source.ref,
      at_ms: nowMs,
      outcome: pollResult.outcome,
      failure: pollResult.failure,
      status: facts.status,
      bytes: facts.bytes,
      duration_ms: Math.round(facts.durationMs),
      added: counts.added,
      updated: counts.updated,
    },
  ]);
}

const trimBatch = 2000;

/**
 * Deletes records of polls before a time, in batches.
 *
 * @returns number of deleted records.
 */
export async function trimRefreshes(store: Store, beforeMs: number): Promise<number> {
  let trimmed = 0;
  for (;;) {
    const result = await store.write((tx) => {
      const oldest = tx.selectFrom('refresh').select('id').where('at_ms', '<', beforeMs).limit(sql.lit(trimBatch));
      return tx.deleteFrom('refresh').where('id', 'in', oldest).executeTakeFirst();
    });
    const count = Number(result.numDeletedRows);
    trimmed += count;
    if (count < trimBatch) return trimmed;
  }
}
