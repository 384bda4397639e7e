import { type HostPause, maxHostPauseMs } from '../../domain/polling/poll.ts';
import type { Db } from '../engine/engine.ts';
import type { Row } from '../engine/tables.ts';
import { pollHistoryOf } from './poll-results.ts';

/**
 * The pauses that publishers' 429s have brought upon their hosts and that still run: what a polling process must know
 * before its first request. A source that was removed meanwhile speaks for its host all the same.
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

/** When the last pause of each host ends or has ended, by what all sources remember. */
export function pauseEnds(rows: readonly Pick<Row<'source'>, 'poll_history'>[]): ReadonlyMap<string, number> {
  const ends = new Map<string, number>();
  for (const { host, untilMs } of rows.flatMap(pausesIn)) ends.set(host, Math.max(ends.get(host) ?? 0, untilMs));
  return ends;
}

/** Looks before it reads: hardly any source has one, and there may be a hundred thousand. */
function pausesIn(row: Pick<Row<'source'>, 'poll_history'>): HostPause[] {
  if (!row.poll_history.includes('"hostPause":{')) return [];
  const { hostPause } = pollHistoryOf(row);
  return hostPause === null ? [] : [hostPause];
}
