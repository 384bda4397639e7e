import { describe, expect, it } from 'vitest';
import { isFeedLinkText, looksLikeCommentFeed, looksLikeFeedUrl } from '../../src/parse/discover-feeds.ts';

describe('looksLikeFeedUrl', () => {
  it.each([
    '/feed',
    '/feed/',
    '/rss',
    '/rss2/',
    '/atom',
    '/blog/feed/',
    '/feed/podcast',
    '/rss/world.xml',
    '/category/news/feed/?paged=2',
    '/rss.xml',
    '/feed.xml',
    '/atom.xml',
    '/index.xml',
    '/index.rdf',
    '/feed.json',
    '/news-rss.xml',
    '/rss_world.xml',
    '/feed1.xml',
    '/feed.en.xml',
    '/rss.php',
    '/headlines.atom',
    '/headlines.RSS',
    '/?feed=rss2',
    '/index.php?option=x&format=feed',
    '/news?format=atom',
  ])('accepts %s', (path) => {
    expect(looksLikeFeedUrl(new URL(path, 'https://example.org/'))).toBe(true);
  });

  it.each([
    '/',
    '/feedback',
    '/feedback.php',
    '/news',
    '/atomic.xml',
    '/sitemap.xml',
    '/feed.html',
    '/rss/index.htm',
    '/icons/rss.svg',
    '/images/feed/icon.png',
    '/style/feed.css',
    '/feeds',
    '/press',
    '/search?q=rss',
    '/check?url=https://example.org/feed.xml',
    '/check?url=https%3A%2F%2Fexample.org%2Ffeed.xml',
    '/subscribe/feed/https://example.org/feed.xml',
    `/${'feed.'.repeat(400)}xml`,
  ])('rejects %s', (path) => {
    expect(looksLikeFeedUrl(new URL(path, 'https://example.org/'))).toBe(false);
  });

  it('accepts a path on a feed host but not its home page', () => {
    expect(looksLikeFeedUrl(new URL('https://feeds.example.org/world'))).toBe(true);
    expect(looksLikeFeedUrl(new URL('https://rss.example.org/world'))).toBe(true);
    expect(looksLikeFeedUrl(new URL('https://feeds.example.org/'))).toBe(false);
    expect(looksLikeFeedUrl(new URL('https://feedback.example.org/world'))).toBe(false);
  });
});

describe('looksLikeCommentFeed', () => {
  it('checks the address and the title', () => {
    expect(looksLikeCommentFeed('https://example.org/comments/feed/', null)).toBe(true);
    expect(looksLikeCommentFeed('https://example.org/feed/', 'Example » Comments Feed')).toBe(true);
    expect(looksLikeCommentFeed('https://example.org/commentary/feed/', 'Commentary')).toBe(false);
    expect(looksLikeCommentFeed('https://example.org/feed/', null)).toBe(false);
  });
});

describe('isFeedLinkText', () => {
  it.each([
    'RSS',
    'Atom',
    ' RSS feed ',
    'rss-feed',
    'Feed',
    'RSS 2.0',
    'News feed',
    'Feed (RSS)',
  ])('accepts %j', (text) => {
    expect(isFeedLinkText(text)).toBe(true);
  });

  it.each(['', 'RSS is not dead', 'Feedback', 'Our feeds', 'Atomic'])('rejects %j', (text) => {
    expect(isFeedLinkText(text)).toBe(false);
  });
});
