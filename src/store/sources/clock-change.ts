import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PollHistory } from '../../domain/polling/poll.ts';
import type { Db } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import type { Row } from '../engine/tables.ts';
import { updateRows } from '../engine/write-rows.ts';
import { firstReadsSpreadMs } from './declare-sources.ts';
import { pollHistoryOf } from './poll-results.ts';

const batchSources = 500;

/**
 * Adjusts the schedule to a clock that was set back. If the last attempt of a source lies in the future, its next check,
 * lease and Retry-After move back by the same amount. No source then waits longer from now than it had to wait from its
 * last attempt, be it for its interval, a back-off or a Retry-After. A source that was never read, and would wait longer
 * than the period over which first reads are spread, is due now.
 *
 * @returns number of sources moved; 0: the stored times do not show that the clock was set back.
 */
export async function adjustForClockChange(store: Store, nowMs: number): Promise<number> {
  let moved = 0;
  for (;;) {
    const count = await store.write(async (tx) => {
      const rows = await plannedAhead(tx, nowMs);
      const moved = rows.map((row) => movedBack(row, nowMs));
      await updateRows(tx, 'source', 'ref', moved);
      return rows.length;
    });
    moved += count;
    if (count < batchSources) return moved;
    await nextTurn();
  }
}

type Planned = Pick<
  Row<'source'>,
  'ref' | 'next_check_ms' | 'last_attempt_ms' | 'leased_ms' | 'leased_until_ms' | 'poll_history'
>;

/** Sources scheduled by a clock that was ahead of this one. A source that was moved back no longer matches. */
function plannedAhead(db: Db, nowMs: number): Promise<Planned[]> {
  return db
    .selectFrom('source')
    .select(['ref', 'next_check_ms', 'last_attempt_ms', 'leased_ms', 'leased_until_ms', 'poll_history'])
    .where((eb) =>
      eb.or([
        eb('last_attempt_ms', '>', nowMs),
        eb('leased_ms', '>', nowMs),
        eb.and([
          eb('last_attempt_ms', 'is', null),
          eb('leased_ms', 'is', null),
          eb('next_check_ms', '>', nowMs + firstReadsSpreadMs),
        ]),
      ]),
    )
    .limit(batchSources)
    .execute();
}

function movedBack(row: Planned, nowMs: number): Planned {
  const { last_attempt_ms, leased_ms, leased_until_ms } = row;
  const isNew = last_attempt_ms === null && leased_ms === null;
  const aheadMs = isNew ? Number.POSITIVE_INFINITY : Math.max(last_attempt_ms ?? 0, leased_ms ?? 0) - nowMs;
  const earlier = (ms: number): number => (ms > nowMs ? Math.max(ms - aheadMs, nowMs) : ms);
  const past = (ms: number | null): number | null => (ms === null ? null : Math.min(ms, nowMs));
  const memory = pollHistoryOf(row);
  const { retryAfterUntilMs } = memory;
  const earlierRetry: PollHistory = {
    ...memory,
    retryAfterUntilMs: retryAfterUntilMs === null ? null : earlier(retryAfterUntilMs),
  };
  return {
    ref: row.ref,
    next_check_ms: earlier(row.next_check_ms),
    last_attempt_ms: past(last_attempt_ms),
    leased_ms: past(leased_ms),
    leased_until_ms: leased_until_ms === null ? null : earlier(leased_until_ms),
    poll_history: JSON.stringify(earlierRetry),
  };
}
