import { dayMs, hourMs, minuteMs } from '../../domain/durations.ts';
import type { Failure } from '../../domain/polling/fetch-outcome.ts';

/** How a failure is met: `local` trouble costs nobody anything, a `refusal` is somebody's decision. */
export type FailureClass = 'transient' | 'refusal' | 'content' | 'local';

const classes: Readonly<Record<Failure, FailureClass>> = {
  bad_url: 'transient',
  bad_scheme: 'transient',
  bad_port: 'transient',
  blocked_address: 'transient',
  dns_error: 'transient',
  connect_timeout: 'transient',
  connect_error: 'transient',
  tls_error: 'transient',
  header_timeout: 'transient',
  header_overflow: 'content',
  slow_body: 'transient',
  body_too_large: 'content',
  truncated: 'transient',
  decompress_ratio: 'content',
  decode_error: 'content',
  protocol_error: 'transient',
  redirect_loop: 'transient',
  redirect_limit: 'transient',
  redirect_scheme: 'transient',
  redirect_no_location: 'transient',
  unexpected_304: 'transient',
  http_client_error: 'transient',
  http_server_error: 'transient',
  unauthorized: 'refusal',
  challenge: 'refusal',
  not_found: 'transient',
  empty: 'content',
  not_feed: 'content',
  parse_error: 'content',
  parse_timeout: 'content',
  parse_limit: 'content',
  file_missing: 'local',
  file_unreadable: 'local',
  lease_lost: 'transient',
  internal_error: 'transient',
};

const deadlines: ReadonlySet<Failure> = new Set(['connect_timeout', 'header_timeout', 'slow_body']);
const network: ReadonlySet<Failure> = new Set(['dns_error', 'connect_timeout', 'connect_error', 'header_timeout']);
const refusals: ReadonlySet<number> = new Set([401, 402, 403, 407, 451]);

const longestBackOffMs = dayMs;
const refusalLeastMs = 4 * hourMs;
const slowestRetryMs = hourMs;
const fileRetryMs = minuteMs;

/** The class of a failure; a 403 or 451 is a refusal under whatever code it comes. */
export function failureClass(failure: Failure, status: number | null): FailureClass {
  return status !== null && refusals.has(status) ? 'refusal' : classes[failure];
}

/** Whether one of our deadlines ended the exchange: two in a row put a source on the slow lane. */
export function isTimeout(failure: Failure): boolean {
  return deadlines.has(failure);
}

/** Whether our own network could be the cause. */
export function isNetworkFailure(failure: Failure): boolean {
  return network.has(failure);
}

/**
 * The wait after the n-th failure in a row: base x 2^(n-1), at most a day, with full jitter in its upper half, so that
 * sources that failed together do not come back together.
 *
 * @param options.baseMs the source's healthy interval; after a failure it is asked again within the hour at first.
 */
export function backOffMs(
  kind: FailureClass,
  options: { readonly failures: number; readonly baseMs: number; readonly random: number },
): number {
  const { failures, random } = options;
  if (kind === 'local') return Math.min(fileRetryMs * doublings(failures), hourMs);
  const least = kind === 'refusal' ? refusalLeastMs : 0;
  const base = Math.max(Math.min(options.baseMs, slowestRetryMs), least);
  const full = Math.min(base * doublings(failures), longestBackOffMs);
  // The floor gets a jitter of its own: a whole host's refusals must not return in step either.
  return Math.max(full * (0.5 + random / 2), least * (1 + random / 10));
}

function doublings(failures: number): number {
  return 2 ** Math.min(Math.max(failures - 1, 0), 30);
}
