import type { Check } from './checks.ts';
import type { FailedFile, Score, Tally } from './score.ts';

/** The least that has to be reached, in percent. */
export interface Thresholds {
  readonly whole: number;
  readonly meanShare: number;
}

const maxPerField = 3;
const mostValueChars = 160;

/** What was reached, and whether it is enough. */
export function compareToThresholds(
  score: Score,
  wanted: Thresholds,
): { readonly enough: boolean; readonly text: string } {
  const whole = (100 * score.whole) / score.files;
  const meanShare = 100 * score.meanShare;
  const rows = [
    { name: 'files with every check', reached: whole, least: wanted.whole },
    { name: 'mean share of checks', reached: meanShare, least: wanted.meanShare },
  ];
  const lines = rows.map(({ name, reached, least }) => {
    const words = reached >= least ? 'ok' : 'BELOW';
    return `${name.padEnd(24)}${reached.toFixed(2).padStart(8)} %   at least ${least} %   ${words}`;
  });
  return { enough: rows.every(({ reached, least }) => reached >= least), text: lines.join('\n') };
}

/** The same by kind of file. */
export function kindsTable({ kinds }: Score): string {
  const row = (kind: string, { files, whole, meanShare }: Tally): string =>
    [
      kind.padEnd(12),
      String(files).padStart(6),
      `${((100 * whole) / files).toFixed(1).padStart(12)} %`,
      `${(100 * meanShare).toFixed(2).padStart(8)} %`,
    ].join('');
  const head = `${'kind'.padEnd(12)}${'files'.padStart(6)}${'every check'.padStart(14)}${'mean'.padStart(10)}`;
  return [head, ...[...kinds].map(([kind, tally]) => row(kind, tally))].join('\n');
}

/** Each file that misses something: the field, what was expected, what came. */
export function missesList(misses: readonly FailedFile[]): string {
  return misses.map((miss) => [miss.file, ...checksOf(miss)].join('\n')).join('\n\n');
}

function checksOf({ checks }: FailedFile): string[] {
  return [...Map.groupBy(checks, (check) => check.field)].flatMap(([field, list]) => {
    const lines = list.slice(0, maxPerField).flatMap((check) => linesOf(check));
    const left = list.length - maxPerField;
    return left > 0 ? [...lines, `  ${field}: ${left} more of the kind`] : lines;
  });
}

function linesOf({ field, expected, actual }: Check): string[] {
  return [`  ${field}`, `    expected ${formatValue(expected)}`, `    actual   ${formatValue(actual)}`];
}

/** A value on one line; JSON escapes whatever a terminal would act on. */
function formatValue(value: unknown): string {
  const text = (JSON.stringify(value) ?? 'nothing').replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const points = [...text];
  return points.length <= mostValueChars ? text : `${points.slice(0, mostValueChars).join('')}…`;
}
