import { formatNextCheckReason } from '../../domain/polling/next-check-reason.ts';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import type { SourceReport } from '../../store/sources/source-reports.ts';
import type { HubReport } from '../../store/websub/websub-subscriptions.ts';
import { formatRelativeTime } from '../output/format-duration.ts';
import { formatTable } from '../output/format-table.ts';
import { printJson } from '../output/print.ts';
import { type CliIo, exitCodes } from '../shared/io.ts';
import { withReadOnlyDatabase } from '../shared/open-database.ts';

export interface SourcesOptions {
  readonly json?: boolean;
  /** Includes removed sources, whose state is kept. */
  readonly all?: boolean;
}

/** `newswire sources`: the state of each source, as stored by the server. */
export async function listSources(io: CliIo, options: SourcesOptions, clock: Clock = systemClock): Promise<number> {
  const { readSourceReports } = await import('../../store/sources/source-reports.ts');
  const { readHubReports } = await import('../../store/websub/websub-subscriptions.ts');
  const { reports, hubs } = await withReadOnlyDatabase(io, async (store) => {
    return { reports: await readSourceReports(store.reader), hubs: await readHubReports(store.reader) };
  });
  const shown = reports
    .filter((report) => options.all || report.removedMs === null)
    .map((report) => ({ ...report, subscriptions: hubs.filter(({ sourceId }) => sourceId === report.id) }));
  if (options.json) printJson(io, { sources: shown.map(reportToJson) });
  else if (shown.length === 0) io.out('No sources yet. "newswire serve" reads them from FEEDS_DIR.\n');
  else io.out(reportTable(shown, clock.now(), io.columns));
  return exitCodes.done;
}

interface ShownReport extends SourceReport {
  readonly subscriptions: readonly HubReport[];
}

/** Times as ISO 8601, with the names of the API. */
function reportToJson(report: ShownReport): object {
  return { ...withIsoTimes(report), subscriptions: report.subscriptions.map(withIsoTimes) };
}

function withIsoTimes(report: object): object {
  return Object.fromEntries(
    Object.entries(report).map(([name, value]) =>
      isTime(name) ? [`${name.slice(0, -'Ms'.length)}At`, iso(value)] : [name, value],
    ),
  );
}

function isTime(name: string): boolean {
  return name.endsWith('Ms') && name !== 'durationMs' && name !== 'intervalMs';
}

function iso(value: unknown): string | null {
  return typeof value === 'number' ? new Date(value).toISOString() : null;
}

function reportTable(reports: readonly ShownReport[], nowMs: number, columns: number | null): string {
  const head = [
    { title: 'ID', canShrink: true },
    { title: 'STATE' },
    { title: 'ITEMS', align: 'right' },
    { title: 'LAST POLL' },
    { title: 'NEXT POLL', canShrink: true },
    { title: 'NOTE', canShrink: true },
  ] as const;
  const rows = reports.map((report) => [
    report.id,
    stateOf(report),
    String(report.items),
    report.lastAttemptMs === null ? 'never' : formatRelativeTime(report.lastAttemptMs, nowMs),
    nextOf(report, nowMs),
    report.detail ?? noteOn(report),
  ]);
  return formatTable(head, rows, columns);
}

function noteOn({ movedTo, subscriptions }: ShownReport): string {
  const hubs = subscriptions.map(({ hub, state, trust, pushes, missed }) => {
    const host = URL.parse(hub)?.host ?? hub;
    return `hub ${host}: ${state === 'active' ? `${trust}, ${pushes} pushes, ${missed} missed` : state}`;
  });
  return [...(movedTo === null ? [] : [`moved to ${movedTo}`]), ...hubs].join('; ');
}

function stateOf(report: SourceReport): string {
  if (report.removedMs !== null) return 'removed';
  switch (report.outcome) {
    case null:
      return 'new';
    case 'fresh':
    case 'not-modified':
      return 'ok';
    case 'failed':
      return `${report.failure ?? 'failed'}${report.failures > 1 ? ` x${report.failures}` : ''}`;
    case 'throttled':
    case 'gone':
      return report.outcome;
  }
}

function nextOf(report: SourceReport, nowMs: number): string {
  if (report.removedMs !== null) return 'never';
  const when = report.nextCheckMs <= nowMs ? 'now' : formatRelativeTime(report.nextCheckMs, nowMs);
  return `${when} (${formatNextCheckReason(report.nextCheckReason)})`;
}
