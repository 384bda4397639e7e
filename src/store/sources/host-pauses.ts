import { type HostPause, maxHostPauseMs } from '../../domain/polling/poll.ts';
import type { Db } from '../engine/engine.ts';
import type { Row } from '../engine/tables.ts';
import { pollHistoryOf } from './poll-results.ts';

/**
 * Reads the host pauses (after a 429) that have not ended, which a polling process needs before its first request. The
 * pauses of removed sources also apply.
 */
export async function readHostPauses(db: Db, nowMs: number): Promise<HostPause[]> {
  const rows = await db
    .selectFrom('source')
    .select('poll_history')
    .where('last_attempt_ms', '>', nowMs - maxHostPauseMs)
    .where('poll_history', 'like', '%"hostPause":{%')
    .execute();
  return rows.flatMap(pausesIn).filter((pause) => pause.untilMs > nowMs);
}

/** The end of the last pause of each host, past or future, from the poll histories of all sources. */
export function pauseEnds(rows: readonly Pick<Row<'source'>, 'poll_history'>[]): ReadonlyMap<string, number> {
  const ends = new Map<string, number>();
  for (const { host, untilMs } of rows.flatMap(pausesIn)) ends.set(host, Math.max(ends.get(host) ?? 0, untilMs));
  return ends;
}

/** Searches the text before it parses: few sources have a pause, and there may be 100 000 sources. */
function pausesIn(row: Pick<Row<'source'>, 'poll_history'>): HostPause[] {
  if (!row.poll_history.includes('"hostPause":{')) return [];
  const { hostPause } = pollHistoryOf(row);
  return hostPause === null ? [] : [hostPause];
}
