import { describe, expect, it } from 'vitest';
import { makeRelativeDateline } from '../../../src/client/browser/local-dateline.ts';

const noon = Date.UTC(2026, 0, 15, 12, 0);

describe('the relative times of the page script', () => {
  const write = makeRelativeDateline({ pattern: 'HH:mm', timezone: 'UTC' });

  it.each([
    [0, 'just now'],
    [59_999, 'just now'],
    [60_000, '1 min ago'],
    [59 * 60_000, '59 min ago'],
    [60 * 60_000, '12:00'],
  ])('format an age of %d ms as %s', (ageMs, expected) => {
    expect(write(noon, noon + ageMs)).toBe(expected);
  });

  it('show the date of an item that is ahead of the clock of the reader', () => {
    expect(write(noon, noon - 1)).toBe('12:00');
  });
});
