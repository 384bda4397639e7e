import { type ConfigProblem, formatProblem } from '../../domain/config-error.ts';
import { cleanLine } from '../../runtime/clean-line.ts';
import type { CliIo } from '../shared/io.ts';

const maxProblemChars = 1000;

/** Writes one JSON document to stdout. */
export function printJson(io: CliIo, value: unknown): void {
  io.out(`${JSON.stringify(value, null, 2)}\n`);
}

/** Writes configuration errors to stderr, one line each. */
export function printProblems(io: CliIo, problems: readonly ConfigProblem[]): void {
  for (const problem of problems) io.err(`${cleanLine(formatProblem(problem), maxProblemChars)}\n`);
  if (problems.length > 1) io.err(`\n${problems.length} errors.\n`);
}

/** Writes configuration warnings to stderr, one line each. */
export function printWarnings(io: CliIo, warnings: readonly ConfigProblem[]): void {
  for (const warning of warnings) io.err(`${cleanLine(`warning: ${formatProblem(warning)}`, maxProblemChars)}\n`);
}
