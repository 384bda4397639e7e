import { describe, expect, it } from 'vitest';
import { DurationHistogram, exponentialBounds, medianDuration } from '../../src/runtime/duration-histogram.ts';

describe('DurationHistogram', () => {
  it('counts each duration below its bound, and the last bucket above all bounds', () => {
    const buckets = new DurationHistogram([0.1, 1, 10]);
    for (const seconds of [0, 0.1, 0.1001, 1, 9, 10, 10.1, 500]) buckets.observe(seconds);
    expect([...buckets.counts]).toEqual([2, 2, 2, 2]);
    expect(buckets.sum).toBeCloseTo(530.3001);
  });

  it('counts a negative duration as zero, since clocks differ', () => {
    const buckets = new DurationHistogram([0.1, 1]);
    buckets.observe(-5);
    expect([[...buckets.counts], buckets.sum]).toEqual([[1, 0, 0], 0]);
  });

  it('is empty after clear', () => {
    const buckets = new DurationHistogram([1]);
    buckets.observe(2);
    buckets.clear();
    expect([[...buckets.counts], buckets.sum]).toEqual([[0, 0], 0]);
  });
});

describe('exponentialBounds', () => {
  it('grow from the first bound to just above the last', () => {
    expect(exponentialBounds(1, 7, 2)).toEqual([1, 2, 4, 8]);
  });
});

describe('medianDuration', () => {
  const bounds = exponentialBounds(0.001, 1000, 1.4);

  it('is null without observations', () => {
    expect(medianDuration([])).toBeNull();
    expect(medianDuration([new DurationHistogram(bounds)])).toBeNull();
  });

  it('is exact to the width of a bucket over several histograms', () => {
    const [one, other] = [new DurationHistogram(bounds), new DurationHistogram(bounds)];
    for (let index = 1; index <= 99; index += 1) (index % 3 === 0 ? one : other).observe(index);
    const median = medianDuration([one, other]) ?? 0;
    expect(median).toBeGreaterThan(50 / 1.4);
    expect(median).toBeLessThan(50 * 1.4);
  });

  it('is the last bound if every duration is above all bounds', () => {
    const buckets = new DurationHistogram([1, 2]);
    buckets.observe(99);
    expect(medianDuration([buckets])).toBe(2);
  });
});
