import { hourMs } from '../../domain/durations.ts';
import type { Failure } from '../../domain/failure.ts';
import type { PollResult } from '../../domain/polling/poll.ts';
import { compiledQuery } from '../engine/compiled-query.ts';
import type { Db } from '../engine/engine.ts';

/** The state of a declared source that decides whether an alert is raised. */
export interface SourceFacts {
  readonly id: string;
  /** One line of the operator or the publisher. */
  readonly title: string;
  readonly host: string;
  readonly failures: number;
  readonly firstFailedMs: number | null;
  readonly outcome: PollResult['outcome'] | null;
  readonly failure: Failure | null;
  readonly status: number | null;
  readonly detail: string | null;
  readonly lastAttemptMs: number | null;
  readonly lastSuccessMs: number | null;
  readonly lastChangeMs: number | null;
  readonly isGone: boolean;
  readonly firstReadDone: boolean;
}

/** All declared sources, in the order of the declarations. */
export async function readSourceFacts(db: Db): Promise<SourceFacts[]> {
  const rows = await db
    .selectFrom('source')
    .select(['id', 'title', 'feed_title', 'host', 'failures', 'first_failed_ms', 'last_outcome', 'last_failure'])
    .select(['last_status', 'last_detail', 'last_attempt_ms', 'last_success_ms', 'last_change_ms', 'gone_ms'])
    .select('first_read_done')
    .where('removed_ms', 'is', null)
    .orderBy('position')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    title: row.title ?? row.feed_title ?? row.id,
    host: row.host,
    failures: row.failures,
    firstFailedMs: row.first_failed_ms,
    outcome: row.last_outcome,
    failure: row.last_failure,
    status: row.last_status,
    detail: row.last_detail,
    lastAttemptMs: row.last_attempt_ms,
    lastSuccessMs: row.last_success_ms,
    lastChangeMs: row.last_change_ms,
    isGone: row.gone_ms !== null,
    firstReadDone: row.first_read_done === 1,
  }));
}

/** How many posts of a source are read at most, newest first. */
const maxPosts = 10_000;

/** Scans the index of a source's listing only. Tombstones count: their items were posted. */
const selectArrivals = compiledQuery<{ sourceId: string; limit: number }, { arrival_ms: number }>(
  ['sourceId', 'limit'],
  (db, { sourceId, limit }) =>
    db
      .selectFrom('appearance')
      .select('arrival_ms')
      .where('source_ref', '=', (where) => where.selectFrom('source').select('ref').where('id', '=', sourceId))
      .orderBy('arrival_ms', 'desc')
      .limit(limit),
);

/**
 * The hours since the epoch in which a source posted, ascending, without repetitions. Items of its first read count at the
 * time at which they were published, all others at the time of their arrival.
 *
 * @param window hours after `sinceHour`, but at least the newest `least` hours and at most the newest `most`.
 */
export async function readPostHours(
  db: Db,
  sourceId: string,
  { sinceHour, least, most }: { readonly sinceHour: number; readonly least: number; readonly most: number },
): Promise<number[]> {
  const rows = await selectArrivals(db, { sourceId, limit: maxPosts });
  const hours = [...new Set(rows.map(({ arrival_ms }) => Math.floor(arrival_ms / hourMs)))];
  return hours.filter((hour, index) => index < most && (index < least || hour >= sinceHour)).reverse();
}
