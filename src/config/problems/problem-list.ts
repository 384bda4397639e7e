import { ConfigError, type ConfigProblem } from '../../domain/config-error.ts';

const maxQuotedChars = 120;

/** Collects the errors of all files, so that the operator can fix them together. */
export class ProblemList {
  readonly #problems: ConfigProblem[] = [];

  add(problem: ConfigProblem): void {
    this.#problems.push(problem);
  }

  /** All errors, sorted by file and line. */
  all(): readonly ConfigProblem[] {
    return this.#problems.toSorted(byPosition);
  }

  /** @throws ConfigError with all errors, if there are any. */
  throwIfAny(): void {
    if (this.#problems.length > 0) throw new ConfigError(this.all());
  }
}

function byPosition(a: ConfigProblem, b: ConfigProblem): number {
  const [fileA = '', lineA = '0'] = splitPosition(a.where);
  const [fileB = '', lineB = '0'] = splitPosition(b.where);
  if (fileA !== fileB) return fileA < fileB ? -1 : 1;
  return Number(lineA) - Number(lineB);
}

function splitPosition(where: string): string[] {
  return /^(.*):(\d+)$/s.exec(where)?.slice(1) ?? [where];
}

/**
 * Formats a configured value for a message: quoted, on one line, truncated, and without the user name and password of a
 * URL, since messages appear in logs and on the status page.
 */
export function quote(value: unknown): string {
  const text = typeof value === 'string' ? value.replace(/\/\/[^/@\s]*@/g, '//…@') : value;
  const json = JSON.stringify(text) ?? String(text);
  const points = [...json];
  return points.length <= maxQuotedChars ? json : `${points.slice(0, maxQuotedChars - 1).join('')}…`;
}
