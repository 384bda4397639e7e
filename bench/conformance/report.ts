import type { Check } from './checks.ts';
import type { FailedFile, Score, Tally } from './score.ts';

/** The minimum scores, in percent. */
export interface Thresholds {
  readonly filesPassed: number;
  readonly meanPassRate: number;
}

const maxPerField = 3;
const mostValueChars = 160;

/** Compares a score with the thresholds. `text` has a line for each. */
export function compareToThresholds(
  score: Score,
  wanted: Thresholds,
): { readonly passed: boolean; readonly text: string } {
  const filesPassed = (100 * score.filesPassed) / score.files;
  const meanPassRate = 100 * score.meanPassRate;
  const rows = [
    { name: 'files with every check', reached: filesPassed, least: wanted.filesPassed },
    { name: 'mean pass rate', reached: meanPassRate, least: wanted.meanPassRate },
  ];
  const lines = rows.map(({ name, reached, least }) => {
    const result = reached >= least ? 'ok' : 'BELOW';
    return `${name.padEnd(24)}${reached.toFixed(2).padStart(8)} %   at least ${least} %   ${result}`;
  });
  return { passed: rows.every(({ reached, least }) => reached >= least), text: lines.join('\n') };
}

/** The scores by kind of file. */
export function kindsTable({ kinds }: Score): string {
  const row = (kind: string, { files, filesPassed, meanPassRate }: Tally): string =>
    [
      kind.padEnd(12),
      String(files).padStart(6),
      `${((100 * filesPassed) / files).toFixed(1).padStart(12)} %`,
      `${(100 * meanPassRate).toFixed(2).padStart(8)} %`,
    ].join('');
  const head = `${'kind'.padEnd(12)}${'files'.padStart(6)}${'every check'.padStart(14)}${'mean'.padStart(10)}`;
  return [head, ...[...kinds].map(([kind, tally]) => row(kind, tally))].join('\n');
}

/** The failed checks of each file, with expected and actual values. */
export function failuresList(failures: readonly FailedFile[]): string {
  return failures.map((failure) => [failure.file, ...checksOf(failure)].join('\n')).join('\n\n');
}

function checksOf({ checks }: FailedFile): string[] {
  return [...Map.groupBy(checks, (check) => check.field)].flatMap(([field, list]) => {
    const lines = list.slice(0, maxPerField).flatMap((check) => linesOf(check));
    const left = list.length - maxPerField;
    return left > 0 ? [...lines, `  ${field}: ${left} more`] : lines;
  });
}

function linesOf({ field, expected, actual }: Check): string[] {
  return [`  ${field}`, `    expected ${formatValue(expected)}`, `    actual   ${formatValue(actual)}`];
}

/** A value on one line, with control characters escaped. */
function formatValue(value: unknown): string {
  const text = (JSON.stringify(value) ?? 'nothing').replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const points = [...text];
  return points.length <= mostValueChars ? text : `${points.slice(0, mostValueChars).join('')}…`;
}
