import { describe, expect, it } from 'vitest';
import { formatDuration, formatRelativeTime } from '../../../src/cli/output/format-duration.ts';

describe('formatDuration', () => {
  it.each([
    [400, '0 s'],
    [40_000, '40 s'],
    [300_000, '5 min'],
    [3 * 3_600_000, '3 h'],
    [47 * 3_600_000, '47 h'],
    [12 * 86_400_000, '12 d'],
  ])('formats %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('formatRelativeTime', () => {
  it('distinguishes past and future', () => {
    expect(formatRelativeTime(0, 300_000)).toBe('5 min ago');
    expect(formatRelativeTime(300_000, 0)).toBe('in 5 min');
    expect(formatRelativeTime(1000, 1200)).toBe('now');
  });
});
