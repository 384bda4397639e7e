import type { AlertOutcome } from '../../domain/alerts/alert.ts';
import { hourMs, minuteMs, secondMs } from '../../domain/durations.ts';

const firstDelayMs = 5 * secondMs;
const maxDelayMs = 15 * minuteMs;
/** A receiver may ask for no more than this. */
const maxRetryAfterMs = hourMs;

/** What an attempt to send an alert returned. */
export type SendResult =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** From Retry-After; null: absent or invalid. */
      readonly retryAfterMs: number | null;
    }
  /** A mail server accepted the mail for all recipients. */
  | { readonly kind: 'mailed' }
  /** No response, or a mail that was not accepted. `detail` is one line without control characters or secrets. */
  | { readonly kind: 'failed'; readonly detail: string; readonly status: number | null };

/** A delivery before an attempt, the time of the attempt, and a random number in [0, 1). */
export interface AttemptContext {
  readonly attempts: number;
  readonly expiresMs: number;
  readonly nowMs: number;
  readonly random: number;
}

/** The outcome of an attempt for storage and display. */
export interface AttemptOutcome {
  readonly outcome: AlertOutcome;
  readonly status: number | null;
  readonly detail: string | null;
  readonly nextAttemptMs: number;
}

/**
 * Decides what follows from an attempt. Only 2xx delivers. Everything else is retried after 5 s, 10 s, … up to 15 minutes,
 * until the alert expires: the operator may correct a wrong token meanwhile.
 */
export function attemptOutcome(result: SendResult, context: AttemptContext): AttemptOutcome {
  const { attempts, expiresMs, nowMs, random } = context;
  const status = result.kind === 'mailed' ? null : result.status;
  const detail = failureOf(result);
  if (detail === null) return { outcome: 'delivered', status, detail, nextAttemptMs: nowMs };
  const requestedMs = result.kind === 'answered' ? Math.min(result.retryAfterMs ?? 0, maxRetryAfterMs) : 0;
  const backoffMs = Math.min(firstDelayMs * 2 ** Math.min(attempts, 20), maxDelayMs);
  const nextAttemptMs = nowMs + Math.max(Math.round(backoffMs * (0.75 + random / 2)), requestedMs);
  return { outcome: nextAttemptMs < expiresMs ? 'failed' : 'expired', status, detail, nextAttemptMs };
}

/** Why an attempt did not deliver; null: it did. */
function failureOf(result: SendResult): string | null {
  if (result.kind === 'mailed') return null;
  if (result.kind === 'failed') return result.detail;
  const { status } = result;
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return `HTTP ${status}: redirects are not followed`;
  if (status === 401 || status === 403) return `HTTP ${status}: the receiver refuses the token or the address`;
  return `HTTP ${status}`;
}
