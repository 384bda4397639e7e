import { formatDuration } from '../durations.ts';

/** The rules that set the interval between two polls. */
export type IntervalRule =
  | 'adaptive_interval'
  | 'declared_interval'
  | 'file_watched'
  | 'host_cycle'
  | 'validators_ignored'
  | 'max_age'
  | 'ttl'
  | 'update_period';

/** What a server answers that wants fewer requests: 429 or 503. */
export type Throttling = 'rate_limited' | 'unavailable';

/** Why a hub brings the next check of its source forward. */
export type HubReason = 'hub_subscribed' | 'hub_reported_change' | 'hub_missed_items';

/** Reasons without data. `operator`: the operator requested the check, and caches on the path must revalidate. */
type PlainReason =
  | HubReason
  | 'never_read'
  | 'skip_hours'
  | 'skip_days'
  | 'host_paused'
  | 'network_down'
  | 'lease_lost'
  | 'gone_suspected'
  | 'gone'
  | 'declaration_changed'
  | 'interval_changed'
  | 'file_changed'
  | 'operator';

/** Why the next check of a source is at its time. Stored and printed as JSON; `formatNextCheckReason` makes the text. */
export type NextCheckReason =
  | { readonly code: PlainReason }
  | { readonly code: IntervalRule; readonly intervalMs: number }
  | { readonly code: 'retry_after'; readonly waitMs: number; readonly throttling: Throttling | null }
  | { readonly code: 'back_off'; readonly failures: number; readonly throttling: Throttling | null }
  | { readonly code: 'weekly_probe'; readonly failingMs: number };

// A code without a text breaks the build.
const plainTexts: Readonly<Record<PlainReason, string>> = {
  hub_subscribed: 'subscribed at its hub',
  hub_reported_change: 'its hub reported a change',
  hub_missed_items: 'its hub missed items',
  never_read: 'never read',
  skip_hours: 'skipHours',
  skip_days: 'skipDays',
  host_paused: 'its host is paused: it answered 429',
  network_down: 'our network is down',
  lease_lost: 'back-off after lost refreshes',
  gone_suspected: '410 Gone, to be confirmed after a day',
  gone: 'gone: polling stopped',
  declaration_changed: 'declaration changed',
  interval_changed: 'declared interval changed',
  file_changed: 'the file changed',
  operator: 'the operator asked',
};

const intervalTexts: Readonly<Record<IntervalRule, string>> = {
  adaptive_interval: 'adaptive interval',
  declared_interval: 'declared interval',
  file_watched: 'file is watched, reread every',
  host_cycle: 'host has many sources, one round takes',
  validators_ignored: 'origin ignores validators:',
  max_age: 'max-age',
  ttl: 'ttl',
  update_period: 'sy:updatePeriod',
};

const throttlingTexts: Readonly<Record<Throttling, string>> = {
  rate_limited: ' (rate limited)',
  unavailable: ' (unavailable)',
};

/** The English text of a reason: `adaptive interval 15 min`, `Retry-After 2 h (rate limited)`. Contains no text of a feed. */
export function formatNextCheckReason(reason: NextCheckReason): string {
  switch (reason.code) {
    case 'retry_after':
      return `Retry-After ${formatDuration(reason.waitMs)}${formatThrottling(reason.throttling)}`;
    case 'back_off':
      return `back-off after ${formatFailures(reason.failures)}${formatThrottling(reason.throttling)}`;
    case 'weekly_probe':
      return `weekly probe, failing for ${formatDuration(reason.failingMs)}`;
    default:
      return 'intervalMs' in reason
        ? `${intervalTexts[reason.code]} ${formatDuration(reason.intervalMs)}`
        : plainTexts[reason.code];
  }
}

function formatThrottling(throttling: Throttling | null): string {
  return throttling === null ? '' : throttlingTexts[throttling];
}

function formatFailures(failures: number): string {
  return failures === 1 ? '1 failure' : `${failures} failures`;
}
