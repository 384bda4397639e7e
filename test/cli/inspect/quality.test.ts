import { describe, expect, it } from 'vitest';
import { assessQuality } from '../../../src/cli/inspect/quality.ts';
import type { EntryDescription } from '../../../src/domain/items/feed-description.ts';
import { nowMs } from './harness.ts';

const blank: EntryDescription = {
  id: null,
  title: null,
  link: null,
  published: null,
  updated: null,
  author: null,
  summary: null,
  content: null,
  categories: [],
  enclosures: [],
};
const assess = (...parts: Partial<EntryDescription>[]) =>
  assessQuality(
    parts.map((part) => ({ ...blank, ...part })),
    nowMs,
  );

describe('assessQuality', () => {
  it('counts dates that are missing, in the future or before feeds existed', () => {
    const dates = assess(
      { published: '2026-03-10T11:00:00Z' },
      { updated: '2026-03-09T11:00:00Z' },
      { published: '2026-03-11T11:59:00Z' },
      { published: '2026-03-11T12:01:00Z' },
      { published: '1970-01-01T00:00:00Z' },
      {},
    ).dates;
    expect(dates).toEqual({ missing: 1, future: 1, ancient: 1, allSame: false });
  });

  it('reports when all dates are equal', () => {
    const published = '2026-03-10T11:00:00Z';
    expect(assess({ published }, { published }, {}).dates.allSame).toBe(true);
    expect(assess({ published }).dates.allSame).toBe(false);
    expect(assess({ published }, { published: '2026-03-10T11:00:01Z' }).dates.allSame).toBe(false);
  });

  it('counts ids and links that are missing or duplicate', () => {
    const { ids, links } = assess(
      { id: 'a', link: 'https://a.example/' },
      { id: 'a', link: 'https://a.example/' },
      { id: 'a' },
      { id: '' },
      { id: 'b' },
    );
    expect(ids).toEqual({ missing: 1, duplicate: 2 });
    expect(links).toEqual({ missing: 3, duplicate: 1 });
  });

  it('accepts a feed without entries', () => {
    expect(assess()).toEqual({
      entries: 0,
      dates: { missing: 0, future: 0, ancient: 0, allSame: false },
      ids: { missing: 0, duplicate: 0 },
      links: { missing: 0, duplicate: 0 },
    });
  });
});
