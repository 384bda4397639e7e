import { assertNever } from '../../domain/assert-never.ts';
import { dayMs, hourMs } from '../../domain/durations.ts';
import type { WebhookOutcome, WebhookState } from '../../domain/events/webhook.ts';
import type { WebhookBatch } from './webhook-batch.ts';

const firstMs = 1000;
const maxMs = hourMs;
const minMs = 250;
const maxRetryAfterMs = dayMs;

/** Result of one attempt to send a delivery. */
export type PostResult =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** From Retry-After; null: absent or invalid. */
      readonly retryAfterMs: number | null;
    }
  /** No response. `detail` is one line without control characters or secrets. */
  | { readonly kind: 'failed'; readonly detail: string; readonly status: number | null };

/** Time of the attempt, and a random number in [0, 1). */
export interface Moment {
  readonly nowMs: number;
  readonly random: number;
}

/** The state of a webhook after an attempt. Only an accepted delivery moves its position. */
export function nextWebhookState(
  state: WebhookState,
  sent: Extract<WebhookBatch, { kind: 'send' }>,
  result: PostResult,
  { nowMs, random }: Moment,
): WebhookState {
  const { outcome, detail } = classify(result);
  const attempt = { lastOutcome: outcome, lastStatus: result.status, lastDetail: detail, lastAttemptMs: nowMs };
  switch (outcome) {
    case 'delivered':
      return {
        ...state,
        ...attempt,
        ...sent.position,
        failures: 0,
        firstFailedMs: null,
        nextAttemptMs: nowMs,
        lastSuccessMs: nowMs,
        delivered: state.delivered + sent.events,
      };
    case 'gone':
      return { ...state, ...attempt, ...failedOnce(state, nowMs), pausedMs: nowMs };
    case 'throttled':
    case 'failed': {
      const requestedMs = result.kind === 'answered' ? (result.retryAfterMs ?? 0) : 0;
      const waitMs = Math.max(backoffMs(state.failures, random), Math.min(requestedMs, maxRetryAfterMs));
      return { ...state, ...attempt, ...failedOnce(state, nowMs), nextAttemptMs: nowMs + waitMs };
    }
    default:
      return assertNever(outcome);
  }
}

function failedOnce({ failures, firstFailedMs }: WebhookState, nowMs: number) {
  return { failures: failures + 1, firstFailedMs: firstFailedMs ?? nowMs };
}

/** Random, up to a bound that doubles with each failure: receivers that failed together are not retried together. */
function backoffMs(failures: number, random: number): number {
  return minMs + Math.round(random * Math.min(maxMs, firstMs * 2 ** Math.min(failures, 20)));
}

function classify(result: PostResult): { readonly outcome: WebhookOutcome; readonly detail: string | null } {
  if (result.kind === 'failed') return { outcome: 'failed', detail: result.detail };
  const { status } = result;
  if (status >= 200 && status < 300) return { outcome: 'delivered', detail: null };
  if (status === 410) return { outcome: 'gone', detail: 'HTTP 410: the receiver no longer accepts deliveries' };
  if (status === 429 || status === 503) return { outcome: 'throttled', detail: `HTTP ${status}` };
  if (status >= 300 && status < 400) return { outcome: 'failed', detail: `HTTP ${status}: redirects are not followed` };
  return { outcome: 'failed', detail: `HTTP ${status}` };
}
