import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../src/domain/durations.ts';
import { dayMs, hourMs, minuteMs, secondMs } from '../schedule/rules/poll-fixtures.ts';

describe('formatDuration', () => {
  it.each([
    [15 * minuteMs, '15 min'],
    [90 * minuteMs, '1 h 30 min'],
    [2 * hourMs, '2 h'],
    [dayMs, '1 d'],
    [dayMs + 6 * hourMs, '1 d 6 h'],
    [90 * secondMs, '1 min 30 s'],
    [5 * secondMs, '5 s'],
    [400, '0 s'],
    [0, '0 s'],
  ])('formats %d ms as %s', (ms, words) => {
    expect(formatDuration(ms)).toBe(words);
  });

  it('rounds up to the larger unit instead of printing 60 of the smaller', () => {
    expect(formatDuration(hourMs - 1)).toBe('1 h');
    expect(formatDuration(dayMs - 1)).toBe('1 d');
    expect(formatDuration(2 * hourMs - 1)).toBe('2 h');
  });
});

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
