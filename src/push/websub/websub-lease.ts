const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** What we ask for. */
export const requestedLeaseMs = 10 * dayMs;
const longestLeaseMs = 14 * dayMs;
/** What a hub means that says nothing. */
const unsaidLeaseMs = dayMs;
const soonestRenewalMs = minuteMs;

/** How long after its end a lease may still be renewed before the subscription counts as lost. */
export const renewalGraceMs = 6 * hourMs;
/** After a denial. */
export const denialRetryMs = dayMs;

const firstWaitMs = 10 * minuteMs;
const longestWaitMs = 23 * hourMs;

/** What a hub's `hub.lease_seconds` comes to: when the lease ends, and when it is to be renewed. */
export interface LeaseTerms {
  readonly leaseUntilMs: number;
  readonly renewMs: number;
}

/**
 * Reads a lease as a hub has granted it; a silent hub, or a number that is none, means a day.
 *
 * @param random uniform in [0, 1): so that subscriptions taken together are not renewed together.
 */
export function parseLeaseTerms(text: string | null, nowMs: number, random: number): LeaseTerms {
  const seconds = /^\d{1,15}$/.test(text ?? '') ? Number(text) : 0;
  const leaseMs = seconds > 0 ? Math.min(seconds * secondMs, longestLeaseMs) : unsaidLeaseMs;
  const renewInMs = Math.max((leaseMs * 2 * (0.95 + random / 10)) / 3, soonestRenewalMs);
  return { leaseUntilMs: nowMs + leaseMs, renewMs: Math.round(nowMs + renewInMs) };
}

/** How long to wait before a hub is asked again that has not granted what it was asked for. */
export function subscribeRetryDelayMs(failures: number, random: number): number {
  const waitMs = firstWaitMs * 4 ** Math.min(Math.max(failures - 1, 0), 10);
  return Math.round(Math.min(waitMs, longestWaitMs) * (0.9 + random / 5));
}
