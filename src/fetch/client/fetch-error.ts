import type { Failure } from '../../domain/failure.ts';
import type { Note } from '../../domain/notes/note.ts';
import { cleanLine } from '../../runtime/clean-line.ts';

/**
 * A failure inside the fetch code (a socket event, a decoder). The edge of the client turns it into a value; it is never
 * thrown to callers.
 */
export class FetchError extends Error {
  readonly failure: Failure;
  /** Further facts for the schedule: `nxdomain`. */
  readonly notes: readonly Note[];

  /** @param detail what failed and what to do, for the operator. Must not contain secrets, paths or queries. */
  constructor(failure: Failure, detail: string, notes: readonly Note[] = []) {
    super(cleanLine(detail));
    this.name = 'FetchError';
    this.failure = failure;
    this.notes = notes;
  }
}

/** Any error as FetchError. An unexpected error becomes `internal_error`. */
export function asFetchError(error: unknown): FetchError {
  if (error instanceof FetchError) return error;
  const reason = error instanceof Error ? `${error.name} ${errorCode(error)}` : 'unknown error';
  return new FetchError('internal_error', `Internal error (${reason}). Please report it with the log line`);
}

/** The code of an error, such as `ECONNREFUSED`; of an AggregateError, the code of its first error. */
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
  const units = ['KB', 'MB', 'GB', 'TB'];
  let value = bytes / 1024;
  for (; value >= 1024 && units.length > 1; value /= 1024) units.shift();
  return `${units[0] === 'KB' ? Math.ceil(value) : Number(value.toFixed(1))} ${units[0]}`;
}
