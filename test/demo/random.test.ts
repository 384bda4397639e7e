import { describe, expect, it } from 'vitest';
import { between, pick, seededRandom } from '../../src/demo/random.ts';

describe('seededRandom', () => {
  it('returns the same numbers in [0, 1) for the same seed', () => {
    const [a, b] = [seededRandom(42), seededRandom(42)];
    const numbers = Array.from({ length: 1000 }, () => a());
    expect(numbers).toEqual(numbers.map(() => b()));
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
    expect(mean).toBeGreaterThan(0.45);
    expect(mean).toBeLessThan(0.55);
  });
});

describe('between', () => {
  it('includes both ends', () => {
    const random = seededRandom(1);
    expect(new Set(Array.from({ length: 200 }, () => between(random, 2, 4)))).toEqual(new Set([2, 3, 4]));
  });
});

describe('pick', () => {
  it('throws for an empty list', () => {
    expect(() => pick(seededRandom(1), [])).toThrow(RangeError);
  });
});
