import { dayMs, hourMs, minuteMs, secondMs } from '../../domain/durations.ts';
import type { LeaseTerms } from '../../domain/websub/websub-subscription.ts';

/** The lease that we request. */
export const requestedLeaseMs = 10 * dayMs;
const maxLeaseMs = 14 * dayMs;
/** The lease of a hub that does not name one. */
const defaultLeaseMs = dayMs;
const minRenewalMs = minuteMs;

/** How long after its end a lease may still be renewed before the subscription counts as lost. */
export const renewalGraceMs = 6 * hourMs;
/** Wait after a denial. */
export const denialRetryMs = dayMs;

const firstRetryMs = 10 * minuteMs;
const maxRetryMs = 23 * hourMs;

/**
 * Parses the `hub.lease_seconds` that a hub grants. A missing or invalid value counts as a day.
 *
 * @param random uniform in [0, 1): spreads the renewals of subscriptions that were made together.
 */
export function parseLeaseTerms(text: string | null, nowMs: number, random: number): LeaseTerms {
  const seconds = /^\d{1,15}$/.test(text ?? '') ? Number(text) : 0;
  const leaseMs = seconds > 0 ? Math.min(seconds * secondMs, maxLeaseMs) : defaultLeaseMs;
  const renewInMs = Math.max((leaseMs * 2 * (0.95 + random / 10)) / 3, minRenewalMs);
  return { leaseUntilMs: nowMs + leaseMs, renewMs: Math.round(nowMs + renewInMs) };
}

/** Milliseconds until a request that was not verified is repeated. @param random uniform in [0, 1). */
export function subscribeRetryDelayMs(failures: number, random: number): number {
  const delayMs = firstRetryMs * 4 ** Math.min(Math.max(failures - 1, 0), 10);
  return Math.round(Math.min(delayMs, maxRetryMs) * (0.9 + random / 5));
}
