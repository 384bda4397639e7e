import type { Failure, FetchFailed, FetchOutcome } from '../domain/polling/fetch-outcome.ts';
import type { HeaderList } from './client/header-list.ts';

type Bare<T> = T extends unknown ? Omit<T, 'facts'> : never;

/** What an answer's status alone comes to; 200 and its like are for whoever looks at the body. */
export type StatusOutcome =
  | { readonly kind: 'document' }
  | Bare<Extract<FetchOutcome, { kind: 'throttled' | 'gone' | 'failed' }>>;

/**
 * Judges the status of a last answer (304 is judged elsewhere, with the request at hand).
 *
 * @param retryAfterMs what Retry-After says, on whatever status.
 */
export function classifyStatus(status: number, headers: HeaderList, retryAfterMs: number | null): StatusOutcome {
  const fail = (failure: Failure, detail: string): Bare<FetchFailed> => ({
    kind: 'failed',
    failure,
    detail,
    retryAfterMs,
  });
  // A challenge comes as 403, 429 or 503 and is none of these: waiting alone does not end it.
  if (status >= 400 && headers.first('cf-mitigated')?.toLowerCase() === 'challenge') {
    return fail(
      'challenge',
      `HTTP ${status}: the publisher's shield wants a browser. Ask the publisher to let feed readers in`,
    );
  }
  if (status === 429 || status === 503) return { kind: 'throttled', retryAfterMs, hostWide: status === 429 };
  if (status === 410) return { kind: 'gone' };
  if (status === 204 || status === 205) return fail('empty', `HTTP ${status}: the publisher sent no document`);
  if (status === 206) return fail('protocol_error', 'HTTP 206: the publisher sent a part, though all was asked for');
  if (status >= 200 && status < 300) return { kind: 'document' };
  return fail(...refusalOf(status));
}

function refusalOf(status: number): [Failure, string] {
  if (status === 401 || status === 403 || status === 451) {
    return [
      'unauthorized',
      `HTTP ${status}: the publisher refuses. Check whether the feed needs a password or is still public`,
    ];
  }
  if (status === 404) return ['not_found', 'HTTP 404: there is no feed at this address. Look for its new address'];
  if (status >= 500) return ['http_server_error', `HTTP ${status}: the publisher's server has a fault`];
  if (status >= 400) return ['http_client_error', `HTTP ${status}: the publisher's server does not take the request`];
  return ['protocol_error', `HTTP ${status}: the publisher's server gives an answer that a reader cannot use`];
}
