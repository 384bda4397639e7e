import { type RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/**
 * Consumes one point of a rate limit. A refused request consumes none: a caller that gives points back would give back
 * too few.
 *
 * @returns whole seconds until a point is available; null: one was consumed.
 */
export async function consumePoint(limiter: RateLimiterMemory, key: string): Promise<number | null> {
  try {
    await limiter.consume(key);
    return null;
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused;
    await limiter.reward(key, 1);
    return Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
  }
}
