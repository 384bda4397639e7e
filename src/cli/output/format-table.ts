import { cleanLine } from '../../runtime/clean-line.ts';
import { cutToWidth, textWidth } from './text-width.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** May be cut to make the table fit. */
  readonly canShrink?: boolean;
}

const gap = '  ';
const minShrunkColumns = 8;
const maxCellChars = 1000;

/**
 * A table for people. Cells may contain any text of a feed: control characters are removed, and widths are measured in terminal
 * columns.
 *
 * @param columns maximum width; null: unlimited.
 * @returns lines, each with its line break; empty when there are no rows.
 */
export function formatTable(
  head: readonly Column[],
  rows: readonly (readonly string[])[],
  columns: number | null,
): string {
  if (rows.length === 0) return '';
  const lines = [head.map((column) => column.title), ...rows.map((row) => row.map(cleanCell))];
  const wanted = head.map((_, index) => Math.max(...lines.map((line) => textWidth(line[index] ?? ''))));
  const widths = columns === null ? wanted : shrinkToFit(wanted, head, columns - gap.length * (head.length - 1));
  return lines.map((line) => `${formatLine(line, widths, head)}\n`).join('');
}

function cleanCell(text: string): string {
  return cleanLine(text, maxCellChars);
}

function formatLine(cells: readonly string[], widths: readonly number[], head: readonly Column[]): string {
  const padded = widths.map((width, index) => {
    const text = cutToWidth(cells[index] ?? '', width);
    const space = ' '.repeat(width - textWidth(text));
    return head[index]?.align === 'right' ? `${space}${text}` : `${text}${space}`;
  });
  return padded.join(gap).trimEnd();
}

/** Shrinks the widest shrinkable column by one, until all fit or none can shrink further. */
function shrinkToFit(wanted: readonly number[], head: readonly Column[], available: number): readonly number[] {
  const widths = [...wanted];
  for (let excess = sum(widths) - available; excess > 0; excess -= 1) {
    const shrinkable = widths.map((width, index) => (head[index]?.canShrink ? width : 0));
    const widest = Math.max(...shrinkable);
    if (widest <= minShrunkColumns) break;
    widths[shrinkable.indexOf(widest)] = widest - 1;
  }
  return widths;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
