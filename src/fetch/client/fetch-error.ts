import type { Failure } from '../../domain/polling/fetch-outcome.ts';
import { cleanLine } from '../../runtime/clean-line.ts';

/**
 * A failure on its way from where it was noticed (a socket's event, a decoder) to the edge of the client, which turns
 * it into a value. It never leaves this folder.
 */
export class FetchError extends Error {
  readonly failure: Failure;
  /** What the schedule wants to know beyond the failure: `nxdomain`. */
  readonly notes: readonly string[];

  /** @param detail what went wrong and what to do, for a person: no secret, no path, no query. */
  constructor(failure: Failure, detail: string, notes: readonly string[] = []) {
    super(cleanLine(detail));
    this.name = 'Trouble';
    this.failure = failure;
    this.notes = notes;
  }
}

/** Any error as trouble. What was not foreseen is our own fault, and says so. */
export function asFetchError(error: unknown): FetchError {
  if (error instanceof FetchError) return error;
  const reason = error instanceof Error ? `${error.name} ${errorCode(error)}` : 'unknown error';
  return new FetchError('internal_error', `The fetch broke down (${reason}). Please report this`);
}

/** `ECONNREFUSED`, `UND_ERR_SOCKET`, …; of an AggregateError, the code of its first error. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && code !== '') return code;
  return error instanceof AggregateError ? errorCode(error.errors[0]) : '';
}

/** `5 s`, `0.2 s` */
export function formatSeconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(1))} s`;
}

/** `10 MB`, `16 KB` */
export function formatBytes(bytes: number): string {
  return bytes >= 1024 * 1024 ? `${Number((bytes / 1024 / 1024).toFixed(1))} MB` : `${Math.ceil(bytes / 1024)} KB`;
}
