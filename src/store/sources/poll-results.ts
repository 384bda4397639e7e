import { hostOf } from '../../domain/polling/hosts.ts';
import { emptyPollHistory, type Lease, type PollHistory, type PollResult } from '../../domain/polling/poll.ts';
import { compiledQuery } from '../engine/compiled-query.ts';
import type { Db } from '../engine/engine.ts';
import { fromJson, type Row } from '../engine/tables.ts';
import { insertRows, updateRows } from '../engine/write-rows.ts';

/** What a refresh counted, for the operator's plots. */
export interface RefreshCounts {
  readonly added: number;
  readonly joined: number;
  readonly updated: number;
}

/** What polls have taught a source; what an older version did not write down is as if never learnt. */
export function pollHistoryOf(row: Pick<Row<'source'>, 'poll_history'>): PollHistory {
  return { ...emptyPollHistory, ...fromJson<Partial<PollHistory>>(row.poll_history) };
}

/**
 * The source of a lease, as long as the lease is still good: nobody else has claimed the source since, and it has been
 * neither declared anew nor removed. Every transaction that stores something of a refresh asks this first.
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
 * When the source is due again: as settled, unless somebody asked for a check while this one was going on, which may
 * have come too late for it. A Retry-After stands above both.
 */
function nextCheck(
  source: Row<'source'>,
  settlement: PollResult,
): { next_check_ms: number; next_check_reason: string } {
  const settled = { next_check_ms: Math.round(settlement.nextCheckMs), next_check_reason: settlement.nextCheckReason };
  const asked = source.next_check_ms > (source.leased_ms ?? source.next_check_ms) && settlement.goneMs === null;
  if (!asked || source.next_check_ms >= settled.next_check_ms) return settled;
  const notBeforeMs = settlement.history.retryAfterUntilMs ?? 0;
  if (notBeforeMs > source.next_check_ms) return settled;
  return { next_check_ms: source.next_check_ms, next_check_reason: source.next_check_reason };
}

function validatorColumns({ validators }: PollResult): Partial<Row<'source'>> {
  if (validators === null) return {};
  const { etag, lastModified, url = null } = validators;
  return { etag, last_modified: lastModified, validators_url: url };
}

/** Writes what a poll came to on its source and ends its lease. */
export async function writePollResult(
  tx: Db,
  source: Row<'source'>,
  settlement: PollResult,
  about: {
    readonly nowMs: number;
    readonly counts: RefreshCounts;
    /** Whether everything in the document is stored. */
    readonly isWhole?: true;
  },
): Promise<void> {
  const { nowMs, counts } = about;
  const { facts, bodyHash } = settlement;
  const good = settlement.outcome === 'fresh' || settlement.outcome === 'not-modified';
  const news = counts.added + counts.joined + counts.updated > 0;
  const state = {
    ...validatorColumns(settlement),
    ...(bodyHash === null ? {} : { body_hash: bodyHash }),
    ...nextCheck(source, settlement),
    leased_until_ms: null,
    lease_token: null,
    failures: settlement.failures,
    first_failed_ms: settlement.firstFailedMs,
    last_outcome: settlement.outcome,
    last_failure: settlement.failure,
    last_status: facts.status,
    last_detail: settlement.detail,
    last_bytes: facts.bytes,
    last_duration_ms: Math.round(facts.durationMs),
    last_notes: JSON.stringify(facts.notes),
    last_attempt_ms: nowMs,
    ...(good ? { last_success_ms: nowMs } : {}),
    ...(news ? { last_change_ms: nowMs } : {}),
    moved_to: settlement.movedTo,
    host: hostOf(settlement.movedTo ?? source.url),
    gone_ms: settlement.goneMs,
    poll_history: JSON.stringify(settlement.history),
    ...(about.isWhole === true && settlement.outcome === 'fresh' ? { first_read_done: 1 } : {}),
  };
  await updateRows(tx, 'source', 'ref', [{ ref: source.ref, ...state }]);
  await insertRows(tx, 'refresh', [
    {
      source_ref: source.ref,
      at_ms: nowMs,
      outcome: settlement.outcome,
      failure: settlement.failure,
      status: facts.status,
      bytes: facts.bytes,
      duration_ms: Math.round(facts.durationMs),
      added: counts.added,
      updated: counts.updated,
    },
  ]);
}
