import { RateLimiterMemory } from 'rate-limiter-flexible';
import { addressKey } from '../shared/address-key.ts';
import { consumePoint } from '../shared/consume-point.ts';

/** How many of something there may be in a time. */
export interface Quota {
  readonly points: number;
  readonly durationS: number;
}

/** How much may be sent. */
export interface CommentQuotas {
  /** Comments that are stored, from one address. */
  readonly stored: Quota;
  /** Forms that are sent, whatever becomes of them, from one address. */
  readonly submitted: Quota;
  /** Comments that are stored, from everywhere. */
  readonly total: Quota;
}

/** What holds unless a test says otherwise. */
export const defaultCommentQuotas: CommentQuotas = {
  stored: { points: 10, durationS: 600 },
  submitted: { points: 60, durationS: 600 },
  total: { points: 120, durationS: 60 },
};

/** Counts what is sent. Loopback is an address like any other here: behind a proxy that is not named all come from it. */
export interface CommentLimits {
  /** Counts a form. @returns seconds to wait; null: it may be looked at. */
  consumeSubmission(address: string): Promise<number | null>;
  /** Counts a comment that is about to be stored. @returns seconds to wait; null: go on. */
  consumeStored(address: string): Promise<number | null>;
  /** Takes the last one back: nothing was stored. */
  refund(address: string): Promise<void>;
}

/** Limits that nothing has been counted against. */
export function createCommentLimits(quotas: CommentQuotas = defaultCommentQuotas): CommentLimits {
  const sent = createLimiter(quotas.submitted);
  const stored = createLimiter(quotas.stored);
  const everywhere = createLimiter(quotas.total);
  return {
    consumeSubmission: (address) => consumePoint(sent, keyOf(address)),
    async consumeStored(address) {
      const wait = await consumePoint(stored, keyOf(address));
      if (wait !== null) return wait;
      const waitForAll = await consumePoint(everywhere, 'all');
      if (waitForAll !== null) await stored.reward(keyOf(address), 1);
      return waitForAll;
    },
    async refund(address) {
      await stored.reward(keyOf(address), 1);
      await everywhere.reward('all', 1);
    },
  };
}

function createLimiter({ points, durationS }: Quota): RateLimiterMemory {
  return new RateLimiterMemory({ points, duration: durationS });
}

function keyOf(address: string): string {
  return addressKey(address) ?? 'loopback';
}
