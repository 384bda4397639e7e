import { afterAll, afterEach } from 'vitest';
import { plainTable } from '../plain-table.ts';

/** Tests that each stand for a row of a table, and what they came to. */
export interface TestedRows {
  /** Rows of which no test ran, told by their names. */
  untested(): readonly string[];
}

/**
 * Notes the tests of this file by the row that each stands for, and prints the table when they have run.
 *
 * @param rows names of the rows and what each says.
 * @param rowOf the row that a test of this title stands for; null: none.
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
