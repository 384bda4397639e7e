import { cleanLine } from '../../runtime/clean-line.ts';
import { wrapText } from '../output/wrap-text.ts';
import { type Finding, findingStatuses } from './finding.ts';

const gap = '  ';
const maxChars = 1000;
/** On a narrower terminal lines wrap by themselves. */
const minTextColumns = 20;

/**
 * The findings for people: status, check and detail, and below it the remedy.
 *
 * @param columns the width of the terminal; null: no terminal, and each finding is one line.
 */
export function formatFindings(findings: readonly Finding[], columns: number | null): string {
  const statusWidth = Math.max(...findingStatuses.map(({ length }) => length));
  const checkWidth = Math.max(0, ...findings.map(({ check }) => check.length));
  const indent = ' '.repeat(statusWidth + checkWidth + 2 * gap.length);
  const width = columns === null ? null : Math.max(minTextColumns, columns - indent.length);
  return findings
    .map(({ status, check, detail, remedy }) => {
      const start = `${status.padEnd(statusWidth)}${gap}${check.padEnd(checkWidth)}${gap}`;
      const texts = [detail, ...(remedy === null ? [] : [`${remedy}.`])].map((text) => cleanLine(text, maxChars));
      if (width === null) return `${start}${texts.join('. ')}\n`;
      const lines = texts.flatMap((text) => wrapText(text, width));
      return lines.map((line, index) => `${index === 0 ? start : indent}${line}\n`).join('');
    })
    .join('');
}

/** A line such as `12 checks: 11 ok, 1 warning, 0 errors.` */
export function summarise(findings: readonly Finding[]): string {
  const count = (status: Finding['status']): number => findings.filter((finding) => finding.status === status).length;
  const plural = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
  const [good, warnings, errors] = [count('ok'), count('warning'), count('error')];
  return `${plural(findings.length, 'check')}: ${good} ok, ${plural(warnings, 'warning')}, ${plural(errors, 'error')}.`;
}
