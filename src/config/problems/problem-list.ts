import { ConfigError, type ConfigProblem } from '../../domain/config-error.ts';

const maxQuotedChars = 120;

/** Gathers mistakes over all files, so that the operator mends them in one go. */
export class ProblemList {
  readonly #problems: ConfigProblem[] = [];

  /** Notes one mistake. */
  add(problem: ConfigProblem): void {
    this.#problems.push(problem);
  }

  /** The mistakes of one file together, in the order of its lines. */
  all(): readonly ConfigProblem[] {
    return this.#problems.toSorted(byPlace);
  }

  /** @throws ConfigError with all of them, when there is any. */
  throwIfAny(): void {
    if (this.#problems.length > 0) throw new ConfigError(this.all());
  }
}

function byPlace(a: ConfigProblem, b: ConfigProblem): number {
  const [fileA = '', lineA = '0'] = splitPlace(a.where);
  const [fileB = '', lineB = '0'] = splitPlace(b.where);
  if (fileA !== fileB) return fileA < fileB ? -1 : 1;
  return Number(lineA) - Number(lineB);
}

function splitPlace(where: string): string[] {
  return /^(.*):(\d+)$/s.exec(where)?.slice(1) ?? [where];
}

/**
 * A value of the operator's as part of a message: in quotes, on one line, cut, and without the user name and password
 * that an address may carry, since messages reach logs and the status page.
 */
export function quote(value: unknown): string {
  const text = typeof value === 'string' ? value.replace(/\/\/[^/@\s]*@/g, '//…@') : value;
  const json = JSON.stringify(text) ?? String(text);
  const points = [...json];
  return points.length <= maxQuotedChars ? json : `${points.slice(0, maxQuotedChars - 1).join('')}…`;
}
