import { describe, expect, it } from 'vitest';
import { headerList } from '../../src/fetch/client/header-list.ts';
import { freshnessLifetimeMs, retryAfter } from '../../src/fetch/http-freshness.ts';
import { noonMs } from './fetch-fixtures.ts';

const fresh = (headers: Record<string, string | string[]>): number | null =>
  freshnessLifetimeMs(headerList(headers), noonMs);
const second = 1_000;
const day = 24 * 3_600_000;

describe('freshnessLifetimeMs', () => {
  it('subtracts Age from max-age', () => {
    expect(fresh({ 'cache-control': 'max-age=7200', age: '600' })).toBe(6_600 * second);
    expect(fresh({ 'cache-control': 'public, MAX-AGE=7200 , must-revalidate' })).toBe(7_200 * second);
    expect(fresh({ 'cache-control': 'max-age=60', age: '600' })).toBe(0);
    expect(fresh({ 'cache-control': 'max-age=60', age: 'old' })).toBe(60 * second);
  });

  it('is null without freshness headers', () => {
    expect(fresh({})).toBeNull();
    expect(fresh({ 'cache-control': 'public' })).toBeNull();
  });

  it.each([
    ['max-age=abc', null],
    ['max-age=-1', null],
    ['max-age=', null],
    ['max-age', null],
    ['max-age=1.5', null],
    ['max-age="3600"', 3_600 * second],
    ['max-age=abc, max-age=60', 60 * second],
    ['max-age=60, max-age=120', 60 * second],
    ['x-max-age=60', null],
    [',,;==,"', null],
  ])('reads "%s" as %s', (value, expected) => {
    expect(fresh({ 'cache-control': value })).toBe(expected);
  });

  it('reads repeated headers as one list', () => {
    expect(fresh({ 'cache-control': ['public', 'max-age=60'] })).toBe(60 * second);
    expect(fresh({ 'cache-control': ['max-age=junk', 'max-age="90"'] })).toBe(90 * second);
  });

  it('returns a finite number for a lifetime of years', () => {
    expect(fresh({ 'cache-control': 'max-age=31536000' })).toBe(365 * day);
    expect(fresh({ 'cache-control': `max-age=${'9'.repeat(400)}` })).toBeLessThan(Number.MAX_SAFE_INTEGER);
  });

  it('computes Expires relative to Date, not to our clock', () => {
    const expires = 'Sun, 01 Mar 2026 13:00:00 GMT';
    expect(fresh({ expires, date: 'Sun, 01 Mar 2026 12:00:00 GMT' })).toBe(3_600 * second);
    const skewed = { expires: 'Sat, 28 Feb 2026 13:00:00 GMT', date: 'Sat, 28 Feb 2026 12:00:00 GMT' };
    expect(fresh(skewed)).toBe(3_600 * second);
    expect(fresh({ ...skewed, age: '600' })).toBe(3_000 * second);
  });

  it('uses our clock if Date is missing', () => {
    expect(fresh({ expires: 'Sun, 01 Mar 2026 13:00:00 GMT' })).toBe(3_600 * second);
    expect(fresh({ expires: 'Sun, 01 Mar 2026 13:00:00 GMT', date: 'today' })).toBe(3_600 * second);
  });

  it.each(['0', '-1', 'soon', '', 'Sun, 01 Mar 2020 12:00:00 GMT'])('treats "Expires: %s" as stale', (expires) => {
    expect(fresh({ expires, date: 'Sun, 01 Mar 2026 12:00:00 GMT' })).toBe(0);
  });

  it('prefers max-age unless it is invalid', () => {
    const expires = 'Sun, 01 Mar 2026 13:00:00 GMT';
    expect(fresh({ 'cache-control': 'max-age=60', expires })).toBe(60 * second);
    expect(fresh({ 'cache-control': 'max-age=junk', expires })).toBe(3_600 * second);
  });

  it('is zero for no-store and no-cache, whatever else is present', () => {
    expect(fresh({ 'cache-control': 'no-store' })).toBe(0);
    expect(fresh({ 'cache-control': 'no-cache, max-age=7200' })).toBe(0);
  });
});

describe('retryAfter', () => {
  const asked = (value: string) => retryAfter(headerList({ 'retry-after': value }), noonMs, 7 * day);

  it.each([
    ['120', 120 * second],
    ['0', 0],
    ['Sun, 01 Mar 2026 12:02:00 GMT', 120 * second],
    ['Sunday, 01-Mar-26 12:02:00 GMT', 120 * second],
    ['Sun Mar  1 12:02:00 2026', 120 * second],
    ['Sun, 01 Mar 2026 11:59:00 GMT', null],
    ['-5', null],
    ['soon', null],
    ['1e3', null],
    ['', null],
  ])('reads "%s" as %s ms', (value, ms) => {
    expect(asked(value)).toEqual({ ms, capped: false });
  });

  it.each(['99999999', 'Fri, 31 Dec 9999 23:59:59 GMT', '9'.repeat(400)])('H35: caps "%s" at a week', (value) => {
    expect(asked(value)).toEqual({ ms: 7 * day, capped: true });
  });

  it('is null without the header', () => {
    expect(retryAfter(headerList({}), noonMs, day)).toEqual({ ms: null, capped: false });
  });
});
