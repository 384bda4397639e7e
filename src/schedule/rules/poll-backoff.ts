import { dayMs, hourMs, minuteMs } from '../../domain/durations.ts';
import type { Failure } from '../../domain/failure.ts';

/** How a failure is retried: `local` failures cost no publisher a request; a `refusal` is a decision of the publisher. */
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

const timeouts: ReadonlySet<Failure> = new Set(['connect_timeout', 'header_timeout', 'slow_body']);
const networkFailures: ReadonlySet<Failure> = new Set([
  'dns_error',
  'connect_timeout',
  'connect_error',
  'header_timeout',
]);
const refusalStatuses: ReadonlySet<number> = new Set([401, 402, 403, 407, 451]);

const maxBackOffMs = dayMs;
const refusalMinMs = 4 * hourMs;
const maxBaseMs = hourMs;
const fileRetryMs = minuteMs;

/** The class of a failure. A refusal status such as 403 or 451 makes it a refusal, whatever its code. */
export function failureClass(failure: Failure, status: number | null): FailureClass {
  return status !== null && refusalStatuses.has(status) ? 'refusal' : classes[failure];
}

/** Whether one of our deadlines ended the exchange. Two consecutive ones move a source to the slow lane. */
export function isTimeout(failure: Failure): boolean {
  return timeouts.has(failure);
}

/** Whether a fault of our own network could be the cause. */
export function isNetworkFailure(failure: Failure): boolean {
  return networkFailures.has(failure);
}

/**
 * The delay after the n-th consecutive failure: base x 2^(n-1), at most a day, with jitter over its upper half, so that
 * sources that failed together are not retried together.
 *
 * @param options.baseMs the source's interval without failures; capped at an hour.
 */
export function backOffMs(
  kind: FailureClass,
  options: { readonly failures: number; readonly baseMs: number; readonly random: number },
): number {
  const { failures, random } = options;
  if (kind === 'local') return Math.min(fileRetryMs * doublings(failures), hourMs);
  const least = kind === 'refusal' ? refusalMinMs : 0;
  const base = Math.max(Math.min(options.baseMs, maxBaseMs), least);
  const full = Math.min(base * doublings(failures), maxBackOffMs);
  // The minimum has jitter of its own, so that the refusals of one host are not retried together either.
  return Math.max(full * (0.5 + random / 2), least * (1 + random / 10));
}

function doublings(failures: number): number {
  return 2 ** Math.min(Math.max(failures - 1, 0), 30);
}
