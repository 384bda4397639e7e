import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../src/config/schema/parse-duration.ts';

describe('parseDuration', () => {
  it.each([
    ['250ms', 250],
    ['1s', 1000],
    ['15m', 900_000],
    ['1h', 3_600_000],
    ['1.5h', 5_400_000],
    ['1d', 86_400_000],
    [' 15 m ', 900_000],
    ['0s', 0],
  ])('reads %j', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '15', 'm', '-1m', '1h30m', '1 hour', '1M', '1e3s', '١٥m', '1.s'])('rejects %j', (text) => {
    expect(parseDuration(text)).toBeNull();
  });
});
