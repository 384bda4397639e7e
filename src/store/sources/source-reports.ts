import type { Failure } from '../../domain/failure.ts';
import type { Note } from '../../domain/notes/note.ts';
import type { NextCheckReason } from '../../domain/polling/next-check-reason.ts';
import type { PollResult } from '../../domain/polling/poll.ts';
import type { Db } from '../engine/engine.ts';
import { fromJson, type Row } from '../engine/tables.ts';
import { toPublicSource } from '../queries/map-item.ts';
import { pauseEnds } from './host-pauses.ts';

/** The polling state of a source, as the operator may see it. */
export interface SourceReport {
  readonly id: string;
  readonly title: string;
  readonly section: string;
  /** As declared. */
  readonly url: string;
  /** The adopted address; null: none. */
  readonly movedTo: string | null;
  readonly siteUrl: string | null;
  readonly hubs: readonly string[];
  readonly position: number;
  /** Null: declared now. */
  readonly removedMs: number | null;
  /** Null before the first read. */
  readonly outcome: PollResult['outcome'] | null;
  readonly failure: Failure | null;
  readonly status: number | null;
  readonly detail: string | null;
  readonly notes: readonly Note[];
  readonly bytes: number | null;
  readonly durationMs: number | null;
  /** Failures in a row, and since when. */
  readonly failures: number;
  readonly firstFailedMs: number | null;
  readonly lastAttemptMs: number | null;
  readonly lastSuccessMs: number | null;
  /** When a poll last found a change. */
  readonly lastChangeMs: number | null;
  readonly nextCheckMs: number;
  readonly nextCheckReason: NextCheckReason;
  readonly intervalMs: number | null;
  readonly leasedUntilMs: number | null;
  readonly goneMs: number | null;
  readonly firstReadDone: boolean;
  readonly items: number;
}

function toReport(row: Row<'source'>, pausedUntilMs: number): SourceReport {
  const { id, title, section, url, siteUrl } = toPublicSource(row);
  return {
    ...{ id, title, section, url, siteUrl },
    movedTo: row.moved_to,
    hubs: fromJson<readonly string[]>(row.hubs),
    position: row.position,
    removedMs: row.removed_ms,
    outcome: row.last_outcome,
    failure: row.last_failure,
    status: row.last_status,
    detail: row.last_detail,
    notes: fromJson<readonly Note[]>(row.last_notes),
    bytes: row.last_bytes,
    durationMs: row.last_duration_ms,
    failures: row.failures,
    firstFailedMs: row.first_failed_ms,
    lastAttemptMs: row.last_attempt_ms,
    lastSuccessMs: row.last_success_ms,
    lastChangeMs: row.last_change_ms,
    ...nextCheckOf(row, pausedUntilMs),
    intervalMs: row.interval_ms,
    leasedUntilMs: row.leased_until_ms,
    goneMs: row.gone_ms,
    firstReadDone: row.first_read_done === 1,
    items: row.items,
  };
}

/** A paused host is not requested, even if its sources are due. */
function nextCheckOf(row: Row<'source'>, pausedUntilMs: number): Pick<SourceReport, 'nextCheckMs' | 'nextCheckReason'> {
  if (row.next_check_ms < pausedUntilMs)
    return { nextCheckMs: pausedUntilMs, nextCheckReason: { code: 'host_paused' } };
  return { nextCheckMs: row.next_check_ms, nextCheckReason: fromJson<NextCheckReason>(row.next_check_reason) };
}

/** Reports of all sources in the order of the declarations; removed ones, which keep their state, last. */
export async function readSourceReports(db: Db): Promise<SourceReport[]> {
  const rows = await db.selectFrom('source').selectAll().orderBy('position').orderBy('ref').execute();
  const pausedUntilMs = pauseEnds(rows);
  const reports = rows.map((row) => toReport(row, pausedUntilMs.get(row.host) ?? 0));
  return [
    ...reports.filter((report) => report.removedMs === null),
    ...reports.filter((report) => report.removedMs !== null),
  ];
}
