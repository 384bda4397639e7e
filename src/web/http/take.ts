import { type RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/**
 * Takes one point.
 *
 * @returns whole seconds until there is one again; null: there was.
 */
export async function take(limiter: RateLimiterMemory, key: string): Promise<number | null> {
  try {
    await limiter.consume(key);
    return null;
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused;
    return Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
  }
}
