import { RateLimiterMemory } from 'rate-limiter-flexible';
import { take } from '../http/consume.ts';
import { addressKey } from '../shared/address-key.ts';

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
  readonly sent: Quota;
  /** Comments that are stored, from everywhere. */
  readonly everywhere: Quota;
}

/** What holds unless a test says otherwise. */
export const commentQuotas: CommentQuotas = {
  stored: { points: 10, durationS: 600 },
  sent: { points: 60, durationS: 600 },
  everywhere: { points: 120, durationS: 60 },
};

/** Counts what is sent. Loopback is an address like any other here: behind a proxy that is not named all come from it. */
export interface CommentLimits {
  /** Counts a form. @returns seconds to wait; null: it may be looked at. */
  send(address: string): Promise<number | null>;
  /** Counts a comment that is about to be stored. @returns seconds to wait; null: go on. */
  store(address: string): Promise<number | null>;
  /** Takes the last one back: nothing was stored. */
  giveBack(address: string): Promise<void>;
}

/** Limits that nothing has been counted against. */
export function createCommentLimits(quotas: CommentQuotas = commentQuotas): CommentLimits {
  const sent = limiterOf(quotas.sent);
  const stored = limiterOf(quotas.stored);
  const everywhere = limiterOf(quotas.everywhere);
  return {
    send: (address) => take(sent, keyOf(address)),
    async store(address) {
      const wait = await take(stored, keyOf(address));
      if (wait !== null) return wait;
      const waitForAll = await take(everywhere, 'all');
      if (waitForAll !== null) await stored.reward(keyOf(address), 1);
      return waitForAll;
    },
    async giveBack(address) {
      await stored.reward(keyOf(address), 1);
      await everywhere.reward('all', 1);
    },
  };
}

function limiterOf({ points, durationS }: Quota): RateLimiterMemory {
  return new RateLimiterMemory({ points, duration: durationS });
}

function keyOf(address: string): string {
  return addressKey(address) ?? 'loopback';
}
