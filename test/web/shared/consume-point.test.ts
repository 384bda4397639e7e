import { RateLimiterMemory } from 'rate-limiter-flexible';
import { describe, expect, it } from 'vitest';
import { consumePoint } from '../../../src/web/shared/consume-point.ts';

describe('take', () => {
  it('gives what there is, and then the seconds to wait, key by key', async () => {
    const limiter = new RateLimiterMemory({ points: 2, duration: 60 });
    expect([await consumePoint(limiter, 'a'), await consumePoint(limiter, 'a')]).toEqual([null, null]);
    const wait = await consumePoint(limiter, 'a');
    expect(wait).toBeGreaterThan(50);
    expect(wait).toBeLessThanOrEqual(60);
    expect(await consumePoint(limiter, 'b')).toBeNull();
  });

  it('does not count what it refuses', async () => {
    const limiter = new RateLimiterMemory({ points: 2, duration: 60 });
    for (let index = 0; index < 10; index += 1) await consumePoint(limiter, 'a');
    await limiter.reward('a', 1);
    expect([await consumePoint(limiter, 'a'), await consumePoint(limiter, 'a')]).toEqual([null, expect.any(Number)]);
  });

  it('does not take a fault for a refusal', async () => {
    const broken = { consume: () => Promise.reject(new Error('no store')) } as unknown as RateLimiterMemory;
    await expect(consumePoint(broken, 'a')).rejects.toThrow('no store');
  });
});
