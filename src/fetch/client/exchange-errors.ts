import { errors } from 'undici';
import { asFetchError, errorCode, FetchError, formatBytes, formatSeconds } from './fetch-error.ts';
import type { FetchLimits } from './fetch-limits.ts';

/** How far an exchange has come: for its connection, sent, inside the answer's header, inside its body, … */
export type Phase = 'waiting' | 'sent' | 'answering' | 'body' | 'draining' | 'done';

export interface ExchangeProgress {
  readonly phase: Phase;
  /** Of the body, received. */
  readonly bytes: number;
  readonly limits: FetchLimits;
}

const closedCodes: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

/** Whether an error means that the other side ended the connection, by whatever code. */
export function isClosed(error: Error): boolean {
  return closedCodes.has(errorCode(error)) && !isUnfit(error);
}

/** undici's words for a 100, a 101 or any other answer that nobody asked for. */
function isUnfit(error: Error): boolean {
  return error.message === 'bad response' || error.message === 'bad upgrade';
}

/** What an error of undici's or of the socket means at this point of the exchange. */
export function toFetchError(error: Error, { phase, bytes, limits }: ExchangeProgress): FetchError {
  if (error instanceof FetchError) return error;
  const code = errorCode(error);
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
    return new FetchError('internal_error', 'The fetch was stopped, because Newswire is stopping');
  }
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new FetchError('header_overflow', `The answer's header is over ${formatBytes(limits.maxHeaderBytes)}`);
  }
  // undici means to give its parser's errors a code, and does not.
  const nonsense = error instanceof errors.HTTPParserError;
  // A body that ends too early is a parser's error when it was chunked, a mismatch when it had a length.
  if (nonsense && phase === 'body' && !error.message.includes('Invalid EOF state')) {
    return new FetchError('protocol_error', 'The body does not follow HTTP/1.1. The publisher must mend its server');
  }
  if (phase === 'body') {
    return new FetchError('truncated', `The body broke off after ${bytes} bytes. Nothing of it was taken`);
  }
  if (nonsense || isUnfit(error) || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') {
    return new FetchError('protocol_error', 'The answer does not follow HTTP/1.1. The publisher must mend its server');
  }
  if (isClosed(error) && phase === 'answering') {
    return new FetchError('truncated', "The answer broke off inside its header. The publisher's server has a fault");
  }
  if (isClosed(error)) return new FetchError('connect_error', 'The connection was closed before an answer came');
  return asFetchError(error);
}

/** The total deadline has come: what was being waited for says which failure it is. */
export function deadlineError(phase: Exclude<Phase, 'draining' | 'done'>, { totalMs }: FetchLimits): FetchError {
  const within = `within the ${formatSeconds(totalMs)} that a fetch may take`;
  if (phase === 'waiting') return new FetchError('connect_timeout', `No connection ${within}`);
  if (phase === 'body') return new FetchError('slow_body', `The body was not complete ${within}`);
  return new FetchError('header_timeout', `No complete answer header ${within}`);
}

/** A body beyond the cap, said or seen. */
export function bodyTooLarge(maxWireBytes: number): FetchError {
  return new FetchError(
    'body_too_large',
    `The body is over ${formatBytes(maxWireBytes)}. The publisher should send fewer items`,
  );
}
