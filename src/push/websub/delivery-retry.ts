const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** Between one attempt at a delivery and the next. */
const waitsMs = [10 * secondMs, 30 * secondMs, 2 * minuteMs, 10 * minuteMs, 30 * minuteMs, 2 * hourMs, 6 * hourMs];

/** No delivery is tried for longer. */
export const maxDeliveryAgeMs = 12 * hourMs;

/** An attempt that failed. */
export interface FailedAttempt {
  /** Attempts that failed before it. */
  readonly earlier: number;
  /** What the subscriber has asked for with a 429 or 503; null: nothing. */
  readonly retryAfterMs: number | null;
  /** Uniform in [0, 1). */
  readonly random: number;
  /** Until the delivery is given up. */
  readonly leftMs: number;
}

/** How long to wait before the next attempt; null: there is none. */
export function retryDelayMs({ earlier, retryAfterMs, random, leftMs }: FailedAttempt): number | null {
  const wait = waitsMs[earlier];
  if (wait === undefined) return null;
  const waitMs = Math.max(Math.round(wait * (0.8 + 0.4 * random)), retryAfterMs ?? 0);
  return waitMs < leftMs ? waitMs : null;
}
