import type { RefreshResult } from './poll.ts';

type FailureCode = NonNullable<RefreshResult['failure']>;

const openAddress = 'Open the address in a browser; if it works there, check the DNS and the firewall of this machine';
const correctAddress = 'Correct the url of the source, or set ALLOW_PRIVATE_NETWORKS for a feed in your own network';
const nothing = 'Nothing: it is retried, and stored items are unchanged';
const correctRedirect = 'Correct the url of the source to the address that serves the feed';
const correctIfPersistent = 'Correct the url of the source if the error persists';
const inspect = 'Inspect the document with "newswire check URL"';

/** What the operator can do about each failure of a poll: one sentence without full stop. */
export const failureRemedies: Readonly<Record<FailureCode, string>> = {
  dns_error: openAddress,
  connect_timeout: openAddress,
  connect_error: openAddress,
  tls_error: openAddress,
  blocked_address: correctAddress,
  bad_url: correctAddress,
  bad_scheme: correctAddress,
  bad_port: correctAddress,
  header_timeout: nothing,
  slow_body: nothing,
  truncated: nothing,
  body_too_large: nothing,
  decompress_ratio: nothing,
  decode_error: nothing,
  header_overflow: nothing,
  protocol_error: nothing,
  redirect_loop: correctRedirect,
  redirect_limit: correctRedirect,
  redirect_scheme: correctRedirect,
  redirect_no_location: correctRedirect,
  unauthorized: 'Add credentials in headers, or ask the publisher to allow the User-Agent',
  challenge: 'Ask the publisher to allow the User-Agent',
  not_found: correctIfPersistent,
  http_client_error: correctIfPersistent,
  http_server_error: correctIfPersistent,
  unexpected_304: correctIfPersistent,
  empty: inspect,
  not_feed: inspect,
  parse_error: inspect,
  parse_timeout: inspect,
  parse_limit: inspect,
  file_missing: 'Create the file in FEEDS_DIR, or correct its path',
  file_unreadable: 'Make it a regular file inside FEEDS_DIR that the user of the server can read',
  lease_lost: 'Read the log of that time: the process ended twice during a refresh',
  internal_error: 'Report it with this log line',
};
