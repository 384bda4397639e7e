import { plainTable } from '../plain-table.ts';
import type { RequestFigures } from './load.ts';
import type { ReceiverReport } from './receivers.ts';

/** Result of a system run. */
export interface SystemReport {
  readonly seed: number;
  readonly seconds: number;
  /** Events in the log. */
  readonly events: number;
  readonly polls: number;
  readonly pushed: number;
  readonly reloads: number;
  readonly withdrawn: number;
  /** Exit codes of the server after each SIGTERM. */
  readonly exits: readonly (number | null)[];
  /** Lines that the server logged as errors. */
  readonly faults: readonly string[];
  /** Main thread: longest CPU time without a turn of the event loop, and longest delay of a timer. */
  readonly longestBlockMs: number;
  readonly longestDelayMs: number;
  /** Per cent of a core; null: no response of the watchdog. */
  readonly idleCpuPercent: number | null;
  /** Least squares over the samples after the warm-up of the last start. */
  readonly memory: {
    readonly samples: number;
    readonly rssMb: number;
    readonly rssMbPerHour: number;
    readonly heapMbPerHour: number;
  };
  readonly received: readonly ReceiverReport[];
  readonly requests: readonly RequestFigures[];
  readonly comments: { readonly accepted: number; readonly stored: number };
  readonly reads: { readonly visitors: number; readonly counted: number | null };
}

/** Failures, one line each. Times are not checked: the machine may be busy. */
export function systemFailures(report: SystemReport): readonly string[] {
  const { received, requests, comments, reads, exits, faults } = report;
  return [
    ...received.flatMap(({ name, expected, lost, repeated, wrong, problems }) => [
      ...(lost + repeated + wrong > 0 ? [`${name}: ${lost} lost, ${repeated} repeated, ${wrong} wrong`] : []),
      ...(expected === 0 ? [`${name}: had nothing to receive`] : []),
      ...problems.map((complaint) => `${name}: ${complaint}`),
    ]),
    ...requests.filter(({ failed }) => failed > 0).map(({ what, failed }) => `${what}: ${failed} requests failed`),
    ...(comments.accepted === comments.stored
      ? []
      : [`comments: ${comments.accepted} accepted, ${comments.stored} stored`]),
    ...(reads.visitors === reads.counted ? [] : [`reads: ${reads.visitors} visitors, ${reads.counted} counted`]),
    ...(report.idleCpuPercent === null ? ['the idle server does not answer: it is frozen'] : []),
    ...exits.filter((code) => code !== 0).map((code) => `the server ended with ${code}`),
    ...faults.map((line) => `logged as an error: ${line}`),
  ];
}

/** The figures as tables. */
export function systemTable(report: SystemReport): string {
  const { memory, comments, reads } = report;
  const figures = [
    ['longest block of the event loop (CPU)', `${report.longestBlockMs.toFixed(0)} ms`],
    ['longest delay of a timer', `${report.longestDelayMs.toFixed(0)} ms`],
    ['CPU when idle', report.idleCpuPercent === null ? 'no answer' : `${report.idleCpuPercent.toFixed(2)} % of a core`],
    ['memory at the end', `${memory.rssMb.toFixed(0)} MB`],
    [
      `memory slope over ${memory.samples} s after warming up`,
      `${memory.rssMbPerHour.toFixed(1)} MB/h, heap ${memory.heapMbPerHour.toFixed(1)} MB/h`,
    ],
    ['polls, pushes of hubs', `${report.polls}, ${report.pushed}`],
    ['reloads, withdrawals, restarts', `${report.reloads}, ${report.withdrawn}, ${report.exits.length - 1}`],
    ['comments accepted, stored', `${comments.accepted}, ${comments.stored}`],
    ['visitors of an item, reads counted', `${reads.visitors}, ${reads.counted}`],
  ];
  const title = `whole system, seed ${report.seed}: ${report.events} events in ${report.seconds.toFixed(0)} s`;
  return [
    plainTable(title, ['figure', ''], figures),
    plainTable(
      'what each received, beside the event log',
      ['who', 'expected', 'received', 'lost', 'repeated', 'wrong'],
      [
        ...report.received.map((one) => [
          one.name,
          ...[one.expected, one.received, one.lost, one.repeated, one.wrong].map(String),
        ]),
      ],
    ),
    plainTable(
      'requests',
      ['what', 'count', 'refused', 'failed', 'p50 ms', 'max ms'],
      [
        ...report.requests.map((one) => [
          one.what,
          ...[one.count, one.refused, one.failed, one.p50Ms.toFixed(0), one.maxMs.toFixed(0)].map(String),
        ]),
      ],
    ),
  ].join('');
}
