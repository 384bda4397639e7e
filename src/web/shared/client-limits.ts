import { type RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** Limits how many connections or queries of one key are open at a time. */
export class ConcurrencyLimit {
  readonly #max: number;
  readonly #open = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  isFull(key: string): boolean {
    return (this.#open.get(key) ?? 0) >= this.#max;
  }

  /** Counts one more. @returns releases it; further calls do nothing. */
  add(key: string): () => void {
    this.#open.set(key, (this.#open.get(key) ?? 0) + 1);
    let isCounted = true;
    return () => {
      if (!isCounted) return;
      isCounted = false;
      const left = (this.#open.get(key) ?? 1) - 1;
      if (left === 0) this.#open.delete(key);
      else this.#open.set(key, left);
    };
  }
}

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
