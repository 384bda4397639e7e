import { errors } from 'undici';
import type { Failure } from '../../domain/failure.ts';
import type { Note } from '../../domain/notes/note.ts';
import { cleanLine } from '../../runtime/clean-line.ts';
import type { FetchLimits } from './fetch-limits.ts';

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

/** The progress of an exchange: waiting for a connection, sent, receiving the header, receiving the body, … */
export type Phase = 'waiting' | 'sent' | 'header' | 'body' | 'draining' | 'done';

interface ExchangeProgress {
  readonly phase: Phase;
  /** Bytes of the body received. */
  readonly bytes: number;
  readonly limits: FetchLimits;
}

const closedCodes: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

/** Whether an error means that the peer closed the connection. */
export function isClosed(error: Error): boolean {
  return closedCodes.has(errorCode(error)) && !isUnexpectedResponse(error);
}

/** undici's messages for an unexpected response, such as a 101 without an upgrade request. */
function isUnexpectedResponse(error: Error): boolean {
  return error.message === 'bad response' || error.message === 'bad upgrade';
}

/** Maps an error of undici or the socket to a fetch error, depending on the phase of the exchange. */
export function toFetchError(error: Error, { phase, bytes, limits }: ExchangeProgress): FetchError {
  if (error instanceof FetchError) return error;
  const code = errorCode(error);
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
    return new FetchError('internal_error', 'The fetch was aborted because Newswire is stopping');
  }
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new FetchError(
      'header_overflow',
      `The response header exceeds ${formatBytes(limits.maxHeaderBytes)}. The publisher must fix its server`,
    );
  }
  // undici intends to set a code on parser errors, but does not.
  const isParserError = error instanceof errors.HTTPParserError;
  // A body that ends early is a parser error if chunked, and a length mismatch if it had a Content-Length.
  if (isParserError && phase === 'body' && !error.message.includes('Invalid EOF state')) {
    return new FetchError('protocol_error', 'The body violates HTTP/1.1. The publisher must fix its server');
  }
  if (phase === 'body') {
    return new FetchError(
      'truncated',
      `The connection closed after ${bytes} bytes of the body. Stored items are unchanged`,
    );
  }
  if (isParserError || isUnexpectedResponse(error) || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') {
    return new FetchError('protocol_error', 'The response violates HTTP/1.1. The publisher must fix its server');
  }
  if (isClosed(error) && phase === 'header') {
    return new FetchError(
      'truncated',
      'The connection closed inside the response header. The publisher must fix its server',
    );
  }
  if (isClosed(error))
    return new FetchError('connect_error', 'The connection closed before a response. Newswire tries again later');
  return asFetchError(error);
}

/** The error for an expired total deadline; the phase determines the failure. */
export function deadlineError(phase: Exclude<Phase, 'draining' | 'done'>, { totalMs }: FetchLimits): FetchError {
  const within = `within ${formatSeconds(totalMs)}, the limit of a whole fetch`;
  if (phase === 'waiting') return new FetchError('connect_timeout', `No connection ${within}. The server may be down`);
  if (phase === 'body') return new FetchError('slow_body', `The body was not complete ${within}. The server is slow`);
  return new FetchError('header_timeout', `No complete response header ${within}. The server is slow`);
}

/** The error for a body whose declared or received size exceeds the limit. */
export function bodyTooLarge(maxWireBytes: number): FetchError {
  return new FetchError(
    'body_too_large',
    `The body exceeds ${formatBytes(maxWireBytes)}. The publisher should send fewer items`,
  );
}
