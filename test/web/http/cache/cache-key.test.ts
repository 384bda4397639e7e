import { describe, expect, it } from 'vitest';
import { cacheKey } from '../../../../src/web/http/cache/cache-key.ts';
import { withServer } from '../../../support/web/http-server.ts';
import { withStoreApp } from '../../../support/web/store-app.ts';

describe('cacheKey', () => {
  it.each([
    ['/', '/?x=1', '/?utm_source=a&fbclid=b', '/?before=', '/?limit=5&section=World', '/?'],
    ['/sections/world', '/sections/World?utm_medium=x', '/sections/W%6FRLD', '/sections/%20world%20'],
    ['/sources/a', '/sources/%61', '/sources/a?before=&ref=x'],
    ['/sources/a?before=5-1', '/sources/a?x=1&before=5-1', '/sources/a?before=5-1&before=6-1'],
    ['/search?q=rail', '/search?q=+rail+', '/search?sort=newest&q=rail', '/search?q=rail&section=World&x'],
    ['/search?q=rail&sort=relevance', '/search?sort=relevance&q=rail'],
    ['/about', '/about?x=1', '/%61bout'],
    ['/items/1', '/items/1?utm_source=x', '/items/1?comment='],
    ['/opml.xml', '/opml.xml?x=1'],
    ['/feed.rss', '/feed.rss?limit=50&backfill=true', '/%66eed.rss?utm_source=x', '/feed.rss?limit=&q=+'],
    ['/feed.rss?section=science&section=world', '/feed.rss?section=World&section=SCIENCE&section=world&x=1'],
    ['/sections/world/feed.rss', '/sections/WORLD/feed.rss?section=other', '/sections/world/feed.rss?x=1'],
    ['/sources/a/feed.atom?limit=5', '/sources/a/feed.atom?source=b&limit=5'],
  ])('is %s for every spelling of the URL', (...spellings) => {
    expect(new Set(spellings.map(cacheKey))).toEqual(new Set([spellings[0]]));
  });

  it.each([
    '/status',
    '/sources',
    '/api/items',
    '/nope',
    '/feed.rss/',
    '/sections//feed.rss',
    '/sections/',
    '//feed.rss',
    'http://127.0.0.1/feed.rss',
    '*',
    '/items/01',
    '/items/1?comment=pending',
    '/items/1?comments=7',
    '/feed.rss?limit=0',
    '/?before=yesterday',
    '/search?q=!!',
    '/feed.rss#x',
    '/sections/%zz',
    '/sections/world/..%2ffeed.rss',
    '/sections/x/../world',
    '/sections/%2e%2e/feed.rss',
    '/sections/world\\..\\..\\feed.rss',
    `/sections/${'w'.repeat(2000)}`,
    `/feed.rss?${Array.from({ length: 200 }, (_, index) => `category=c${index}`).join('&')}`,
  ])('is null for %j', (url) => {
    expect(cacheKey(url)).toBeNull();
  });

  it('is bounded for a long URL', () => {
    const long = 'y'.repeat(15_000);
    expect(cacheKey(`/feed.rss?limit=5&x=${long}`)).toBe('/feed.rss?limit=5');
    expect(cacheKey(`/?${long}=1`)).toBe('/');
  });
});

/** Paths and queries that servers, proxies and URL parsers read differently. */
const odd = [
  '/',
  '/?x=1',
  '/?before=1-1',
  '/?before=yesterday',
  '/sections/world',
  '/sections/WORLD?utm_source=x',
  '/sections/world/',
  '/sections/world\\..\\..\\',
  '/sections/world\\..\\..\\feed.rss',
  '/sections/x/../world',
  '/sections/%2e%2e/feed.rss',
  '/sections/..%2f..%2ffeed.rss',
  '/sections/w%6frld',
  '/sections/w%256frld',
  '/sections/%zz',
  '/sources/a',
  '/sources/A',
  '/sources/a%2ffeed.rss',
  '/feed.rss',
  '/%66eed.rss',
  '/FEED.rss',
  '//feed.rss',
  '/feed.rss?limit=1',
  '/feed.rss?limit=0',
  '/feed.rss?section=world',
  '/feed.rss?section=other',
  '/feed.rss?%73ection=other',
  '/feed.rss?q=one',
  '/feed.rss?q=ONE',
  '/feed.rss?q=%ff',
  '/sections/world/feed.rss?section=other',
  '/search?q=one',
  '/search?q=one&q=two',
  '/search?q=one&sort=best',
  '/search?sort=relevance&q=one',
  '/items/1',
  '/items/01',
  '/items/1?comment=pending',
  '/items/1?%63omment=held',
  '/items/1?comment=other',
  '/about?x=1',
  '/opml.xml',
];
const tokens = /[0-9a-z]+\.[0-9a-f-]{36}\.[\w-]{22}/g;

describe('a cached response', () => {
  it('equals the response without a cache, whatever was requested before', async () => {
    const without = new Map<string, unknown>();
    for (const dataVersion of [() => null, () => 'unchanged']) {
      await withStoreApp({ parts: { dataVersion } }, ({ app }) =>
        withServer(app, async (send) => {
          // In order, backwards and in order again, so that every URL is requested after every other.
          for (const path of [...odd, ...odd.toReversed(), ...odd]) {
            const { status, headers, body } = await send('GET', path, { host: 'news.example.com' });
            const answer = { status, headers, body: body.replace(tokens, '') };
            if (without.has(path)) expect(answer, path).toEqual(without.get(path));
            else without.set(path, answer);
          }
        }),
      );
    }
    const statuses = [...without.values()].map((answer) => (answer as { status: number }).status);
    expect(new Set(statuses)).toEqual(new Set([200, 400, 404]));
  });
});
