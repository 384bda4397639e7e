import { errors } from 'undici';
import { asFetchError, errorCode, FetchError, formatBytes, formatSeconds } from './fetch-error.ts';
import type { FetchLimits } from './fetch-limits.ts';

/** The progress of an exchange: waiting for a connection, sent, receiving the header, receiving the body, … */
export type Phase = 'waiting' | 'sent' | 'header' | 'body' | 'draining' | 'done';

export interface ExchangeProgress {
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
