import type { Failure } from '../../domain/failure.ts';
import type { PollResult } from '../../domain/polling/poll.ts';

/** Why sources of a host fail together: they are one problem if the cause is the same. */
export type FailureCause = 'unreachable' | 'throttled' | 'refused' | 'address' | 'content' | 'local' | 'internal';

const causes: Readonly<Record<Failure, FailureCause>> = {
  bad_url: 'address',
  bad_scheme: 'address',
  bad_port: 'address',
  blocked_address: 'address',
  dns_error: 'unreachable',
  connect_timeout: 'unreachable',
  connect_error: 'unreachable',
  tls_error: 'unreachable',
  header_timeout: 'unreachable',
  header_overflow: 'content',
  slow_body: 'unreachable',
  body_too_large: 'content',
  truncated: 'unreachable',
  decompress_ratio: 'content',
  decode_error: 'content',
  protocol_error: 'unreachable',
  redirect_loop: 'address',
  redirect_limit: 'address',
  redirect_scheme: 'address',
  redirect_no_location: 'address',
  unexpected_304: 'content',
  http_client_error: 'address',
  http_server_error: 'unreachable',
  unauthorized: 'refused',
  challenge: 'refused',
  not_found: 'address',
  empty: 'content',
  not_feed: 'content',
  parse_error: 'content',
  parse_timeout: 'content',
  parse_limit: 'content',
  file_missing: 'local',
  file_unreadable: 'local',
  lease_lost: 'internal',
  internal_error: 'internal',
};

/** What a failed poll stored. */
export interface FailedPollFacts {
  readonly outcome: PollResult['outcome'] | null;
  readonly failure: Failure | null;
  readonly status: number | null;
}

/** The cause of a failed poll. */
export function failureCause({ outcome, failure, status }: FailedPollFacts): FailureCause {
  if (failure !== null) return causes[failure];
  if (outcome === 'gone') return 'address';
  // A 503 is an outage of the server; a 429 is a limit for this client.
  return status === 503 ? 'unreachable' : 'throttled';
}

/** What the operator can do, by cause: sentences without a final full stop. */
export const causeRemedies: Readonly<Record<FailureCause, string>> = {
  unreachable:
    'Open the address in a browser. If the host works there, check DNS, firewall and network of this server; if not, wait',
  throttled: 'Set a longer interval for the sources of the host, or ask the publisher to allow more requests',
  refused: 'Add credentials in headers, or ask the publisher to allow the User-Agent',
  address: 'Find the present address with "newswire check URL" and correct it in FEEDS_DIR, or remove the source',
  content: 'Inspect the document with "newswire check URL". If the publisher does not repair it, remove the source',
  local: 'Correct the path or the permissions of the file',
  internal: 'Read the log of that time and report the error',
};
