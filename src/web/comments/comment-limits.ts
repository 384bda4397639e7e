import { RateLimiterMemory } from 'rate-limiter-flexible';
import { addressKey } from '../shared/client-address.ts';
import { consumePoint } from '../shared/client-limits.ts';

/** A rate limit: points per duration. */
interface Quota {
  readonly points: number;
  readonly durationS: number;
}

/** The rate limits of the comment form. */
export interface CommentQuotas {
  readonly stored: Quota;
  /** Submitted forms per address, accepted or not. */
  readonly submitted: Quota;
  /** Stored comments of all addresses. */
  readonly total: Quota;
}

/** The limits in production. Tests pass others. */
const defaultCommentQuotas: CommentQuotas = {
  stored: { points: 10, durationS: 600 },
  submitted: { points: 60, durationS: 600 },
  total: { points: 120, durationS: 60 },
};

/** Applies the rate limits. Loopback addresses are limited too: all requests come from one when a proxy is not declared. */
export interface CommentLimits {
  /** Counts a submitted form. @returns seconds to wait; null: allowed. */
  consumeSubmission(address: string): Promise<number | null>;
  /** Counts a comment before it is stored. @returns seconds to wait; null: allowed. */
  consumeStored(address: string): Promise<number | null>;
  /** Undoes the last `consumeStored`, when nothing was stored. */
  refund(address: string): Promise<void>;
}

/** Creates unused limits. */
export function createCommentLimits(quotas: CommentQuotas = defaultCommentQuotas): CommentLimits {
  const submitted = createLimiter(quotas.submitted);
  const stored = createLimiter(quotas.stored);
  const total = createLimiter(quotas.total);
  return {
    consumeSubmission: (address) => consumePoint(submitted, keyOf(address)),
    async consumeStored(address) {
      const wait = await consumePoint(stored, keyOf(address));
      if (wait !== null) return wait;
      const waitTotal = await consumePoint(total, 'all');
      if (waitTotal !== null) await stored.reward(keyOf(address), 1);
      return waitTotal;
    },
    async refund(address) {
      await stored.reward(keyOf(address), 1);
      await total.reward('all', 1);
    },
  };
}

function createLimiter({ points, durationS }: Quota): RateLimiterMemory {
  return new RateLimiterMemory({ points, duration: durationS });
}

function keyOf(address: string): string {
  return addressKey(address) ?? 'loopback';
}
