import { plainTable } from '../plain-table.ts';
import type { ReaderReport, SoakReport } from './soak.ts';
import type { SoakReader } from './soak-readers.ts';

type Judged = Pick<SoakReader, 'name' | 'applied' | 'connections' | 'problems' | 'flaw'>;

/** Failures, one line each: conforming clients with wrong results, naive ones without. */
export function soakFailures({ readers }: SoakReport): readonly string[] {
  return readers.flatMap((reader) => {
    const { name, lost, repeated, wrong, problems, isNaive } = reader;
    const hasFailed = lost + repeated + wrong > 0;
    if (isNaive) return hasFailed ? [] : [`${name}: was not detected`];
    if (name === 'plain, one connection' && reader.connections !== 1)
      return [`${name}: had ${reader.connections} connections`];
    const failures = hasFailed ? [`${name}: ${lost} lost, ${repeated} repeated, ${wrong} wrong`] : [];
    return [...failures, ...problems.map((problem) => `${name}: ${problem}`)];
  });
}

/** A table of the clients. */
export function readersTable(report: SoakReport): string {
  const { kills, stops, faults } = report;
  const title = [
    `soak, seed ${report.seed}: ${report.deliveries} deliveries of ${report.events} events in ${report.seconds.toFixed(0)} s`,
    `${kills} x kill -9, ${stops} x SIGSTOP; connections: ${faults.cut} cut, ${faults['black hole']} stalled, ${faults.trickle} at 1 byte/s`,
  ].join('\n');
  const header = ['reader', 'connections', 'applied', 'lost', 'repeated', 'wrong', 'result'];
  return plainTable(title, header, report.readers.map(lineOf));
}

function lineOf({ name, connections, deliveries, lost, repeated, wrong, isNaive }: ReaderReport): readonly string[] {
  const isRight = lost + repeated + wrong === 0;
  const result = isNaive ? (isRight ? 'NOT DETECTED' : 'detected') : isRight ? 'right' : 'WRONG';
  return [name, ...[connections, deliveries, lost, repeated, wrong].map(String), result];
}

/** Compares the events that a client applied with those that it must have received. */
export function compareWithLog(reader: Judged, expected: readonly string[]): ReaderReport {
  const { name, applied, connections, problems, flaw } = reader;
  const times = new Map<string, number>();
  for (const one of applied) times.set(one, (times.get(one) ?? 0) + 1);
  const wanted = new Set(expected);
  const inOrder = applied.every((one, index) => one === expected[index]);
  const unexpected = [...times.keys()].filter((one) => !wanted.has(one)).length;
  const lost = expected.filter((one) => !times.has(one)).length;
  const repeated = applied.length - times.size;
  // Nothing missing, repeated or unexpected, but not equal: the order is wrong.
  const isShuffled = !inOrder && lost === 0 && repeated === 0 && unexpected === 0;
  return {
    ...{ name, connections, problems, lost, repeated },
    deliveries: applied.length,
    wrong: unexpected + (isShuffled ? 1 : 0),
    isNaive: flaw !== null,
  };
}
