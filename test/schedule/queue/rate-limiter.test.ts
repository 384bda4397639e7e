import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRateLimiter } from '../../../src/schedule/queue/rate-limiter.ts';
import { fuzzRuns } from '../../support/fuzz-runs.ts';

/** Starts at each of the given times if the limiter allows it. */
function starts(perSecond: number, instants: readonly number[]): number[] {
  const window = createRateLimiter(perSecond);
  return instants.filter((atMs) => {
    if (window.nextReadyMs(atMs) > atMs) return false;
    window.record(atMs);
    return true;
  });
}

describe('createRateLimiter', () => {
  it('allows a burst up to the limit', () => {
    expect(starts(3, [0, 0, 0, 0, 0])).toEqual([0, 0, 0]);
  });

  it('allows the next start a second after the first of the burst', () => {
    const window = createRateLimiter(2);
    window.record(100);
    window.record(400);
    expect(window.nextReadyMs(500)).toBe(1_100);
  });

  it('supports rates below one per second', () => {
    expect(starts(0.5, [0, 500, 1_000, 1_999, 2_000, 3_999, 4_000])).toEqual([0, 2_000, 4_000]);
  });

  it('never exceeds the limit in any period of one second', () => {
    const instants = fc.array(fc.integer({ min: 0, max: 10_000 }), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), instants, (perSecond, times) => {
        const passed = starts(
          perSecond,
          [...times].sort((a, b) => a - b),
        );
        for (const from of passed) {
          const within = passed.filter((atMs) => atMs >= from && atMs < from + 1_000);
          expect(within.length).toBeLessThanOrEqual(perSecond);
        }
      }),
      { numRuns: fuzzRuns },
    );
  });

  it('does not wait for a recorded start in the future', () => {
    const window = createRateLimiter(1);
    window.record(1_000_000);
    expect(window.nextReadyMs(0)).toBeLessThanOrEqual(0);
  });
});
