import { describe, expect, it } from 'vitest';
import type { ItemDraft, NormalisedFeed } from '../../src/domain/items/item.ts';
import type { ParsedItem } from '../../src/domain/items/parsed-feed.ts';
import { normaliseFeed } from '../../src/normalise/normalise-feed.ts';
import { notesOf } from '../support/notes.ts';
import { ordinaryItem, parsedFeed, parsedItem, plainOptions } from '../support/parsed-feed.ts';
import { findForbidden } from './html/forbidden-html.ts';

function normalise(items: readonly ParsedItem[], options = plainOptions()): NormalisedFeed {
  return normaliseFeed(parsedFeed(items), options);
}

function only(item: ParsedItem, options = plainOptions()): ItemDraft {
  const { drafts } = normalise([item], options);
  expect(drafts.length).toBe(1);
  return drafts[0]!;
}

describe('an entry, read and cleaned', () => {
  it('becomes an item draft', () => {
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

  it('gets a title and no other field when it is empty', () => {
    expect(only(parsedItem())).toMatchObject({
      title: 'A feed',
      summary: '',
      contentHtml: '',
      url: null,
      canonicalUrl: null,
      publishedMs: null,
    });
  });

  it('gets its title from its text, or from its address', () => {
    const text = 'One sentence that goes on for much longer than any title should, and then for a little longer still.';
    const untitled = parsedItem({ content: { type: 'html', value: `<p>${text}</p>` } });
    expect(only(untitled).title).toBe('One sentence that goes on for much longer than any title should, and then for…');
    expect(only(parsedItem({ link: 'https://www.site.example/a/b/' })).title).toBe('site.example/a/b');
  });

  it('keeps markup in a plain title and removes it from an HTML title', () => {
    expect(only(ordinaryItem(1, { title: { type: 'text', value: 'The <b> tag' } })).title).toBe('The <b> tag');
    expect(only(ordinaryItem(1, { title: { type: 'html', value: 'A <b>bold</b> title' } })).title).toBe('A bold title');
  });

  it('uses the longer of content and summary as its content', () => {
    const short = { type: 'html', value: '<p>Short</p>' } as const;
    const long = { type: 'html', value: '<p>A much longer text</p>' } as const;
    expect(only(ordinaryItem(1, { summary: short, content: long })).contentHtml).toBe('<p>A much longer text</p>');
    expect(only(ordinaryItem(1, { summary: short, content: long })).summary).toBe('Short');
    expect(only(ordinaryItem(1, { summary: long, content: short })).contentHtml).toBe('<p>A much longer text</p>');
    expect(only(ordinaryItem(1, { summary: null, content: long })).summary).toBe('A much longer text');
  });

  it('compares content and summary by visible text, not by markup', () => {
    const markup = { type: 'html', value: `<p class="${'x'.repeat(500)}">Short</p>` } as const;
    expect(
      only(ordinaryItem(1, { summary: { type: 'text', value: 'Rather longer' }, content: markup })).contentHtml,
    ).toBe('Rather longer');
  });

  it('keeps a content that is only an image', () => {
    const draft = only(
      ordinaryItem(1, { content: { type: 'html', value: '<img src=/p.jpg>' }, summary: { type: 'text', value: '' } }),
    );
    expect(draft.contentHtml).toContain('<img src="https://site.example/p.jpg"');
    expect(draft.imageUrl).toBe('https://site.example/p.jpg');
  });

  it('converts plain text to HTML', () => {
    expect(only(ordinaryItem(1, { content: { type: 'text', value: 'a < b\n\nc' } })).contentHtml).toBe(
      '<p>a &lt; b</p><p>c</p>',
    );
  });

  it('limits the summary to 500 characters', () => {
    const { summary } = only(ordinaryItem(1, { content: { type: 'html', value: 'word '.repeat(1000) } }));
    expect([...summary].length).toBeLessThanOrEqual(500);
    expect(summary.endsWith('word…')).toBe(true);
  });

  it('uses the update date as the publication date when there is no other', () => {
    const draft = only(ordinaryItem(1, { updated: '2026-03-09T11:00:00Z' }));
    expect(draft.publishedMs).toBe(Date.UTC(2026, 2, 9, 11));
  });

  it('limits the size of every field', () => {
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

  it('removes hostile markup and keeps readable text', () => {
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
    expect(findForbidden(draft.contentHtml)).toEqual([]);
    expect(draft.contentHtml).toBe('<p>ok</p>');
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});

describe('the language of an entry', () => {
  const feed = (part: Partial<ParsedItem>, language: string | null): NormalisedFeed =>
    normaliseFeed(parsedFeed([ordinaryItem(1, part)], { language: 'EN_gb' }), plainOptions({ language }));

  it("prefers the operator's setting to the entry's and the feed's", () => {
    expect(feed({ language: 'fr' }, 'de').drafts[0]?.language).toBe('de');
    expect(feed({ language: 'fr' }, null).drafts[0]?.language).toBe('fr');
    expect(feed({}, null).drafts[0]?.language).toBe('en-GB');
    expect(feed({ language: 'not a language!' }, null).drafts[0]?.language).toBe('en-GB');
  });
});

describe('the links of an entry', () => {
  it('are resolved against xml:base, then the feed link, then the response URL', () => {
    const link = (base: readonly string[], feedLink: string | null): string | null | undefined =>
      normaliseFeed(parsedFeed([parsedItem({ link: 'a', base })], { link: feedLink }), plainOptions()).drafts[0]?.url;
    expect(link(['https://base.example/x/'], 'https://site.example/')).toBe('https://base.example/x/a');
    expect(link([], 'https://site.example/blog/')).toBe('https://site.example/blog/a');
    expect(link([], null)).toBe('https://feeds.example/a');
  });

  it('are resolved against the same base in its content', () => {
    const draft = only(
      ordinaryItem(1, { base: ['https://base.example/x/'], content: { type: 'html', value: '<img src="p.png">' } }),
    );
    expect(draft.contentHtml).toContain('src="https://base.example/x/p.png"');
  });

  it.each([
    ['an absolute base', 'https://media.example/c/', 'https://media.example/c/p.png'],
    ['a base relative to that of the entry', 'c/', 'https://base.example/x/c/p.png'],
  ])('are resolved in the content against %s of the content element only', (_, base, src) => {
    const content = { type: 'html' as const, value: '<img src="p.png">', base };
    const draft = only(ordinaryItem(1, { link: 'story', base: ['https://base.example/x/'], content }));
    expect(draft.contentHtml).toContain(`src="${src}"`);
    expect(draft.url).toBe('https://base.example/x/story');
  });

  it('are resolved in a summary against the base of the summary', () => {
    const summary = {
      type: 'html' as const,
      value: '<p>The longer one <img src="p.png"></p>',
      base: 'https://s.example/',
    };
    const content = { type: 'html' as const, value: '<p>Short</p>', base: 'https://c.example/' };
    expect(only(ordinaryItem(1, { summary, content })).contentHtml).toContain('src="https://s.example/p.png"');
  });

  it('use feedburner:origLink when it is a URL', () => {
    const link = 'http://feedproxy.example.com/~r/x/~3/1/';
    const read = (original: string) => only(ordinaryItem(1, { link, data: { 'feedburner:origlink': original } }));
    expect(read('https://example.org/1?utm_source=feedburner')).toMatchObject({
      ...{ url: 'https://example.org/1', canonicalUrl: 'https://example.org/1' },
    });
    for (const original of ['javascript:alert(1)', '/1', '', 'x'.repeat(5_000)]) expect(read(original).url).toBe(link);
  });

  it('apply the base of the feed element once, whether or not items repeat it', () => {
    for (const base of [[], ['blog/']]) {
      const feed = parsedFeed([parsedItem({ link: 'a', base })], { base: 'blog/', link: null });
      expect(normaliseFeed(feed, plainOptions()).drafts[0]?.url).toBe('https://feeds.example/blog/a');
    }
  });

  it('are dropped when invalid, without dropping the entry', () => {
    const result = normalise(
      ['javascript:1', 'data:text/html,x', 'vbscript:x', 'file:///x', 'java\nscript:1'].map((link, n) =>
        ordinaryItem(n, { link }),
      ),
    );
    expect(result.drafts.map((draft) => draft.url)).toEqual([null, null, null, null, null]);
    expect(result.notes).toEqual(notesOf('bad_link:5'));
  });

  it('are absolute for the hubs, the feed itself and the archive', () => {
    const links = {
      self: 'rss.xml',
      hubs: ['https://hub.example/', 'javascript:1', 'https://hub.example/'],
      next: '/rss?page=2',
      prevArchive: null,
    };
    const result = normaliseFeed(parsedFeed([], { links, link: 'https://site.example/' }), plainOptions());
    expect(result).toMatchObject({
      siteUrl: 'https://site.example/',
      selfUrl: 'https://feeds.example/rss.xml',
      hubs: ['https://hub.example/'],
      archiveUrl: 'https://feeds.example/rss?page=2',
    });
    const based = parsedFeed([], { links, link: 'https://site.example/', base: 'https://cdn.example/feeds/' });
    expect(normaliseFeed(based, plainOptions())).toMatchObject({
      selfUrl: 'https://cdn.example/feeds/rss.xml',
      archiveUrl: 'https://cdn.example/rss?page=2',
    });
  });
});

describe('the enclosures of an entry', () => {
  it('drop invalid values, count them and keep the entry', () => {
    const enclosures = [
      { url: 'https://cdn.example/a.mp3', type: 'audio/mpeg', length: '-1' },
      { url: 'https://cdn.example/b.mp3', type: 'text/html', length: '1e30' },
      { url: 'http://127.0.0.1/c', type: 'not a type', length: '0' },
      { url: 'javascript:1', type: null, length: null },
      { url: 'https://cdn.example/a.mp3', type: 'audio/mpeg', length: '7' },
    ];
    const result = normalise([ordinaryItem(1, { enclosures })]);
    expect(result.drafts[0]?.enclosures).toEqual([
      { url: 'https://cdn.example/a.mp3', type: 'audio/mpeg', length: null },
      { url: 'https://cdn.example/b.mp3', type: 'text/html', length: null },
      { url: 'http://127.0.0.1/c', type: null, length: 0 },
    ]);
    expect(result.notes).toEqual(notesOf('bad_enclosure:4'));
  });

  it('provide the image of an entry when they are images', () => {
    const enclosures = [{ url: 'https://cdn.example/p.jpg', type: 'image/jpeg', length: null }];
    expect(only(ordinaryItem(1, { enclosures })).imageUrl).toBe('https://cdn.example/p.jpg');
  });
});
