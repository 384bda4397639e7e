import { describe, expect, it } from 'vitest';
import { parseHttpDate } from '../../src/fetch/http-freshness.ts';

describe('parseHttpDate', () => {
  it.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT'],
    ['Sunday, 06-Nov-94 08:49:37 GMT'],
    ['Sun Nov  6 08:49:37 1994'],
    ['  sun, 06 nov 1994 08:49:37 gmt '],
  ])('parses "%s"', (text) => {
    expect(parseHttpDate(text)).toBe(Date.UTC(1994, 10, 6, 8, 49, 37));
  });

  it('interprets two-digit years up to 69 as 20xx', () => {
    expect(parseHttpDate('Sunday, 01-Mar-26 00:00:00 GMT')).toBe(Date.UTC(2026, 2, 1));
  });

  it.each([
    '',
    '0',
    '5',
    'soon',
    '2026-03-01T00:00:00Z',
    'Sun, 1 Mar 2026 00:00:00 GMT',
    'Sun, 31 Feb 2026 00:00:00 GMT',
    'Sun, 01 Foo 2026 00:00:00 GMT',
    'Sun, 01 Mar 2026 25:00:00 GMT',
    'Sun, 01 Mar 2026 00:00:00 CET',
    'Tue, 32 Foo 2026 99:99 GMT',
  ])('rejects "%s"', (text) => {
    expect(parseHttpDate(text)).toBeNull();
  });
});
