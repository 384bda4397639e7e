import { sql } from 'kysely';
import { minuteMs } from '../../domain/durations.ts';
import { rulesVersion } from '../../domain/items/normalise-task.ts';
import { noValidators, type Validators } from '../../domain/polling/fetch-outcome.ts';
import type { NextCheckReason } from '../../domain/polling/next-check-reason.ts';
import type { PollState } from '../../domain/polling/poll.ts';
import { compiledQuery } from '../engine/compiled-query.ts';
import type { Db } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import { fromJson, type Row } from '../engine/tables.ts';
import { updateRows, valueList } from '../engine/write-rows.ts';
import { pollHistoryOf, reasonColumn } from './poll-results.ts';

const askCooldownMs = minuteMs;

const selectSource = compiledQuery<{ sourceId: string }, Row<'source'>>(['sourceId'], (db, { sourceId }) =>
  db.selectFrom('source').selectAll().where('id', '=', sourceId),
);

const selectHashes = compiledQuery<{ sourceId: string; limit: number }, { entry_key: string; content_hash: string }>(
  ['sourceId', 'limit'],
  (db, { sourceId, limit }) =>
    db
      .selectFrom('appearance')
      .innerJoin('source', 'source.ref', 'appearance.source_ref')
      .select(['entry_key', 'content_hash'])
      .where('source.id', '=', sourceId)
      .orderBy('appearance.sort_ms', 'desc')
      .limit(limit),
);

/** The polling state of a source; null when there is no such source. */
export async function readPollState(db: Db, sourceId: string): Promise<PollState | null> {
  const [row] = await selectSource(db, { sourceId });
  if (row === undefined) return null;
  const memory = pollHistoryOf(row);
  // A document processed by other rules must be processed again, even if the publisher has not changed it.
  const isCurrent = memory.rulesVersion === rulesVersion;
  return {
    validators: isCurrent ? validatorsOf(row) : noValidators,
    bodyHash: isCurrent ? row.body_hash : null,
    nextCheckMs: row.next_check_ms,
    nextCheckReason: fromJson<NextCheckReason>(row.next_check_reason),
    failures: row.failures,
    firstFailedMs: row.first_failed_ms,
    firstReadDone: row.first_read_done === 1,
    goneMs: row.gone_ms,
    movedTo: row.moved_to,
    history: memory,
  };
}

function validatorsOf({ etag, last_modified, validators_url }: Row<'source'>): Validators {
  return { etag, lastModified: last_modified, ...(validators_url === null ? {} : { url: validators_url }) };
}

/** The content hashes of a source's newest entries, by entry key: entries that match need no sanitising. */
export async function knownHashes(db: Db, sourceId: string, limit: number): Promise<Record<string, string>> {
  const rows = await selectHashes(db, { sourceId, limit });
  return Object.fromEntries(rows.map((row) => [row.entry_key, row.content_hash]));
}

/**
 * Makes sources due at once at the operator's request, which forces the read, but not within a minute of their last read or before the end of a
 * Retry-After.
 *
 * @param ids null: every source that is not gone. A source that is named is read again even if it is gone.
 * @returns number of sources.
 */
export async function requestRefresh(store: Store, ids: readonly string[] | null, nowMs: number): Promise<number> {
  return store.write(async (tx) => {
    const query = tx
      .selectFrom('source')
      .select(['ref', 'poll_history', 'last_attempt_ms', 'leased_until_ms'])
      .where('removed_ms', 'is', null);
    const rows = await (ids === null
      ? query.where('gone_ms', 'is', null)
      : query.where('id', 'in', valueList(tx, ids))
    ).execute();
    const next_check_reason = reasonColumn({ code: 'operator' });
    const asked = rows.map((row) => {
      const { retryAfterUntilMs } = pollHistoryOf(row);
      const lastMs = row.leased_until_ms === null ? row.last_attempt_ms : nowMs;
      const cooledMs = lastMs === null ? nowMs : Math.min(lastMs, nowMs) + askCooldownMs;
      const next_check_ms = Math.max(nowMs, cooledMs, retryAfterUntilMs ?? 0);
      return { ref: row.ref, next_check_ms, next_check_reason, gone_ms: null };
    });
    await updateRows(tx, 'source', 'ref', asked);
    return asked.length;
  });
}

/**
 * Makes local feeds due at once after their files changed. No rate limit applies, because no publisher is requested. For
 * requests of the operator see `requestRefresh`.
 */
export async function markFilesChanged(store: Store, ids: readonly string[], nowMs: number): Promise<void> {
  if (ids.length === 0) return;
  // The current refresh may have read the file before the change. A time after its claim makes the source due again.
  const dueMs = sql<number>`case when lease_token is null then ${nowMs} else ${nowMs + 1} end`;
  await store.write((tx) =>
    tx
      .updateTable('source')
      .set({ next_check_ms: dueMs, next_check_reason: reasonColumn({ code: 'file_changed' }) })
      .where('id', 'in', valueList(tx, ids))
      .where('removed_ms', 'is', null)
      .execute(),
  );
}
