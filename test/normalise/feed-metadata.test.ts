import { describe, expect, it } from 'vitest';
import { authorName, baseUrlsFor, hubUrls, readFeedMetadata } from '../../src/normalise/feed-metadata.ts';
import { parsedFeed, parsedItem } from '../support/parsed-feed.ts';

const url = 'https://feeds.example/rss.xml';

describe('authorName', () => {
  const names: [string | null, string | null][] = [
    ['Jo Writer', 'Jo Writer'],
    ['jo@site.example (Jo Writer)', 'Jo Writer'],
    ['jo@site.example', 'jo@site.example'],
    ['Jo (the writer)', 'Jo (the writer)'],
    [' \n ', null],
    ['\u0000\u202e', null],
    [null, null],
  ];
  it.each(names)('reads %j as %j', (text, expected) => {
    expect(authorName(text)).toBe(expected);
  });

  it('limits the length of a name', () => {
    expect(Buffer.byteLength(authorName('é'.repeat(4000)) ?? '')).toBe(256);
  });
});

describe('baseUrlsFor', () => {
  it('resolves the base of the item against that of the feed', () => {
    const feed = parsedFeed([], { base: 'https://site.example/blog/', link: null });
    expect(baseUrlsFor(feed, parsedItem({ base: ['2026/'] }), url)[0]).toBe('https://site.example/blog/2026/');
    expect(baseUrlsFor(feed, null, url)[0]).toBe('https://site.example/blog/');
  });
});

describe('readFeedMetadata', () => {
  it('cleans the title, link, language and author of the feed', () => {
    const feed = parsedFeed([], {
      title: { type: 'html', value: `${'<i>Long</i> '.repeat(1000)}` },
      link: '/',
      language: 'EN_gb',
      author: 'jo@site.example (Jo)',
    });
    const metadata = readFeedMetadata(feed, { url, language: null });
    expect(metadata).toMatchObject({ siteUrl: 'https://feeds.example/', language: 'en-GB', author: 'Jo' });
    expect(metadata.title?.startsWith('Long Long')).toBe(true);
    expect(Buffer.byteLength(metadata.title ?? '')).toBeLessThanOrEqual(1024);
  });

  it("prefers the operator's language", () => {
    expect(readFeedMetadata(parsedFeed([], { language: 'en' }), { url, language: 'fr' }).language).toBe('fr');
  });

  it('has no site URL when the feed has no link or a javascript: link', () => {
    expect(readFeedMetadata(parsedFeed([], { link: null }), { url, language: null }).siteUrl).toBeNull();
    expect(readFeedMetadata(parsedFeed([], { link: 'javascript:1' }), { url, language: null }).siteUrl).toBeNull();
  });
});

describe('hubUrls', () => {
  it('returns at most ten hubs', () => {
    const hubs = Array.from({ length: 30 }, (_, n) => `https://hub.example/${n}`);
    const feed = parsedFeed([], { links: { self: null, hubs, next: null, prevArchive: null } });
    expect(hubUrls(feed, [])).toEqual(hubs.slice(0, 10));
  });
});
