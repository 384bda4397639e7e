import { ConfigError, type ConfigProblem } from '../../domain/config-error.ts';

const maxQuotedChars = 120;
const maxWarnings = 100;

/** Collects the errors and warnings of all files, so that the operator can fix them together. */
export class ProblemList {
  readonly #problems: ConfigProblem[] = [];
  readonly #warnings: ConfigProblem[] = [];

  add(problem: ConfigProblem): void {
    this.#problems.push(problem);
  }

  /** Adds a warning: the declaration is ignored, and the others are used. */
  warn(problem: ConfigProblem): void {
    this.#warnings.push(problem);
  }

  /** The warnings, sorted by file and line: at most 100, and one that counts the others. */
  warnings(): readonly ConfigProblem[] {
    const more = this.#warnings.length - maxWarnings;
    const first = sortedByPosition(this.#warnings).slice(0, maxWarnings);
    if (more <= 0) return first;
    return [
      ...first,
      { where: 'FEEDS_DIR', what: `${more} more warnings`, remedy: 'Solve the first ones to see them' },
    ];
  }

  /** All errors, sorted by file and line. */
  all(): readonly ConfigProblem[] {
    return sortedByPosition(this.#problems);
  }

  /** @throws ConfigError with all errors, if there are any. */
  throwIfAny(): void {
    if (this.#problems.length > 0) throw new ConfigError(this.all());
  }
}

function sortedByPosition(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  const positioned = problems.map((problem) => ({ problem, ...positionOf(problem) }));
  return positioned.sort(byPosition).map(({ problem }) => problem);
}

interface Position {
  readonly file: string;
  readonly line: number;
}

function byPosition(a: Position, b: Position): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line;
}

function positionOf({ where }: ConfigProblem): Position {
  const [, file = where, line = '0'] = /^(.*):(\d+)$/s.exec(where) ?? [];
  return { file, line: Number(line) };
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
