import type { Failure } from '../domain/failure.ts';
import type { FetchFailed, FetchOutcome } from '../domain/polling/fetch-outcome.ts';
import type { HeaderList } from './client/header-list.ts';

type Bare<T> = T extends unknown ? Omit<T, 'facts'> : never;

/** The outcome that a status alone determines; `document`: the body decides. */
export type StatusOutcome =
  | { readonly kind: 'document' }
  | Bare<Extract<FetchOutcome, { kind: 'throttled' | 'gone' | 'failed' }>>;

/**
 * Classifies the status of a final response. 304 is handled by the caller, which knows the request.
 *
 * @param retryAfterMs the value of Retry-After, on any status.
 */
export function classifyStatus(status: number, headers: HeaderList, retryAfterMs: number | null): StatusOutcome {
  const fail = (failure: Failure, detail: string): Bare<FetchFailed> => ({
    kind: 'failed',
    failure,
    detail,
    retryAfterMs,
  });
  // A challenge has status 403, 429 or 503, but waiting does not resolve it.
  if (status >= 400 && headers.first('cf-mitigated')?.toLowerCase() === 'challenge') {
    return fail('challenge', `HTTP ${status}: a bot check requires a browser. Ask the publisher to allow feed readers`);
  }
  if (status === 429 || status === 503) return { kind: 'throttled', retryAfterMs, hostWide: status === 429 };
  if (status === 410) return { kind: 'gone' };
  if (status === 204 || status === 205)
    return fail('empty', `HTTP ${status}: the response has no document. Check the address of the source`);
  if (status === 206)
    return fail(
      'protocol_error',
      'HTTP 206 in response to a request for the whole document. The publisher must fix its server',
    );
  if (status >= 200 && status < 300) return { kind: 'document' };
  return fail(...refusalOf(status));
}

function refusalOf(status: number): [Failure, string] {
  if (status === 401 || status === 403 || status === 451) {
    return [
      'unauthorized',
      `HTTP ${status}: access denied. Check whether the feed needs credentials or is still public`,
    ];
  }
  if (status === 404) return ['not_found', 'HTTP 404: not found. Check whether the feed has a new address'];
  if (status >= 500)
    return ['http_server_error', `HTTP ${status}: the publisher's server failed. Newswire tries again later`];
  if (status >= 400)
    return [
      'http_client_error',
      `HTTP ${status}: the publisher's server rejects the request. Check the address of the source`,
    ];
  return ['protocol_error', `HTTP ${status}: this status is not valid here. The publisher must fix its server`];
}
