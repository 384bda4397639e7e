import { errors } from 'undici';
import { asTrouble, errorCode, seconds, size, Trouble } from './fetch-error.ts';
import type { FetchLimits } from './fetch-limits.ts';

/** How far an exchange has come: for its connection, sent, inside the answer's header, inside its body, … */
export type Phase = 'waiting' | 'sent' | 'answering' | 'body' | 'draining' | 'done';

export interface Progress {
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
export function explain(error: Error, { phase, bytes, limits }: Progress): Trouble {
  if (error instanceof Trouble) return error;
  const code = errorCode(error);
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
    return new Trouble('internal_error', 'The fetch was stopped, because Newswire is stopping');
  }
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new Trouble('header_overflow', `The answer's header is over ${size(limits.maxHeaderBytes)}`);
  }
  // undici means to give its parser's errors a code, and does not.
  const nonsense = error instanceof errors.HTTPParserError;
  // A body that ends too early is a parser's error when it was chunked, a mismatch when it had a length.
  if (nonsense && phase === 'body' && !error.message.includes('Invalid EOF state')) {
    return new Trouble('protocol_error', 'The body does not follow HTTP/1.1. The publisher must mend its server');
  }
  if (phase === 'body') {
    return new Trouble('truncated', `The body broke off after ${bytes} bytes. Nothing of it was taken`);
  }
  if (nonsense || isUnfit(error) || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') {
    return new Trouble('protocol_error', 'The answer does not follow HTTP/1.1. The publisher must mend its server');
  }
  if (isClosed(error) && phase === 'answering') {
    return new Trouble('truncated', "The answer broke off inside its header. The publisher's server has a fault");
  }
  if (isClosed(error)) return new Trouble('connect_error', 'The connection was closed before an answer came');
  return asTrouble(error);
}

/** The total deadline has come: what was being waited for says which failure it is. */
export function outOfTime(phase: Exclude<Phase, 'draining' | 'done'>, { totalMs }: FetchLimits): Trouble {
  const within = `within the ${seconds(totalMs)} that a fetch may take`;
  if (phase === 'waiting') return new Trouble('connect_timeout', `No connection ${within}`);
  if (phase === 'body') return new Trouble('slow_body', `The body was not complete ${within}`);
  return new Trouble('header_timeout', `No complete answer header ${within}`);
}

/** A body beyond the cap, said or seen. */
export function tooLarge(maxWireBytes: number): Trouble {
  return new Trouble('body_too_large', `The body is over ${size(maxWireBytes)}. The publisher should send fewer items`);
}
