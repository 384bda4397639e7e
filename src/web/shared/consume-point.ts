import { type RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/**
 * Takes one point. What is refused takes none: else whoever gives points back would give back too few.
 *
 * @returns whole seconds until there is one again; null: there was.
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
