import RssParser from 'rss-parser';
import { describe, expect, it } from 'vitest';
import { type OutputFeed, toEntry, toWithdrawalNotice } from '../../../src/web/syndication/output-feed.ts';
import { renderAtom } from '../../../src/web/syndication/render-atom.ts';
import { renderJsonFeed } from '../../../src/web/syndication/render-json-feed.ts';
import { renderRss } from '../../../src/web/syndication/render-rss.ts';
import { anItem } from '../../support/builders.ts';
import { type Element, readTree } from '../../support/syndication/element-tree.ts';
import { noon } from '../../support/web/test-app.ts';

const base = 'https://news.example.com';

const rich = anItem(7, {
  title: 'Rail & road: <why> not',
  author: 'A. Writer',
  categories: ['rail', 'a<b"c&d'],
  imageUrl: 'https://example.org/7.jpg',
  enclosures: [
    { url: 'https://example.org/7.mp3?a=1&b=2', type: 'audio/mpeg', length: 1234 },
    { url: 'https://example.org/7.pdf', type: null, length: null },
  ],
  alsoIn: [{ id: 'other', title: 'The Other' }],
  publishedMs: noon,
  updatedMs: noon + 60_000,
});

function feedOf(over: Partial<OutputFeed> = {}): OutputFeed {
  return {
    title: 'Daily & <Weekly>',
    description: 'All of it',
    homeUrl: `${base}/`,
    selfUrl: `${base}/feed.x?limit=1`,
    hubUrl: null,
    styleUrl: '/feed.css',
    nextUrl: `${base}/feed.x?limit=1&before=9-7`,
    updatedMs: noon + 60_000,
    entries: [toEntry(rich, base)],
    withdrawalNotices: [],
    tombstones: [],
    ...over,
  };
}

interface Node {
  /** `dc` of `dc:creator`; empty without a prefix. */
  readonly prefix: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly parent: string | null;
  readonly text: string;
}

/** All elements of a document, in document order, with their own text. */
function nodesOf(xml: string): Node[] {
  const nodes = ({ name: full, attributes, text, children }: Element, parent: string | null): Node[] => {
    const [name = '', prefix = ''] = full.split(':').toReversed();
    return [{ prefix, name, attributes, parent, text }, ...children.flatMap((child) => nodes(child, name))];
  };
  return nodes(readTree(xml), null);
}

function within(nodes: readonly Node[], parent: string, name: string): Node[] {
  return nodes.filter((node) => node.parent === parent && node.name === name);
}

describe('RSS', () => {
  const nodes = nodesOf(renderRss(feedOf()));
  const textOf = (parent: string, name: string) => within(nodes, parent, name).map(({ text }) => text);

  it('has the title, link and ttl of the channel', () => {
    expect(textOf('channel', 'title')).toEqual(['Daily & <\u200bWeekly>']);
    expect(within(nodes, 'channel', 'link')[0]?.text).toBe(`${base}/`);
    expect(textOf('channel', 'ttl')).toEqual(['5']);
    expect(textOf('channel', 'lastBuildDate')).toEqual(['Thu, 15 Jan 2026 12:01:00 GMT']);
  });

  it('has self and next links as in Atom', () => {
    const links = within(nodes, 'channel', 'link').filter(({ prefix }) => prefix === 'atom');
    expect(links.map(({ attributes }) => [attributes['rel'], attributes['href']])).toEqual([
      ['self', `${base}/feed.x?limit=1`],
      ['next', `${base}/feed.x?limit=1&before=9-7`],
    ]);
  });

  it('has the author, source and categories of an item', () => {
    const [creator] = within(nodes, 'item', 'creator');
    expect([creator?.prefix, creator?.text]).toEqual(['dc', 'A. Writer']);
    expect(within(nodes, 'item', 'author')).toEqual([]);
    const [source] = within(nodes, 'item', 'source');
    expect([source?.attributes['url'], source?.text]).toEqual(['https://example.org/rss.xml', 'Example']);
    expect(textOf('item', 'category')).toEqual(['rail', 'a<b"c&d']);
  });

  it('has a guid that is not a URL, the link and the date of an item', () => {
    const [guid] = within(nodes, 'item', 'guid');
    expect(guid?.text).toMatch(/^urn:uuid:/);
    expect(guid?.attributes['isPermaLink']).toBe('false');
    expect(textOf('item', 'link')).toEqual(['https://example.org/news/7']);
    expect(textOf('item', 'pubDate')).toEqual(['Thu, 15 Jan 2026 12:00:00 GMT']);
  });

  it('separates summary and text, with the other sources in the text', () => {
    expect(textOf('item', 'description')).toEqual(['Summary of 7.']);
    const [encoded] = within(nodes, 'item', 'encoded');
    expect(encoded?.prefix).toBe('content');
    expect(encoded?.text).toContain('<p>Text of 7.</p><p>Also in: <a href="https://news.example.com/sources/other">');
  });

  it('has one enclosure with its type, and further ones as media elements', () => {
    expect(within(nodes, 'item', 'enclosure').map(({ attributes }) => attributes)).toEqual([
      { url: 'https://example.org/7.mp3?a=1&b=2', length: '1234', type: 'audio/mpeg' },
    ]);
    expect(within(nodes, 'item', 'content').map(({ attributes }) => attributes)).toEqual([
      { url: 'https://example.org/7.pdf' },
      { url: 'https://example.org/7.jpg', medium: 'image' },
    ]);
  });

  it('is valid without items', () => {
    const empty = nodesOf(renderRss(feedOf({ entries: [], nextUrl: null, updatedMs: 0 })));
    expect(within(empty, 'channel', 'item')).toEqual([]);
    expect(within(empty, 'channel', 'lastBuildDate')[0]?.text).toBe('Thu, 01 Jan 1970 00:00:00 GMT');
  });
});

describe('Atom', () => {
  const nodes = nodesOf(renderAtom(feedOf()));

  it('has the required elements of a feed', () => {
    expect(within(nodes, 'feed', 'id')[0]?.text).toBe(`${base}/feed.x?limit=1`);
    expect(within(nodes, 'feed', 'title')[0]?.text).toBe('Daily & <Weekly>');
    expect(within(nodes, 'feed', 'updated')[0]?.text).toBe('2026-01-15T12:01:00.000Z');
    expect(within(nodes, 'feed', 'author')).toHaveLength(1);
    const rels = within(nodes, 'feed', 'link').map(({ attributes }) => attributes['rel']);
    expect(rels.toSorted()).toEqual(['alternate', 'next', 'self']);
  });

  it('has titles as text, not as HTML', () => {
    const [title] = within(nodes, 'entry', 'title');
    expect([title?.attributes['type'], title?.text]).toEqual([undefined, 'Rail & road: <why> not']);
  });

  it('has the publication and update times of an entry', () => {
    expect(within(nodes, 'entry', 'published')[0]?.text).toBe('2026-01-15T12:00:00.000Z');
    expect(within(nodes, 'entry', 'updated')[0]?.text).toBe('2026-01-15T12:01:00.000Z');
  });

  it('has the author, source and categories of an entry', () => {
    expect(nodes.filter(({ parent, name }) => parent === 'author' && name === 'name').map(({ text }) => text)).toEqual([
      'Daily & <Weekly>',
      'A. Writer',
      'Example',
    ]);
    expect(within(nodes, 'source', 'id')[0]?.text).toBe('https://example.org/rss.xml');
    expect(within(nodes, 'source', 'title')[0]?.text).toBe('Example');
    expect(within(nodes, 'entry', 'category').map(({ attributes }) => attributes['term'])).toEqual(['rail', 'a<b"c&d']);
  });

  it('links an entry to its enclosures and other sources', () => {
    const links = within(nodes, 'entry', 'link').map(({ attributes }) => attributes);
    expect(links).toEqual([
      { href: 'https://example.org/news/7' },
      { rel: 'enclosure', href: 'https://example.org/7.mp3?a=1&b=2', type: 'audio/mpeg', length: '1234' },
      { rel: 'enclosure', href: 'https://example.org/7.pdf' },
      { rel: 'related', href: 'https://news.example.com/sources/other', title: 'The Other' },
    ]);
  });

  it('labels summary and content as HTML', () => {
    expect(within(nodes, 'entry', 'content')[0]?.attributes['type']).toBe('html');
    expect(within(nodes, 'entry', 'content')[0]?.text).toContain('<p>Text of 7.</p>');
  });
});

describe('JSON Feed', () => {
  const document = JSON.parse(renderJsonFeed(feedOf()));

  it('has version 1.1 and links to its page, itself and the next page', () => {
    expect(document).toMatchObject({
      version: 'https://jsonfeed.org/version/1.1',
      title: 'Daily & <Weekly>',
      home_page_url: `${base}/`,
      feed_url: `${base}/feed.x?limit=1`,
      next_url: `${base}/feed.x?limit=1&before=9-7`,
    });
    expect(document).not.toHaveProperty('author');
  });

  it('has all fields of an item in the members of version 1.1', () => {
    expect(document.items[0]).toMatchObject({
      title: 'Rail & road: <why> not',
      url: 'https://example.org/news/7',
      summary: 'Summary of 7.',
      date_published: '2026-01-15T12:00:00.000Z',
      date_modified: '2026-01-15T12:01:00.000Z',
      authors: [{ name: 'A. Writer' }],
      tags: ['rail', 'a<b"c&d'],
      image: 'https://example.org/7.jpg',
      language: 'en',
      attachments: [
        { url: 'https://example.org/7.mp3?a=1&b=2', mime_type: 'audio/mpeg', size_in_bytes: 1234 },
        { url: 'https://example.org/7.pdf', mime_type: 'application/octet-stream' },
      ],
      _newswire: {
        source: { title: 'Example', feed_url: 'https://example.org/rss.xml', url: 'https://example.org/' },
        also_in: [{ title: 'The Other', url: 'https://news.example.com/sources/other' }],
      },
    });
    expect(document.items[0]).not.toHaveProperty('author');
  });

  it('has content_html even for an item without a text', () => {
    const bare = toEntry(anItem(1, { summary: '', contentHtml: '' }), base);
    expect(JSON.parse(renderJsonFeed(feedOf({ entries: [bare] }))).items[0]).toMatchObject({ content_html: '' });
  });
});

describe('a title that looks like markup', () => {
  // Some readers parse titles as HTML: python-feedparser, SimplePie and the npm package feedparser.
  const asHtml = (title: string): string =>
    title.replace(/<[/!?a-z][^>]*>/gi, '').replace(/&(?:amp|lt|gt|quot|#\d+);/gi, '?');
  const titles = ['Vec<T> in Rust', 'The <dialog> element', 'Use </b> & <!-- -->', 'a < b', 'AT&amp;T', 'R&D'];

  it.each(titles)('is correct in RSS for readers of HTML and readers of text: %s', async (title) => {
    const document = renderRss(feedOf({ title, entries: [toEntry(anItem(1, { title }), base)] }));
    const { title: channel, items } = await new RssParser().parseString(document);
    for (const read of [channel ?? '', items[0]?.title ?? '']) {
      expect(read.replaceAll('\u200b', '')).toBe(title);
      expect(asHtml(read)).toBe(read);
    }
  });

  it('is unchanged when nothing in it looks like markup', () => {
    const document = renderRss(feedOf({ entries: [toEntry(anItem(1, { title: 'a < b & c > d' }), base)] }));
    expect(document).toContain('<title>a &lt; b &amp; c &gt; d</title>');
  });

  it('is plain text in Atom and in JSON, which define titles as text', () => {
    const output = feedOf({ entries: [toEntry(anItem(1, { title: 'Vec<T>' }), base)] });
    expect(renderAtom(output)).toContain('<title>Vec&lt;T&gt;</title>');
    expect(JSON.parse(renderJsonFeed(output)).items[0].title).toBe('Vec<T>');
  });
});

describe('an Atom entry', () => {
  it('without an author has its publisher as the author, in the entry and in its source', () => {
    const nodes = nodesOf(renderAtom(feedOf({ entries: [toEntry(anItem(1, { author: null }), base)] })));
    const names = nodes.filter(({ parent, name }) => parent === 'author' && name === 'name');
    expect(names.map(({ text }) => text)).toEqual(['Daily & <Weekly>', 'Example', 'Example']);
    expect(within(nodes, 'entry', 'author')).toHaveLength(1);
    expect(within(nodes, 'source', 'author')).toHaveLength(1);
  });

  it('has the time of its publisher, even when another entry has the same', () => {
    const entries = [1, 2].map((id) => toEntry(anItem(id, { publishedMs: noon, updatedMs: null }), base));
    const updated = within(nodesOf(renderAtom(feedOf({ entries }))), 'entry', 'updated').map(({ text }) => text);
    expect(updated).toEqual(['2026-01-15T12:00:00.000Z', '2026-01-15T12:00:00.000Z']);
  });

  it('has no empty content element', () => {
    const bare = toEntry(anItem(1, { summary: '', contentHtml: ' \n' }), base);
    expect(within(nodesOf(renderAtom(feedOf({ entries: [bare] }))), 'entry', 'content')).toEqual([]);
  });
});

describe('an Atom feed', () => {
  it('declares the namespaces of pictures and tombstones only when it uses them', () => {
    const plain = { entries: [toEntry(anItem(1, { imageUrl: null }), base)] };
    expect(renderAtom(feedOf(plain))).not.toMatch(/xmlns:/);
    expect(renderAtom(feedOf({ ...plain, tombstones: [{ id: 'urn:uuid:1', atMs: noon }] }))).toMatch(/xmlns:at=/);
    expect(renderAtom(feedOf())).toMatch(/xmlns:media=/);
  });
});

describe('a withdrawn item', () => {
  const stub = toWithdrawalNotice(rich, noon + 120_000, base);
  const output = feedOf({
    entries: [],
    withdrawalNotices: [stub],
    tombstones: [{ id: stub.id, atMs: noon + 120_000 }],
  });

  it.each([renderRss, renderAtom, renderJsonFeed])('is replaced by an entry with its id that says so: %o', (render) => {
    const document = render(output);
    expect(document).toContain(toEntry(rich, base).id);
    expect(document).toContain('This item has been withdrawn.');
    for (const gone of ['Rail', 'Summary of 7', 'Text of 7', 'A. Writer', '7.mp3', '7.jpg', 'example.org/news/7'])
      expect(document).not.toContain(gone);
  });

  it('links to our page, which answers 410, and keeps its publication date', () => {
    expect(JSON.parse(renderJsonFeed(output)).items[0]).toMatchObject({
      url: `${base}/items/7`,
      title: 'Withdrawn',
      date_published: '2026-01-15T12:00:00.000Z',
      date_modified: '2026-01-15T12:02:00.000Z',
    });
  });
});

describe('every format', () => {
  it('has the same id for an item', () => {
    const id = toEntry(rich, base).id;
    for (const render of [renderRss, renderAtom, renderJsonFeed]) expect(render(feedOf())).toContain(id);
  });

  it('depends on its arguments only', () => {
    for (const render of [renderRss, renderAtom, renderJsonFeed]) expect(render(feedOf())).toBe(render(feedOf()));
  });
});
