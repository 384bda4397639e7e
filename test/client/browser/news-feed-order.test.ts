import { describe, expect, it } from 'vitest';
import { datelineMs, insertionIndex, sortPositionOf } from '../../../src/client/browser/news-feed-order.ts';

const seen = '2026-01-15T12:00:00.000Z';
const earlier = '2026-01-15T11:00:00.000Z';
const later = '2026-01-15T13:00:00.000Z';

describe('sortPositionOf', () => {
  it('sorts by publication date, but never after the time an item was first seen', () => {
    expect(sortPositionOf({ id: 1, publishedAt: earlier, firstSeenAt: seen }).sortMs).toBe(Date.parse(earlier));
    expect(sortPositionOf({ id: 1, publishedAt: null, firstSeenAt: seen }).sortMs).toBe(Date.parse(seen));
    expect(sortPositionOf({ id: 1, publishedAt: later, firstSeenAt: seen }).sortMs).toBe(Date.parse(seen));
  });
});

describe('datelineMs', () => {
  it('is the publication date, else the time first seen', () => {
    expect(datelineMs({ publishedAt: later, firstSeenAt: seen })).toBe(Date.parse(later));
    expect(datelineMs({ publishedAt: null, firstSeenAt: seen })).toBe(Date.parse(seen));
  });
});

describe('insertionIndex', () => {
  const lines = [
    { id: 9, sortMs: 300 },
    { id: 8, sortMs: 200 },
    { id: 3, sortMs: 200 },
    { id: 7, sortMs: 100 },
  ];

  it.each([
    [{ id: 10, sortMs: 400 }, 0],
    [{ id: 10, sortMs: 300 }, 0],
    [{ id: 5, sortMs: 300 }, 1],
    [{ id: 5, sortMs: 200 }, 2],
    [{ id: 1, sortMs: 200 }, 3],
    [{ id: 1, sortMs: 50 }, 4],
  ])('returns the index of the server order for %o: %d', (line, index) => {
    expect(insertionIndex(lines, line)).toBe(index);
  });

  it('returns 0 for an empty list', () => {
    expect(insertionIndex([], { id: 1, sortMs: 1 })).toBe(0);
  });
});
