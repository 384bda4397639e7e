import { describe, expect, it } from 'vitest';
import { makeDateline } from '../../../../src/domain/dateline.ts';
import { formatDay } from '../../../../src/web/views/layout/format-dateline.ts';

const instant = Date.UTC(2026, 0, 31, 23, 5);

describe('makeDateline', () => {
  it.each([
    ['dd.MM.yy HH:mm', 'UTC', '31.01.26 23:05'],
    ['yyyy-MM-dd HH:mm', 'Asia/Tokyo', '2026-02-01 08:05'],
    ['MM/dd/yyyy', 'America/New_York', '01/31/2026'],
    ['HH.mm', 'Asia/Kolkata', '04.35'],
    ['HH:mm', 'Europe/Berlin', '00:05'],
  ])('writes %s in %s', (pattern, timezone, expected) => {
    expect(makeDateline(pattern, timezone)(instant)).toBe(expected);
  });

  it('copies all other characters of the pattern', () => {
    expect(makeDateline('[dd] — d M y H m yyy', 'UTC')(instant)).toBe('[31] — d M y H m 26y');
  });
});

describe('formatDay', () => {
  it('returns the day in the time zone of the site', () => {
    expect(formatDay(instant, 'UTC')).toBe('Saturday, 31 January 2026');
    expect(formatDay(instant, 'Asia/Tokyo')).toBe('Sunday, 1 February 2026');
  });
});
