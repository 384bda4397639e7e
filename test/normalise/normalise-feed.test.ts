import { describe, expect, it } from 'vitest';
import type { Digest, ItemDraft } from '../../src/domain/item.ts';
import type { ParsedItem } from '../../src/domain/parsed-feed.ts';
import { normaliseFeed, storeOrder } from '../../src/normalise/normalise-feed.ts';
import { cpuMs } from './cpu-time.ts';
import { forbidden } from './markup-oracle.ts';
import { nowMs, ordinaryItem, parsedFeed, parsedItem, plainOptions } from './parsed.ts';

function digest(items: readonly ParsedItem[], options = plainOptions()): Digest {
  return normaliseFeed(parsedFeed(items), options);
}

function only(item: ParsedItem, options = plainOptions()): ItemDraft {
  const { drafts } = digest([item], options);
  expect(drafts.length).toBe(1);
  return drafts[0]!;
}

function titles(result: Digest): string[] {
  return result.drafts.map((draft) => draft.title);
}

describe('normaliseFeed on one entry', () => {
  it('makes a draft of it', () => {
    const item = ordinaryItem(1, {
      link: '/story/1?utm_source=rss',
      published: 'Mon, 09 Mar 2026 10:00:00 GMT',
      updated: '2026-03-09T11:00:00Z',
      author: 'desk@site.example (The Desk)',
      categories: ['World', 'Arts &amp; Culture', 'World', ' '],
      enclosures: [{ url: '/a.mp3', type: 'Audio/MPEG', length: '1234' }],
      imageUrl: '/i.jpg',
    });
    expect(only(item)).toMatchObject({
      canonicalUrl: 'https://site.example/story/1',
      guid: 'guid-1',
      url: 'https://site.example/story/1',
      title: 'Title 1',
      summary: 'Text of story 1',
      contentHtml: '<p>Text of story 1</p>',
      author: 'The Desk',
      categories: ['World', 'Arts & Culture'],
      enclosures: [{ url: 'https://site.example/a.mp3', type: 'audio/mpeg', length: 1234 }],
      imageUrl: 'https://site.example/i.jpg',
      publishedMs: Date.UTC(2026, 2, 9, 10),
      updatedMs: Date.UTC(2026, 2, 9, 11),
    });
  });

  it('makes something of an entry without anything', () => {
    expect(only(parsedItem())).toMatchObject({
      title: 'A feed',
      summary: '',
      contentHtml: '',
      url: null,
      canonicalUrl: null,
      publishedMs: null,
    });
  });

  it('makes a title of the text, else of the address', () => {
    const text = 'One sentence that goes on for much longer than any title should, and then for a little longer still.';
    const untitled = parsedItem({ content: { type: 'html', value: `<p>${text}</p>` } });
    expect(only(untitled).title).toBe('One sentence that goes on for much longer than any title should, and then for…');
    expect(only(parsedItem({ link: 'https://www.site.example/a/b/' })).title).toBe('site.example/a/b');
  });

  it('shows markup in a plain title, and takes it out of an HTML one', () => {
    expect(only(ordinaryItem(1, { title: { type: 'text', value: 'The <b> tag' } })).title).toBe('The <b> tag');
    expect(only(ordinaryItem(1, { title: { type: 'html', value: 'A <b>bold</b> title' } })).title).toBe('A bold title');
  });

  it('takes the longer of content and summary for the content, and the summary for the summary', () => {
    const short = { type: 'html', value: '<p>Short</p>' } as const;
    const long = { type: 'html', value: '<p>A much longer text</p>' } as const;
    expect(only(ordinaryItem(1, { summary: short, content: long })).contentHtml).toBe('<p>A much longer text</p>');
    expect(only(ordinaryItem(1, { summary: short, content: long })).summary).toBe('Short');
    expect(only(ordinaryItem(1, { summary: long, content: short })).contentHtml).toBe('<p>A much longer text</p>');
    expect(only(ordinaryItem(1, { summary: null, content: long })).summary).toBe('A much longer text');
  });

  it('measures by what is read, not by markup', () => {
    const markup = { type: 'html', value: `<p class="${'x'.repeat(500)}">Short</p>` } as const;
    expect(
      only(ordinaryItem(1, { summary: { type: 'text', value: 'Rather longer' }, content: markup })).contentHtml,
    ).toBe('Rather longer');
  });

  it('keeps a content that is a picture', () => {
    const draft = only(
      ordinaryItem(1, { content: { type: 'html', value: '<img src=/p.jpg>' }, summary: { type: 'text', value: '' } }),
    );
    expect(draft.contentHtml).toContain('<img src="https://site.example/p.jpg"');
    expect(draft.imageUrl).toBe('https://site.example/p.jpg');
  });

  it('makes HTML of plain text', () => {
    expect(only(ordinaryItem(1, { content: { type: 'text', value: 'a < b\n\nc' } })).contentHtml).toBe(
      '<p>a &lt; b</p><p>c</p>',
    );
  });

  it('keeps summaries to 500 characters', () => {
    const { summary } = only(ordinaryItem(1, { content: { type: 'html', value: 'word '.repeat(1000) } }));
    expect([...summary].length).toBeLessThanOrEqual(500);
    expect(summary.endsWith('word…')).toBe(true);
  });

  it('takes the publication of an entry that says only when it was updated', () => {
    const draft = only(ordinaryItem(1, { updated: '2026-03-09T11:00:00Z' }));
    expect(draft.publishedMs).toBe(Date.UTC(2026, 2, 9, 11));
  });

  it('bounds every field', () => {
    const draft = only(
      ordinaryItem(1, {
        guid: 'é'.repeat(1_000_000),
        title: { type: 'text', value: 'é'.repeat(5000) },
        author: 'x'.repeat(5000),
        categories: Array.from({ length: 500 }, (_, n) => `${n}${'é'.repeat(500)}`),
        enclosures: Array.from({ length: 500 }, (_, n) => ({
          url: `https://cdn.example/${n}`,
          type: null,
          length: null,
        })),
      }),
    );
    expect(Buffer.byteLength(draft.guid ?? '')).toBe(1024);
    expect(Buffer.byteLength(draft.title)).toBe(1024);
    expect(draft.author?.length).toBe(256);
    expect(draft.categories.length).toBe(50);
    expect(draft.categories.every((category) => Buffer.byteLength(category) <= 256)).toBe(true);
    expect(draft.enclosures.length).toBe(50);
  });

  it('cleans what is hostile and keeps what is readable', () => {
    const draft = only(
      parsedItem({
        guid: '__proto__',
        title: { type: 'text', value: `\u001b]52;c;x\u0007Big \u202enews${'\u0301'.repeat(100_000)}\u200b` },
        link: 'java\nscript:alert(1)',
        author: '<script>x</script>',
        categories: ['<img src=x onerror=y>', '\u0000'],
        content: { type: 'html', value: '<p onclick=x>ok<script>y</script></p>' },
      }),
    );
    expect(draft.title.normalize('NFD')).toMatch(/^\]52;c;xBig news\u0301{1,4}$/);
    expect(draft.url).toBeNull();
    expect(draft.author).toBe('<script>x</script>');
    expect(draft.categories).toEqual(['<img src=x onerror=y>']);
    expect(forbidden(draft.contentHtml)).toEqual([]);
    expect(draft.contentHtml).toBe('<p>ok</p>');
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});

describe('normaliseFeed on languages', () => {
  const feed = (part: Partial<ParsedItem>, language: string | null): Digest =>
    normaliseFeed(parsedFeed([ordinaryItem(1, part)], { language: 'EN_gb' }), plainOptions({ language }));

  it('takes the operator first, then the entry, then the feed', () => {
    expect(feed({ language: 'fr' }, 'de').drafts[0]?.language).toBe('de');
    expect(feed({ language: 'fr' }, null).drafts[0]?.language).toBe('fr');
    expect(feed({}, null).drafts[0]?.language).toBe('en-GB');
    expect(feed({ language: 'not a language!' }, null).drafts[0]?.language).toBe('en-GB');
  });
});

describe('normaliseFeed on dates', () => {
  it('drops dates ahead and dates that are none, and counts them', () => {
    const result = digest([
      ordinaryItem(1, { published: 'Fri, 01 Jan 2099 00:00:00 GMT' }),
      ordinaryItem(2, { published: 'Thu, 01 Jan 1970 00:00:00 GMT' }),
      ordinaryItem(3, { published: 'yesterday' }),
      ordinaryItem(4, { published: 'Tue, 31 Feb 2026 00:00:00 GMT' }),
      ordinaryItem(5, { published: ' ' }),
    ]);
    expect(result.drafts.every((draft) => draft.publishedMs === null)).toBe(true);
    expect(result.notes).toEqual(['future_date:1', 'bad_date:3']);
  });

  it('asks no date of a publisher whose dates are not to be trusted', () => {
    const options = plainOptions({ trust: { dates: false, ids: true } });
    const draft = only(ordinaryItem(1, { published: 'Mon, 09 Mar 2026 10:00:00 GMT', updated: 'nonsense' }), options);
    expect([draft.publishedMs, draft.updatedMs]).toEqual([null, null]);
  });

  it('gives oldest first, ties and the undated in reverse document order', () => {
    const at = (n: number, hour: number | null): ParsedItem =>
      ordinaryItem(n, { published: hour === null ? null : new Date(Date.UTC(2026, 2, 9, hour)).toUTCString() });
    expect(titles(digest([at(1, null), at(2, 12), at(3, 10), at(4, 10), at(5, null), at(6, 11)]))).toEqual(
      [4, 3, 6, 2, 5, 1].map((n) => `Title ${n}`),
    );
  });

  it('leaves the drafts that it orders as they are', () => {
    const { drafts } = digest([ordinaryItem(1), ordinaryItem(2)]);
    expect(storeOrder(drafts, nowMs)).toEqual(drafts.toReversed());
  });
});

describe('normaliseFeed on links', () => {
  it('resolves by xml:base, then the feed link, then the URL that answered', () => {
    const link = (base: readonly string[], feedLink: string | null): string | null | undefined =>
      normaliseFeed(parsedFeed([parsedItem({ link: 'a', base })], { link: feedLink }), plainOptions()).drafts[0]?.url;
    expect(link(['https://base.example/x/'], 'https://site.example/')).toBe('https://base.example/x/a');
    expect(link([], 'https://site.example/blog/')).toBe('https://site.example/blog/a');
    expect(link([], null)).toBe('https://feeds.example/a');
  });

  it('resolves what is in the content against the same base', () => {
    const draft = only(
      ordinaryItem(1, { base: ['https://base.example/x/'], content: { type: 'html', value: '<img src="p.png">' } }),
    );
    expect(draft.contentHtml).toContain('src="https://base.example/x/p.png"');
  });

  it('takes the base of the feed element once, whether or not items repeat it', () => {
    for (const base of [[], ['blog/']]) {
      const feed = parsedFeed([parsedItem({ link: 'a', base })], { base: 'blog/', link: null });
      expect(normaliseFeed(feed, plainOptions()).drafts[0]?.url).toBe('https://feeds.example/blog/a');
    }
  });

  it('drops links that are none and keeps the entries', () => {
    const result = digest(
      ['javascript:1', 'data:text/html,x', 'vbscript:x', 'file:///x', 'java\nscript:1'].map((link, n) =>
        ordinaryItem(n, { link }),
      ),
    );
    expect(result.drafts.map((draft) => draft.url)).toEqual([null, null, null, null, null]);
    expect(result.notes).toEqual(['bad_link:5']);
  });

  it('reports hubs, the feed itself and the archive as absolute addresses', () => {
    const links = {
      self: 'rss.xml',
      hubs: ['https://hub.example/', 'javascript:1', 'https://hub.example/'],
      next: '/rss?page=2',
      prevArchive: null,
    };
    const result = normaliseFeed(parsedFeed([], { links, link: 'https://site.example/' }), plainOptions());
    expect(result).toMatchObject({
      siteUrl: 'https://site.example/',
      selfUrl: 'https://site.example/rss.xml',
      hubs: ['https://hub.example/'],
      archiveUrl: 'https://site.example/rss?page=2',
    });
  });
});

describe('normaliseFeed on enclosures', () => {
  it('takes nonsense out of them, counts it, and keeps the entry', () => {
    const enclosures = [
      { url: 'https://cdn.example/a.mp3', type: 'audio/mpeg', length: '-1' },
      { url: 'https://cdn.example/b.mp3', type: 'text/html', length: '1e30' },
      { url: 'http://127.0.0.1/c', type: 'not a type', length: '0' },
      { url: 'javascript:1', type: null, length: null },
      { url: 'https://cdn.example/a.mp3', type: 'audio/mpeg', length: '7' },
    ];
    const result = digest([ordinaryItem(1, { enclosures })]);
    expect(result.drafts[0]?.enclosures).toEqual([
      { url: 'https://cdn.example/a.mp3', type: 'audio/mpeg', length: null },
      { url: 'https://cdn.example/b.mp3', type: 'text/html', length: null },
      { url: 'http://127.0.0.1/c', type: null, length: 0 },
    ]);
    expect(result.notes).toEqual(['bad_enclosure:4']);
  });

  it('takes an attached picture for the picture', () => {
    const enclosures = [{ url: 'https://cdn.example/p.jpg', type: 'image/jpeg', length: null }];
    expect(only(ordinaryItem(1, { enclosures })).imageUrl).toBe('https://cdn.example/p.jpg');
  });
});

describe('normaliseFeed on identity', () => {
  it('keeps the most recently updated of two entries with one guid', () => {
    const older = ordinaryItem(1, { updated: '2026-03-09T10:00:00Z', title: { type: 'text', value: 'Older' } });
    const newer = ordinaryItem(1, { updated: '2026-03-09T11:00:00Z', title: { type: 'text', value: 'Newer' } });
    for (const items of [
      [older, newer, ordinaryItem(2)],
      [newer, older, ordinaryItem(2)],
    ]) {
      const result = digest(items);
      expect(titles(result).toSorted()).toEqual(['Newer', 'Title 2']);
      expect(result.notes).toEqual(['dup_guid:1']);
    }
  });

  it('keeps the last where neither says when it was updated', () => {
    const result = digest([
      ordinaryItem(1),
      ordinaryItem(2),
      ordinaryItem(1, { title: { type: 'text', value: 'Again' } }),
    ]);
    expect(titles(result)).toEqual(['Again', 'Title 2']);
  });

  it('keeps every item of a source that gives all the same guid, and says so', () => {
    const result = digest([1, 2, 3, 4].map((n) => ordinaryItem(n, { guid: 'same' })));
    expect(result.drafts.length).toBe(4);
    expect(result.notes).toEqual(['ids_distrusted', 'dup_guid:3']);
  });

  it('stays a rung down when that was found out before', () => {
    const items = [1, 2, 3, 4].map((n) => ordinaryItem(n, { guid: 'same' }));
    const [first] = digest(items).drafts;
    const later = digest([ordinaryItem(4, { guid: 'same' })], plainOptions({ trust: { dates: true, ids: false } }));
    expect(later.drafts[0]?.entryKey).toBe(first?.entryKey);
    expect(later.notes).toEqual([]);
  });

  it('gives a shared link to none of those that share it', () => {
    const result = digest([
      ordinaryItem(1, { link: 'https://site.example/day' }),
      ordinaryItem(2, { link: 'https://site.example/day#2' }),
      ordinaryItem(3),
    ]);
    expect(result.drafts.map((draft) => draft.canonicalUrl)).toEqual(['https://site.example/story/3', null, null]);
  });

  it('lets an entry that is repeated keep its link', () => {
    expect(digest([ordinaryItem(1), ordinaryItem(1)]).drafts[0]?.canonicalUrl).toBe('https://site.example/story/1');
  });
});

describe('normaliseFeed on what is known', () => {
  const items = [ordinaryItem(1), ordinaryItem(2)];
  const known = Object.fromEntries(digest(items).drafts.map((draft) => [draft.entryKey, draft.contentHash]));

  it('leaves unchanged entries out and names them', () => {
    const result = digest([...items, ordinaryItem(3)], plainOptions({ known }));
    expect(titles(result)).toEqual(['Title 3']);
    expect(result.unchanged.toSorted()).toEqual(Object.keys(known).toSorted());
  });

  it('does not take new markup or white space for news', () => {
    const html = '<div  class="new">\n<p>Text <i>of</i> story 1</p><img src="https://ads.example/1.gif"></div>';
    const result = digest(
      [ordinaryItem(1, { content: { type: 'html', value: html }, updated: '2026-03-10T00:00:00Z' })],
      plainOptions({ known }),
    );
    expect(result.drafts).toEqual([]);
  });

  it('gives out an entry whose text changed', () => {
    const edited = ordinaryItem(1, { content: { type: 'html', value: '<p>Text of story one</p>' } });
    expect(titles(digest([edited, ordinaryItem(2)], plainOptions({ known })))).toEqual(['Title 1']);
  });

  it('knows nothing by names that every object has', () => {
    expect(digest(items, plainOptions({ known: {} })).unchanged).toEqual([]);
  });
});

describe('normaliseFeed on the operator’s filters', () => {
  const items = [
    ordinaryItem(1, { title: { type: 'text', value: 'Climate report' } }),
    ordinaryItem(2, { categories: ['Energy'] }),
    ordinaryItem(3, { title: { type: 'text', value: 'Climate, sponsored' } }),
    ordinaryItem(4),
  ];

  it('keeps what is asked for by title or category, whatever the case', () => {
    const result = digest(items, plainOptions({ keep: 'climate|energy' }));
    expect(titles(result)).toEqual(['Climate, sponsored', 'Title 2', 'Climate report']);
    expect(result.notes).toEqual(['filtered:1']);
  });

  it('drops what is not wanted, also of what is kept', () => {
    expect(titles(digest(items, plainOptions({ keep: 'climate', drop: 'SPONSORED' })))).toEqual(['Climate report']);
  });

  it('takes linear time over any expression', () => {
    const long = ordinaryItem(1, { title: { type: 'text', value: 'a'.repeat(1000) } });
    expect(cpuMs(() => digest([long], plainOptions({ drop: '(a+)+$b' })))).toBeLessThan(1_000);
  });
});

describe('normaliseFeed within its limits', () => {
  it('takes the first items of a flood and counts the rest', () => {
    const result = digest(
      Array.from({ length: 2000 }, (_, n) => ordinaryItem(n)),
      plainOptions({ limit: 50 }),
    );
    expect(result.drafts.length).toBe(50);
    expect(titles(result).at(-1)).toBe('Title 0');
    expect(result.notes).toEqual(['item_flood:2000']);
  });

  it('cuts a content of 20 MB and keeps title and link', () => {
    let result: Digest | null = null;
    const content = { type: 'html', value: '<p>hello world</p>'.repeat(1_200_000) } as const;
    expect(
      cpuMs(() => {
        result = digest([ordinaryItem(1, { content })]);
      }),
    ).toBeLessThan(2_000);
    expect(result).toMatchObject({
      notes: ['content_cut:1'],
      drafts: [{ title: 'Title 1', url: 'https://site.example/story/1' }],
    });
    expect(Buffer.byteLength(result!.drafts[0]!.contentHtml)).toBeLessThanOrEqual(128 * 1024);
  });

  it('keeps a document to 4 MB, and its titles beyond that', () => {
    const content = { type: 'html', value: `<p>${'x'.repeat(120_000)}</p>` } as const;
    const result = digest(Array.from({ length: 50 }, (_, n) => ordinaryItem(n, { content })));
    const bytes = result.drafts.reduce((sum, draft) => sum + Buffer.byteLength(draft.contentHtml), 0);
    expect(bytes).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(bytes).toBeGreaterThan(3.8 * 1024 * 1024);
    expect(result.drafts.length).toBe(50);
    expect(result.drafts.every((draft) => draft.summary !== '')).toBe(true);
    expect(result.notes).toEqual(['content_cut:16']);
  });

  it('does not take a content that was left out for an edit', () => {
    const content = { type: 'html', value: `<p>${'x'.repeat(120_000)}</p>` } as const;
    const items = Array.from({ length: 50 }, (_, n) => ordinaryItem(n, { content }));
    const known = Object.fromEntries(digest(items).drafts.map((draft) => [draft.entryKey, draft.contentHash]));
    expect(digest(items.toReversed(), plainOptions({ known })).drafts).toEqual([]);
  });
});

describe('normaliseFeed on the feed itself', () => {
  it('hands on what the scheduler and the store need', () => {
    const feed = parsedFeed([], {
      title: { type: 'html', value: 'News &amp; <b>views</b>' },
      complete: true,
      notes: ['recovered'],
      deleted: [
        { ref: ' tag:site.example,2026:1 ', when: '2026-03-01T00:00:00Z' },
        { ref: 'x', when: 'once' },
      ],
    });
    expect(normaliseFeed(feed, plainOptions())).toMatchObject({
      kind: 'digested',
      feedTitle: 'News & views',
      complete: true,
      notes: ['recovered'],
      deleted: [
        { ref: 'tag:site.example,2026:1', atMs: Date.UTC(2026, 2, 1) },
        { ref: 'x', atMs: null },
      ],
      drafts: [],
    });
  });

  it('has no title where the publisher gave an empty one', () => {
    expect(
      normaliseFeed(parsedFeed([], { title: { type: 'html', value: ' <b></b> ' } }), plainOptions()).feedTitle,
    ).toBeNull();
  });
});
