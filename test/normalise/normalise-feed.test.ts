import { describe, expect, it } from 'vitest';
import type { NormalisedFeed } from '../../src/domain/items/item.ts';
import type { ParsedItem } from '../../src/domain/items/parsed-feed.ts';
import { normaliseFeed } from '../../src/normalise/normalise-feed.ts';
import { threadCpuMs } from '../support/cpu-time.ts';
import { notesOf } from '../support/notes.ts';
import { nowMs, ordinaryItem, parsedFeed, plainOptions } from '../support/parsed-feed.ts';

function normalise(items: readonly ParsedItem[], options = plainOptions()): NormalisedFeed {
  return normaliseFeed(parsedFeed(items), options);
}

function titles(result: NormalisedFeed): string[] {
  return result.drafts.map((draft) => draft.title);
}

describe('normaliseFeed on dates', () => {
  it('drops future and invalid dates and counts them', () => {
    const result = normalise([
      ordinaryItem(1, { published: 'Fri, 01 Jan 2099 00:00:00 GMT' }),
      ordinaryItem(2, { published: 'Thu, 01 Jan 1970 00:00:00 GMT' }),
      ordinaryItem(3, { published: 'yesterday' }),
      ordinaryItem(4, { published: 'Tue, 31 Feb 2026 00:00:00 GMT' }),
      ordinaryItem(5, { published: ' ' }),
    ]);
    expect(result.drafts.every((draft) => draft.publishedMs === null)).toBe(true);
    expect(result.notes).toEqual(notesOf('future_date:1', 'bad_date:3'));
  });

  it('ignores the dates of a source whose dates are not trusted', () => {
    const options = plainOptions({ trust: { dates: false, ids: true } });
    const item = ordinaryItem(1, { published: 'Mon, 09 Mar 2026 10:00:00 GMT', updated: 'nonsense' });
    const result = normalise([item], options);
    expect(result.drafts).toMatchObject([{ publishedMs: null, updatedMs: null }]);
    expect(result.notes).toEqual([]);
  });

  it('returns the oldest first, and ties and undated items in reverse document order', () => {
    const at = (n: number, hour: number | null): ParsedItem =>
      ordinaryItem(n, { published: hour === null ? null : new Date(Date.UTC(2026, 2, 9, hour)).toUTCString() });
    expect(titles(normalise([at(1, null), at(2, 12), at(3, 10), at(4, 10), at(5, null), at(6, 11)]))).toEqual(
      [4, 3, 6, 2, 5, 1].map((n) => `Title ${n}`),
    );
  });
});

describe('normaliseFeed on the identity of entries', () => {
  it('keeps the most recently updated of two entries with one guid', () => {
    const older = ordinaryItem(1, { updated: '2026-03-09T10:00:00Z', title: { type: 'text', value: 'Older' } });
    const newer = ordinaryItem(1, { updated: '2026-03-09T11:00:00Z', title: { type: 'text', value: 'Newer' } });
    for (const items of [
      [older, newer, ordinaryItem(2)],
      [newer, older, ordinaryItem(2)],
    ]) {
      const result = normalise(items);
      expect(titles(result).toSorted()).toEqual(['Newer', 'Title 2']);
      expect(result.notes).toEqual(notesOf('dup_guid:1'));
    }
  });

  it('keeps the last of two entries with one guid when neither has a date', () => {
    const result = normalise([
      ordinaryItem(1),
      ordinaryItem(2),
      ordinaryItem(1, { title: { type: 'text', value: 'Again' } }),
    ]);
    expect(titles(result)).toEqual(['Again', 'Title 2']);
  });

  it('keeps every item of a source whose guids are all the same, and notes it', () => {
    const result = normalise([1, 2, 3, 4].map((n) => ordinaryItem(n, { guid: 'same' })));
    expect(result.drafts.length).toBe(4);
    expect(result.notes).toEqual(notesOf('ids_distrusted', 'dup_guid:3'));
  });

  it('does not use guids that an earlier poll found unreliable', () => {
    const items = [1, 2, 3, 4].map((n) => ordinaryItem(n, { guid: 'same' }));
    const [first] = normalise(items).drafts;
    const later = normalise([ordinaryItem(4, { guid: 'same' })], plainOptions({ trust: { dates: true, ids: false } }));
    expect(later.drafts[0]?.entryKey).toBe(first?.entryKey);
    expect(later.notes).toEqual([]);
    expect(normalise(items, plainOptions({ trust: { dates: true, ids: false } })).notes).toEqual([]);
  });

  it('gives no entry a canonical URL that several entries share', () => {
    const result = normalise([
      ordinaryItem(1, { link: 'https://site.example/day' }),
      ordinaryItem(2, { link: 'https://site.example/day#2' }),
      ordinaryItem(3),
    ]);
    expect(result.drafts.map((draft) => draft.canonicalUrl)).toEqual(['https://site.example/story/3', null, null]);
  });

  it('keeps the canonical URL of an entry that is repeated', () => {
    expect(normalise([ordinaryItem(1), ordinaryItem(1)]).drafts[0]?.canonicalUrl).toBe('https://site.example/story/1');
  });
});

describe('normaliseFeed on stored entries', () => {
  const items = [ordinaryItem(1), ordinaryItem(2)];
  const known = Object.fromEntries(normalise(items).drafts.map((draft) => [draft.entryKey, draft.contentHash]));

  it('omits unchanged entries and lists their keys', () => {
    const result = normalise([...items, ordinaryItem(3)], plainOptions({ known }));
    expect(titles(result)).toEqual(['Title 3']);
    expect(result.unchanged.toSorted()).toEqual(Object.keys(known).toSorted());
  });

  it('does not report a change of markup or white space as an edit', () => {
    const html = '<div  class="new">\n<p>Text <i>of</i> story 1</p><img src="https://ads.example/1.gif"></div>';
    const result = normalise(
      [ordinaryItem(1, { content: { type: 'html', value: html }, updated: '2026-03-10T00:00:00Z' })],
      plainOptions({ known }),
    );
    expect(result.drafts).toEqual([]);
  });

  it('returns an entry whose text changed', () => {
    const edited = ordinaryItem(1, { content: { type: 'html', value: '<p>Text of story one</p>' } });
    expect(titles(normalise([edited, ordinaryItem(2)], plainOptions({ known })))).toEqual(['Title 1']);
  });

  it('does not find stored entries under properties of Object.prototype', () => {
    expect(normalise(items, plainOptions({ known: {} })).unchanged).toEqual([]);
  });
});

describe('normaliseFeed with keep and drop filters', () => {
  const items = [
    ordinaryItem(1, { title: { type: 'text', value: 'Climate report' } }),
    ordinaryItem(2, { categories: ['Energy'] }),
    ordinaryItem(3, { title: { type: 'text', value: 'Climate, sponsored' } }),
    ordinaryItem(4),
  ];

  it('keeps entries whose title or category matches, in any case', () => {
    const result = normalise(items, plainOptions({ keep: 'climate|energy' }));
    expect(titles(result)).toEqual(['Climate, sponsored', 'Title 2', 'Climate report']);
    expect(result.notes).toEqual(notesOf('filtered:1'));
  });

  it('drops matching entries, also those that keep matches', () => {
    expect(titles(normalise(items, plainOptions({ keep: 'climate', drop: 'SPONSORED' })))).toEqual(['Climate report']);
  });

  it('takes linear time for any expression', () => {
    const long = ordinaryItem(1, { title: { type: 'text', value: 'a'.repeat(1000) } });
    expect(threadCpuMs(() => normalise([long], plainOptions({ drop: '(a+)+$b' })))).toBeLessThan(1_000);
  });
});

describe('normaliseFeed within its limits', () => {
  it('returns the first items up to the limit and counts all', () => {
    const result = normalise(
      Array.from({ length: 2000 }, (_, n) => ordinaryItem(n)),
      plainOptions({ limit: 50 }),
    );
    expect(result.drafts.length).toBe(50);
    expect(titles(result).at(-1)).toBe('Title 0');
    expect(result.notes).toEqual(notesOf('item_flood:2000'));
  });

  describe('returns the newest items up to the limit', () => {
    const dayOf = (n: number) => new Date(nowMs - (2001 - n) * 3_600_000).toISOString();
    const flood = (part: (n: number) => object) => Array.from({ length: 2000 }, (_, n) => ordinaryItem(n, part(n)));
    const taken = (items: ReturnType<typeof flood>, more: Parameters<typeof plainOptions>[0] = {}) =>
      titles(normalise(items, plainOptions({ limit: 50, ...more })))
        .map((title) => Number(title?.replace('Title ', '')))
        .sort((a, b) => a - b);
    const newest = Array.from({ length: 50 }, (_, n) => 1950 + n);
    const first = Array.from({ length: 50 }, (_, n) => n);

    it('when the oldest come first', () => {
      expect(taken(flood((n) => ({ published: dayOf(n) })))).toEqual(newest);
    });

    it('when entries have only an update date', () => {
      expect(taken(flood((n) => ({ updated: dayOf(n) })))).toEqual(newest);
    });

    it('when some entries have no date', () => {
      expect(taken(flood((n) => (n % 3 === 1 ? {} : { published: dayOf(n) })))).toEqual(newest);
    });

    it('when many entries have the same date', () => {
      expect(taken(flood((n) => ({ published: dayOf(n).slice(0, 7) })))).toEqual(newest);
    });

    it('when a future date would keep an old entry', () => {
      const items = flood((n) => ({ published: n === 0 ? '2031-01-01' : dayOf(n) }));
      expect(taken(items)).toEqual(newest);
    });

    it('from the start when there are no dates or none that are trusted', () => {
      expect(taken(flood(() => ({})))).toEqual(first);
      expect(
        taken(
          flood((n) => ({ published: dayOf(n) })),
          { trust: { dates: false, ids: true } },
        ),
      ).toEqual(first);
    });
  });

  it('truncates a content of 20 MB and keeps title and link', () => {
    let result: NormalisedFeed | null = null;
    const content = { type: 'html', value: '<p>hello world</p>'.repeat(1_200_000) } as const;
    expect(
      threadCpuMs(() => {
        result = normalise([ordinaryItem(1, { content })]);
      }),
    ).toBeLessThan(2_000);
    expect(result).toMatchObject({
      notes: notesOf('content_cut:1'),
      drafts: [{ title: 'Title 1', url: 'https://site.example/story/1' }],
    });
    expect(Buffer.byteLength(result!.drafts[0]!.contentHtml)).toBeLessThanOrEqual(128 * 1024);
  });

  it('limits a document to 4 MB of content but keeps all titles', () => {
    const content = { type: 'html', value: `<p>${'x'.repeat(120_000)}</p>` } as const;
    const result = normalise(Array.from({ length: 50 }, (_, n) => ordinaryItem(n, { content })));
    const bytes = result.drafts.reduce((sum, draft) => sum + Buffer.byteLength(draft.contentHtml), 0);
    expect(bytes).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(bytes).toBeGreaterThan(3.8 * 1024 * 1024);
    expect(result.drafts.length).toBe(50);
    expect(result.drafts.every((draft) => draft.summary !== '')).toBe(true);
    expect(result.notes).toEqual(notesOf('content_cut:16'));
  });

  it('reads at most 8 MB of markup, however little text results', () => {
    const content = { type: 'html', value: `<p class="${'x'.repeat(1_000_000)}">Text</p>` } as const;
    const result = normalise(Array.from({ length: 12 }, (_, n) => ordinaryItem(n, { content })));
    expect(result.drafts.filter((draft) => draft.contentHtml === '<p>Text</p>').length).toBe(9);
    expect(result.notes).toEqual(notesOf('content_cut:3'));
  });

  it('does not report omitted content as an edit', () => {
    const content = { type: 'html', value: `<p>${'x'.repeat(120_000)}</p>` } as const;
    const items = Array.from({ length: 50 }, (_, n) => ordinaryItem(n, { content }));
    const known = Object.fromEntries(normalise(items).drafts.map((draft) => [draft.entryKey, draft.contentHash]));
    expect(normalise(items.toReversed(), plainOptions({ known })).drafts).toEqual([]);
  });
});

describe('normaliseFeed on the metadata of the feed', () => {
  it('returns what the scheduler and the store need', () => {
    const feed = parsedFeed([], {
      title: { type: 'html', value: 'News &amp; <b>views</b>' },
      complete: true,
      notes: notesOf('recovered'),
      deleted: [
        { ref: ' tag:site.example,2026:1 ', when: '2026-03-01T00:00:00Z' },
        { ref: 'x', when: 'once' },
      ],
    });
    expect(normaliseFeed(feed, plainOptions())).toMatchObject({
      kind: 'normalised',
      feedTitle: 'News & views',
      complete: true,
      notes: notesOf('recovered'),
      deleted: [
        { ref: 'tag:site.example,2026:1', atMs: Date.UTC(2026, 2, 1) },
        { ref: 'x', atMs: null },
      ],
      drafts: [],
    });
  });

  it('omits an entry with a tombstone in the same document unless it was updated later', () => {
    const when = '2026-03-01T00:00:00Z';
    const feed = parsedFeed(
      [
        ordinaryItem(1, { guid: 'stub', updated: when }),
        ordinaryItem(2, { guid: 'back', updated: '2026-03-01T01:00:00Z' }),
        ordinaryItem(3, { guid: 'other', updated: when }),
      ],
      {
        deleted: ['stub', 'back'].map((ref) => ({ ref, when })),
      },
    );
    const { drafts } = normaliseFeed(feed, plainOptions());
    expect(drafts.map(({ guid }) => guid).toSorted()).toEqual(['back', 'other']);
  });

  it('returns no title for an empty title element', () => {
    expect(
      normaliseFeed(parsedFeed([], { title: { type: 'html', value: ' <b></b> ' } }), plainOptions()).feedTitle,
    ).toBeNull();
  });
});
