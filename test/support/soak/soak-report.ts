import { plainTable } from '../plain-table.ts';
import type { ReaderReport, SoakReport } from './soak.ts';
import type { SoakReader } from './soak-readers.ts';

type Judged = Pick<SoakReader, 'name' | 'applied' | 'connections' | 'complaints' | 'flaw'>;

/** What is not as it must be, one line each: conforming readers that were served wrongly, naive ones that got away. */
export function soakFailures({ readers }: SoakReport): readonly string[] {
  return readers.flatMap((reader) => {
    const { name, lost, repeated, wrong, complaints, isNaive } = reader;
    const hasFailed = lost + repeated + wrong > 0;
    if (isNaive) return hasFailed ? [] : [`${name}: was not found out`];
    if (name === 'plain, one connection' && reader.connections !== 1) return [`${name}: had ${reader.connections}`];
    const amiss = hasFailed ? [`${name}: ${lost} lost, ${repeated} repeated, ${wrong} wrong`] : [];
    return [...amiss, ...complaints.map((complaint) => `${name}: ${complaint}`)];
  });
}

/** A table of the readers for people. */
export function readersTable(report: SoakReport): string {
  const { kills, stops, faults } = report;
  const title = [
    `soak, seed ${report.seed}: ${report.deliveries} deliveries of ${report.events} events in ${report.seconds.toFixed(0)} s`,
    `${kills} x kill -9, ${stops} x SIGSTOP; connections: ${faults.cut} cut, ${faults['black hole']} swallowed, ${faults.trickle} at 1 byte/s`,
  ].join('\n');
  const header = ['reader', 'connections', 'applied', 'lost', 'repeated', 'wrong', 'result'];
  return plainTable(title, header, report.readers.map(lineOf));
}

function lineOf({ name, connections, deliveries, lost, repeated, wrong, isNaive }: ReaderReport): readonly string[] {
  const isRight = lost + repeated + wrong === 0;
  const result = isNaive ? (isRight ? 'NOT FOUND OUT' : 'found out') : isRight ? 'right' : 'WRONG';
  return [name, ...[connections, deliveries, lost, repeated, wrong].map(String), result];
}

/** Holds what a reader applied against what it must have been told. */
export function compareWithLog(reader: Judged, expected: readonly string[]): ReaderReport {
  const { name, applied, connections, complaints, flaw } = reader;
  const times = new Map<string, number>();
  for (const one of applied) times.set(one, (times.get(one) ?? 0) + 1);
  const wanted = new Set(expected);
  const inOrder = applied.every((one, index) => one === expected[index]);
  const strange = [...times.keys()].filter((one) => !wanted.has(one)).length;
  const lost = expected.filter((one) => !times.has(one)).length;
  const repeated = applied.length - times.size;
  // All there, none twice, none strange, and yet not as it should be: the order is wrong.
  const isShuffled = !inOrder && lost === 0 && repeated === 0 && strange === 0;
  return {
    ...{ name, connections, complaints, lost, repeated },
    deliveries: applied.length,
    wrong: strange + (isShuffled ? 1 : 0),
    isNaive: flaw !== null,
  };
}
