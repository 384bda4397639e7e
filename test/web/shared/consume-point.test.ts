import { RateLimiterMemory } from 'rate-limiter-flexible';
import { describe, expect, it } from 'vitest';
import { consumePoint } from '../../../src/web/shared/client-limits.ts';

describe('consumePoint', () => {
  it('consumes the points of each key, then returns the seconds to wait', async () => {
    const limiter = new RateLimiterMemory({ points: 2, duration: 60 });
    expect([await consumePoint(limiter, 'a'), await consumePoint(limiter, 'a')]).toEqual([null, null]);
    const wait = await consumePoint(limiter, 'a');
    expect(wait).toBeGreaterThan(50);
    expect(wait).toBeLessThanOrEqual(60);
    expect(await consumePoint(limiter, 'b')).toBeNull();
  });

  it('does not count a refused request', async () => {
    const limiter = new RateLimiterMemory({ points: 2, duration: 60 });
    for (let index = 0; index < 10; index += 1) await consumePoint(limiter, 'a');
    await limiter.reward('a', 1);
    expect([await consumePoint(limiter, 'a'), await consumePoint(limiter, 'a')]).toEqual([null, expect.any(Number)]);
  });

  it('rethrows an error that is not a refusal', async () => {
    const broken = { consume: () => Promise.reject(new Error('no store')) } as unknown as RateLimiterMemory;
    await expect(consumePoint(broken, 'a')).rejects.toThrow('no store');
  });
});
