import { describe, expect, it } from 'vitest';
import { isNotModified } from '../../../../src/web/http/response/send.ts';

const changedMs = Date.UTC(2026, 0, 15, 12, 0, 0, 900);
const current = { tag: 'abc', lastModifiedMs: changedMs };

function since(ifModifiedSince: string, ifNoneMatch?: string): boolean {
  return isNotModified({ ifNoneMatch, ifModifiedSince }, current);
}

function held(ifNoneMatch: string): boolean {
  return isNotModified({ ifNoneMatch, ifModifiedSince: undefined }, current);
}

describe('isNotModified', () => {
  it.each([
    '"abc"',
    'W/"abc"',
    '"abc-gzip"',
    '"abc-br"',
    '"x","abc"',
    '"x", W/"abc" , "y"',
    '*',
    ' * ',
  ])('is true for If-None-Match: %s', (list) => {
    expect(held(list)).toBe(true);
  });

  it.each(['', 'abc', '"ab"', '"abc-zstd"', '"xabc"', '"*"', 'w/abc'])('is false for If-None-Match: %s', (list) => {
    expect(held(list)).toBe(false);
  });

  it('compares dates in whole seconds, since HTTP dates have no fractions', () => {
    expect(since('Thu, 15 Jan 2026 12:00:00 GMT')).toBe(true);
    expect(since('Thu, 15 Jan 2026 12:00:01 GMT')).toBe(true);
    expect(since('Thu, 15 Jan 2026 11:59:59 GMT')).toBe(false);
  });

  it.each(['yesterday', 'Feed 5', '2030-01-01', '', 'Thu, 99 Jan 2030 12:00:00 GMT'])('ignores the date %s', (date) => {
    expect(since(date)).toBe(false);
  });

  it('ignores If-Modified-Since when both are sent', () => {
    expect(since('Thu, 15 Jan 2026 12:00:00 GMT', '"other"')).toBe(false);
    expect(since('Thu, 15 Jan 2026 11:00:00 GMT', '"abc"')).toBe(true);
  });

  it('is false for a date when the response has no Last-Modified', () => {
    const undated = { tag: 'abc', lastModifiedMs: null };
    const asked = { ifNoneMatch: undefined, ifModifiedSince: 'Thu, 15 Jan 2026 12:00:00 GMT' };
    expect(isNotModified(asked, undated)).toBe(false);
  });
});
