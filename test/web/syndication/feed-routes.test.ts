import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import Parser from 'rss-parser';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import type { Item } from '../../../src/domain/items/item.ts';
import { entryId } from '../../../src/web/syndication/output-feed.ts';
import { anItem } from '../../support/builders.ts';
import { codePoint } from '../../support/code-point.ts';
import { fuzzRuns } from '../../support/fuzz-runs.ts';
import { makeApp, makeSource, noon } from '../../support/web/test-app.ts';

/** The first error of an XML document; null if it and its namespaces are well-formed. */
function xmlFault(text: string): string | null {
  let fault: string | null = null;
  const parser = new SaxesParser({ xmlns: true });
  parser.on('error', (error) => {
    fault ??= error.message;
  });
  parser.write(text).close();
  return fault;
}

const hostile = [
  ']]>',
  'x]]>y]]>z',
  'a<b"c&d\'e',
  '</title></item><item>',
  '<![CDATA[ <script>alert(1)</script>',
  'bell \u0007 esc \u001b nul \u0000 c1 \u0085\u009b',
  'lone \ud800 surrogate \udfff',
  '\ufffe\uffff noncharacters',
  '&amp; &lt; &#0; &bogus;',
  '$& $1 $` $$',
  'emoji 🎈 and עברית',
];

const badUrls = ['not a url', 'javascript:alert(1)', 'http://[', 'https://example.org/?a=1&b=<">', ''];

function hostileItem(id: number, text: string): Item {
  return anItem(id, {
    key: text,
    title: text,
    summary: text,
    contentHtml: `<p>${text.replaceAll('<', '&lt;')}</p>`,
    author: text,
    url: badUrls[id % badUrls.length] ?? null,
    imageUrl: badUrls[(id + 1) % badUrls.length] ?? null,
    categories: [text, 'plain'],
    enclosures: badUrls.map((url) => ({ url, type: `audio/${text}`, length: 1 })),
    alsoIn: [{ id: `other-${id}`, title: text }],
    source: { id: 'example', title: text, url: badUrls[(id + 2) % badUrls.length] ?? '', siteUrl: text },
  });
}

const paths = ['/feed', '/sections/world/feed', '/sources/example/feed'];

describe('output feeds', () => {
  it.each(paths)('are served at %s in all formats', async (path) => {
    const { get } = makeApp([anItem(1)]);
    const types = await Promise.all(
      ['rss', 'atom', 'json'].map(async (format) => (await get(`${path}.${format}`)).headers.get('content-type')),
    );
    expect(types).toEqual([
      'text/xml; charset=utf-8',
      'text/xml; charset=utf-8',
      'application/feed+json; charset=utf-8',
    ]);
  });

  it.each(['rss', 'atom'])('stay well-formed %s whatever the items contain', async (format) => {
    const { get, reads } = makeApp(hostile.map((text, index) => hostileItem(index + 1, text)));
    reads.known = [makeSource({ title: hostile.join(' ') })];
    for (const path of paths) {
      const text = await (await get(`${path}.${format}`)).text();
      expect(xmlFault(text)).toBeNull();
      expect(text.match(/<(item|entry)>/g)).toHaveLength(hostile.length);
    }
  });

  it('stay valid JSON without control characters whatever the items contain', async () => {
    const { get } = makeApp(hostile.map((text, index) => hostileItem(index + 1, text)));
    const document = (await (await get('/feed.json')).json()) as { items: { title: string }[] };
    expect(document.items).toHaveLength(hostile.length);
    expect(JSON.stringify(document)).not.toMatch(/\\u00(0[0-8bcef]|1)|javascript:/);
  });

  it.each(['rss', 'atom'])('are parsed by rss-parser to the same items from %s', async (format) => {
    const items = hostile
      .filter((text) => !/[\u0000-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff]/.test(text.replace('🎈', '')))
      .map((text, index) => anItem(index + 1, { title: `A ${text}`, author: `B ${text}`, categories: [`C ${text}`] }));
    const { get } = makeApp(items);
    const read = await new Parser().parseString(await (await get(`/feed.${format}`)).text());
    const newestFirst = items.toReversed();
    expect(read.items.map(({ title }) => title?.replaceAll('\u200b', ''))).toEqual(
      newestFirst.map(({ title }) => title),
    );
    expect(read.items.map(({ link }) => link)).toEqual(newestFirst.map(({ url }) => url));
    expect(read.items.map((one) => one['creator'] ?? one['author'])).toEqual(newestFirst.map(({ author }) => author));
    expect(read.items.map(({ isoDate }) => Date.parse(isoDate ?? ''))).toEqual(
      newestFirst.map(({ publishedMs }) => publishedMs),
    );
  });

  it('link to our page of an item without a URL', async () => {
    const { get } = makeApp([anItem(7, { url: null })]);
    const read = await new Parser().parseString(await (await get('/feed.rss')).text());
    expect(read.items[0]?.link).toBe('https://news.example.com/items/7');
  });

  it('have a self link from the public URL and the parameters, not from the request', async () => {
    const { app } = makeApp([anItem(1)]);
    const response = await app.request('http://evil.example.com/feed.atom?limit=5&section=World&utm=1', {
      headers: { host: 'evil.example.com' },
    });
    const text = await response.text();
    expect(text).toContain('href="https://news.example.com/feed.atom?section=world&amp;limit=5"');
    expect(text).not.toContain('evil');
  });

  it('link to the next page, which continues after the first', async () => {
    const { get } = makeApp([1, 2, 3].map((id) => anItem(id)));
    const first = (await (await get('/feed.json?limit=2')).json()) as { next_url: string; items: { title: string }[] };
    const second = await (await get(new URL(first.next_url).href)).json();
    expect(first.items.map(({ title }) => title)).toEqual(['Headline 3', 'Headline 2']);
    expect(second).toMatchObject({ items: [{ title: 'Headline 1' }] });
    expect(second).not.toHaveProperty('next_url');
  });

  it('do not reveal the path of a local source', async () => {
    const local = { id: 'example', title: 'Local', url: 'file:///srv/private/welcome.xml', siteUrl: null };
    const { get } = makeApp([anItem(1, { source: local })]);
    for (const format of ['rss', 'atom', 'json']) {
      const text = await (await get(`/feed.${format}`)).text();
      expect(text).not.toContain('srv');
      expect(text).toContain('https://news.example.com/sources/example');
    }
  });

  it('answer 404 in plain text for an unknown section or source', async () => {
    const { get } = makeApp([anItem(1)]);
    for (const path of ['/sections/nope/feed.rss', '/sources/nope/feed.atom']) {
      const response = await get(path);
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
      expect(await response.text()).not.toContain('nope');
    }
  });

  it('have a self link without parameters that the path overrides', async () => {
    const { get } = makeApp([anItem(1)]);
    const feed = await (await get('/sections/world/feed.json?section=other&limit=5')).json();
    expect(feed).toMatchObject({ feed_url: 'https://news.example.com/sections/world/feed.json?limit=5' });
    const found = await (await get('/feed.json?q=vote')).json();
    expect(found).toMatchObject({
      title: 'The Daily Example: vote',
      home_page_url: 'https://news.example.com/search?q=vote',
    });
  });

  it('are sent as XML with a stylesheet to all clients, so that a shared cache stores one response', async () => {
    const { get } = makeApp([anItem(1)]);
    for (const path of ['/feed.rss', '/feed.atom', '/opml.xml']) {
      const plain = await get(path);
      const opened = await get(path, { 'sec-fetch-dest': 'document' });
      expect(Object.fromEntries(opened.headers)).toEqual(Object.fromEntries(plain.headers));
      expect(plain.headers.get('content-type')).toBe('text/xml; charset=utf-8');
      expect(plain.headers.get('content-security-policy')).toContain('sandbox');
      expect(plain.headers.get('vary')).toBe('Accept-Encoding');
      const text = await plain.text();
      expect(text).toMatch(/^<\?xml version="1.0" encoding="utf-8"\?>\s*<\?xml-stylesheet /);
      // Validators and readers detect the format by these when the media type does not name it.
      expect(text.slice(0, 512)).toMatch(/<(?:rss|feed|opml)[\s>]/);
      expect(await opened.text()).toBe(text);
    }
    const style = await get('/feed.css');
    expect(style.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  });

  it('match a section by name or slug in any case', async () => {
    const items = [anItem(1, { section: 'Science & Nature', sections: ['Science & Nature'] }), anItem(2)];
    const { get } = makeApp(items);
    for (const path of ['/sections/science-nature/feed.json', '/sections/SCIENCE%20%26%20nature/feed.json']) {
      expect(await (await get(path)).json()).toMatchObject({ items: [{ title: 'Headline 1' }] });
    }
    expect(await (await get('/feed.json?section=SCIENCE-Nature')).json()).toMatchObject({ items: [{}] });
  });

  it.each([
    ['/rss.xml', '/feed.rss'],
    ['/atom.xml?limit=5', '/feed.atom?limit=5'],
    ['/feed', '/feed.rss'],
  ])('are the target of the redirect from %s', async (from, to) => {
    const response = await makeApp().get(from);
    expect(response.status).toBe(301);
    expect(response.headers.get('location')).toBe(`https://news.example.com${to}`);
  });

  it('contain the items of their source only', async () => {
    const other = { id: 'other', title: 'Other', url: 'https://example.com/rss', siteUrl: null };
    const { get, reads } = makeApp([anItem(1), anItem(2, { source: other })]);
    reads.known = [makeSource(), makeSource({ id: 'other', title: 'Other' })];
    const feed = (await (await get('/sources/other/feed.json')).json()) as { items: object[] };
    expect(feed).toMatchObject({ title: 'Other', home_page_url: 'https://news.example.com/sources/other' });
    expect(feed.items).toMatchObject([{ title: 'Headline 2' }]);
    expect(feed.items).toHaveLength(1);
  });

  it('do not limit the share of a source', async () => {
    const { get, reads } = makeApp([anItem(1)]);
    const chosen = ['/feed.rss', '/sections/world/feed.rss', '/feed.rss?source=example', '/sources/example/feed.rss'];
    for (const path of chosen) await get(path);
    expect(reads.queries.map(({ limitPerSource }) => limitPerSource)).toEqual([false, false, false, false]);
  });
});

describe('output feeds of arbitrary items', () => {
  const text = fc.string({ unit: codePoint, maxLength: 60 });
  const url = fc.oneof(text, fc.webUrl());
  const anyItem = fc.record({
    title: text,
    summary: text,
    contentHtml: text.map((inner) => inner.replaceAll('<', '&lt;')),
    author: fc.option(text),
    url: fc.option(url),
    imageUrl: fc.option(url),
    categories: fc.array(text, { maxLength: 3 }),
    enclosures: fc.array(fc.record({ url, type: fc.option(text), length: fc.option(fc.nat()) }), { maxLength: 3 }),
  });

  it.each(['rss', 'atom'])('are well-formed %s with every item in it', async (format) => {
    const drawn = fc.array(anyItem, { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(drawn, async (parts) => {
        const { get } = makeApp(parts.map((part, index) => anItem(index + 1, part)));
        const xml = await (await get(`/feed.${format}`)).text();
        return xmlFault(xml) === null && xml.match(/<(item|entry)>/g)?.length === parts.length;
      }),
      { numRuns: fuzzRuns },
    );
  }, 120_000);
});

describe('output feeds and caches', () => {
  it('have the same bytes and tag for the same state in another process', async () => {
    const items = [1, 2, 3].map((id) => anItem(id, { alsoIn: [{ id: 'other', title: 'Other' }] }));
    for (const format of ['rss', 'atom', 'json']) {
      const one = await makeApp(items).get(`/feed.${format}`);
      const other = await makeApp(items, { clock: { now: () => noon + 99_000, monotonic: () => 0 } }).get(
        `/feed.${format}`,
      );
      expect(await one.text()).toBe(await other.text());
      expect(one.headers.get('etag')).toMatch(/^"[\w-]{27}"$/);
      expect(one.headers.get('etag')).toBe(other.headers.get('etag'));
    }
  });

  it('change their ETag when an item is corrected, even with the same URL and dates', async () => {
    const { get, reads } = makeApp([anItem(1)]);
    const before = await get('/feed.rss');
    reads.list = [anItem(1, { title: 'Corrected' })];
    const after = await get('/feed.rss', { 'if-none-match': before.headers.get('etag') ?? '' });
    expect(after.status).toBe(200);
  });

  it('answer 304 without a body to a client with the ETag in any valid form', async () => {
    const { get } = makeApp([anItem(1)]);
    const tag = (await get('/feed.rss')).headers.get('etag') ?? '';
    for (const held of [tag, `W/${tag}`, `"x", ${tag}`, '*', tag.replace(/"$/, '-gzip"')]) {
      const response = await get('/feed.rss', { 'if-none-match': held });
      expect(response.status).toBe(304);
      expect(await response.text()).toBe('');
      expect(response.headers.get('etag')).toBe(tag);
      expect(response.headers.get('cache-control')).toContain('max-age=300');
      expect(response.headers.get('vary')).toContain('Accept-Encoding');
    }
    expect((await get('/feed.rss', { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('answer 304 to a date not before the last change, unless If-None-Match differs', async () => {
    const { get } = makeApp([anItem(1)]);
    const modified = (await get('/feed.rss')).headers.get('last-modified') ?? '';
    expect(modified).toBe(new Date(noon).toUTCString());
    expect((await get('/feed.rss', { 'if-modified-since': modified })).status).toBe(304);
    const older = new Date(noon - 1000).toUTCString();
    expect((await get('/feed.rss', { 'if-modified-since': older })).status).toBe(200);
    expect((await get('/feed.rss', { 'if-modified-since': modified, 'if-none-match': '"x"' })).status).toBe(200);
  });

  it('never decrease Last-Modified when the newest item is withdrawn', async () => {
    const { get, reads } = makeApp([anItem(1), anItem(999)]);
    const before = Date.parse((await get('/feed.rss')).headers.get('last-modified') ?? '');
    reads.list = [anItem(1)];
    const after = Date.parse((await get('/feed.rss')).headers.get('last-modified') ?? '');
    expect(after).toBeGreaterThanOrEqual(before);
  });

  it('list recent withdrawals in Atom, newest first and on the first page only', async () => {
    const [kept, one, two] = [anItem(1), anItem(2), anItem(3)];
    const { get, reads } = makeApp([kept, one, two]);
    const before = await get('/feed.atom');
    reads.list = [kept, { ...one, withdrawnMs: noon + 1000 }, { ...two, withdrawnMs: noon + 2000 }];
    reads.changedMs = noon + 2000;
    const after = await get('/feed.atom');
    const text = await after.text();
    const deleted = [...text.matchAll(/<at:deleted-entry ref="([^"]+)" when="([^"]+)"\/>/g)];
    expect(deleted.map(([, ref, when]) => [ref, when])).toEqual([
      [entryId(two.key), '2026-01-15T12:00:02.000Z'],
      [entryId(one.key), '2026-01-15T12:00:01.000Z'],
    ]);
    expect(await before.text()).toContain(`<id>${entryId(two.key)}</id>`);
    for (const format of ['rss', 'atom', 'json']) {
      const first = await (await get(`/feed.${format}`)).text();
      expect(first.split('This item has been withdrawn.').length, format).toBeGreaterThan(2);
      expect(await (await get(`/feed.${format}?before=1-1`)).text()).not.toContain('has been withdrawn');
      expect(
        (await (await get(`/feed.${format}?limit=1`)).text()).split(/<title>Withdrawn|"title":"Withdrawn/),
      ).toHaveLength(2);
    }
    expect(text).toContain('xmlns:at="http://purl.org/atompub/tombstones/1.0"');
    expect(text).toContain('<updated>2026-01-15T12:00:02.000Z</updated>');
    expect(xmlFault(text)).toBeNull();
    expect(after.headers.get('etag')).not.toBe(before.headers.get('etag'));
    expect(after.headers.get('last-modified')).toBe(new Date(noon + 2000).toUTCString());
    expect(await (await get('/feed.atom?before=1-1')).text()).not.toContain('deleted-entry');
    expect(await (await get('/feed.rss')).text()).not.toContain('deleted-entry');
  });

  it.each([
    ['br', 'gzip, br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
  ])('are compressed as %s with a separate ETag', async (coding, accepted, decode) => {
    const { get } = makeApp(Array.from({ length: 20 }, (_, index) => anItem(index + 1)));
    const plain = await get('/feed.rss');
    const coded = await get('/feed.rss', { 'accept-encoding': accepted });
    const etag = plain.headers.get('etag')?.replace(/"$/, `-${coding}"`) ?? '';
    expect(coded.headers.get('content-encoding')).toBe(coding);
    expect(coded.headers.get('etag')).toBe(etag);
    expect(decode(Buffer.from(await coded.arrayBuffer())).toString()).toBe(await plain.text());
    expect((await get('/feed.rss', { 'if-none-match': etag })).status).toBe(304);
  });

  it('give HEAD the headers of GET and no body', async () => {
    const { app, get } = makeApp([anItem(1)]);
    const head = await app.request('/feed.rss', { method: 'HEAD' });
    const full = await get('/feed.rss');
    expect(await head.text()).toBe('');
    expect(Object.fromEntries(head.headers)).toEqual(Object.fromEntries(full.headers));
  });
});
