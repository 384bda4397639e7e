import { describe, expect, it } from 'vitest';
import { datelineMs, insertionIndex, sortPositionOf } from '../../../src/client/browser/news-feed-order.ts';

const seen = '2026-01-15T12:00:00.000Z';
const earlier = '2026-01-15T11:00:00.000Z';
const later = '2026-01-15T13:00:00.000Z';

describe('placeOf', () => {
  it('is by the publisher’s date, by ours where there is none, and never ahead of when we saw the item', () => {
    expect(sortPositionOf({ id: 1, publishedAt: earlier, firstSeenAt: seen }).sortMs).toBe(Date.parse(earlier));
    expect(sortPositionOf({ id: 1, publishedAt: null, firstSeenAt: seen }).sortMs).toBe(Date.parse(seen));
    expect(sortPositionOf({ id: 1, publishedAt: later, firstSeenAt: seen }).sortMs).toBe(Date.parse(seen));
  });
});

describe('shownMs', () => {
  it('is the publisher’s date, else ours', () => {
    expect(datelineMs({ publishedAt: later, firstSeenAt: seen })).toBe(Date.parse(later));
    expect(datelineMs({ publishedAt: null, firstSeenAt: seen })).toBe(Date.parse(seen));
  });
});

describe('indexFor', () => {
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
  ])('puts %o where the server would, at %d', (line, index) => {
    expect(insertionIndex(lines, line)).toBe(index);
  });

  it('puts the first line of all at the top', () => {
    expect(insertionIndex([], { id: 1, sortMs: 1 })).toBe(0);
  });
});
