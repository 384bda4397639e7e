import { hourMs, minuteMs, secondMs } from '../../domain/durations.ts';

/** Between one attempt at a delivery and the next. */
const delaysMs = [10 * secondMs, 30 * secondMs, 2 * minuteMs, 10 * minuteMs, 30 * minuteMs, 2 * hourMs, 6 * hourMs];

/** Age at which a delivery is dropped. */
export const maxDeliveryAgeMs = 12 * hourMs;
/** Least time between two deliveries to one subscriber. */
export const minDeliveryIntervalMs = 5 * secondMs;

/** A failed attempt. */
export interface FailedAttempt {
  readonly previousFailures: number;
  /** From the Retry-After header of a 429 or 503; null: none. */
  readonly retryAfterMs: number | null;
  /** Uniform in [0, 1). */
  readonly random: number;
  /** Until the delivery expires. */
  readonly remainingMs: number;
}

/** Milliseconds until the next attempt; null: there is none. */
export function retryDelayMs({ previousFailures, retryAfterMs, random, remainingMs }: FailedAttempt): number | null {
  const baseMs = delaysMs[previousFailures];
  if (baseMs === undefined) return null;
  const delayMs = Math.max(Math.round(baseMs * (0.8 + 0.4 * random)), retryAfterMs ?? 0);
  return delayMs < remainingMs ? delayMs : null;
}
