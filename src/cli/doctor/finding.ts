import { ConfigError } from '../../domain/config-error.ts';
import { cleanLine } from '../../runtime/clean-line.ts';

/** All statuses, best first. */
export const findingStatuses = ['ok', 'warning', 'error'] as const;

/** The result of one check of `newswire doctor`. */
export interface Finding {
  /** What was checked: one word. */
  readonly check: string;
  readonly status: (typeof findingStatuses)[number];
  /** One line without full stop. */
  readonly detail: string;
  /** What to do: one sentence without full stop; null: nothing. */
  readonly remedy: string | null;
}

/** Nothing to do. */
export function ok(check: string, detail: string): Finding {
  return { check, status: 'ok', detail, remedy: null };
}

/** The server works, but not as well as it could. */
export function warning(check: string, detail: string, remedy: string): Finding {
  return { check, status: 'warning', detail, remedy };
}

/** The server does not start, or a part of it does not work. */
export function failure(check: string, detail: string, remedy: string): Finding {
  return { check, status: 'error', detail, remedy };
}

const maxProblems = 20;

/**
 * The findings of an error: one for each mistake of the operator.
 *
 * @throws `error` when it is no ConfigError.
 */
export function toFindings(check: string, error: unknown): readonly Finding[] {
  if (!(error instanceof ConfigError)) throw error;
  const { problems } = error;
  const shown = problems
    .slice(0, maxProblems)
    .map(({ where, what, remedy }) => failure(check, `${where}: ${what}`, remedy));
  const more = problems.length - shown.length;
  return more === 0 ? shown : [...shown, failure(check, `${more} more errors`, 'List them with "newswire check"')];
}

/** Runs one check. A check that fails itself is a finding, so that the others still run. */
export async function runCheck(
  check: string,
  work: () => Promise<readonly Finding[]> | readonly Finding[],
): Promise<readonly Finding[]> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ConfigError) return toFindings(check, error);
    const reason = cleanLine(error instanceof Error ? error.message : String(error));
    return [failure(check, `the check failed: ${reason}`, 'Report this as a bug')];
  }
}
