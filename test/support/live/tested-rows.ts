import { afterAll, afterEach } from 'vitest';
import { plainTable } from '../plain-table.ts';

/** The results of tests that each test one row of a table. */
export interface TestedRows {
  /** The names of the rows without a test. */
  untested(): readonly string[];
}

/**
 * Records the results of this file's tests by row, and prints the table when all have run.
 *
 * @param rows the names and descriptions of the rows.
 * @param rowOf the row that a test with this title tests; null: none.
 */
export function trackRows(
  title: string,
  rows: ReadonlyMap<string, string>,
  rowOf: (title: string) => string | null,
): TestedRows {
  const states = new Map<string, string[]>();
  afterEach(({ task }) => {
    const row = rowOf(task.name);
    if (row !== null) states.set(row, [...(states.get(row) ?? []), task.result?.state ?? 'pass']);
  });
  afterAll(() => {
    const lines = [...rows].map(([row, what]) => [row, what, resultOf(states.get(row) ?? [])]);
    process.stdout.write(plainTable(title, ['row', 'what', 'result'], lines));
  });
  return { untested: () => [...rows.keys()].filter((row) => !states.has(row)) };
}

function resultOf(states: readonly string[]): string {
  if (states.length === 0) return 'NO TEST';
  const failed = states.filter((state) => state === 'fail').length;
  return failed === 0 ? `${states.length} passed` : `${failed} FAILED`;
}
