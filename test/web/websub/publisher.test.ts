import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anItem } from '../../support/builders.ts';
import { fuzzRuns } from '../../support/fuzz-runs.ts';
import { makeApp, type TestApp } from '../../support/web/test-app.ts';

const base = 'https://news.example.com';
const hub = `${base}/websub/hub`;
const feeds = ['', '/sections/world', '/sources/example'].flatMap((path) =>
  ['rss', 'atom', 'json'].map((format) => `${path}/feed.${format}`),
);

function publisher(): TestApp {
  return makeApp([anItem(1), anItem(2)], { hubUrl: () => hub });
}

interface Link {
  readonly rel: string;
  readonly href: string;
}

function headerLinks(headers: Headers): Link[] {
  const text = headers.get('link') ?? '';
  return [...text.matchAll(/<([^>]*)>; rel="([^"]*)"/g)].map(([, href = '', rel = '']) => ({ rel, href }));
}

function plain(text: string): string {
  return text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** The hub and self links of a document of any format. */
function bodyLinks(body: string): Link[] {
  if (body.startsWith('{')) {
    const { feed_url, hubs = [] } = JSON.parse(body) as { feed_url: string; hubs?: { type: string; url: string }[] };
    return [...hubs.map(({ url }) => ({ rel: 'hub', href: url })), { rel: 'self', href: feed_url }];
  }
  const tags = [...body.matchAll(/<(?:atom:)?link\b[^>]*>/g)].map(([tag]) => tag);
  return tags.flatMap((tag) => {
    const rel = /\brel="([^"]*)"/.exec(tag)?.[1] ?? '';
    const href = plain(/\bhref="([^"]*)"/.exec(tag)?.[1] ?? '');
    return rel === 'hub' || rel === 'self' ? [{ rel, href }] : [];
  });
}

const of = (links: readonly Link[], rel: string): string[] =>
  links.filter((link) => link.rel === rel).map((l) => l.href);

describe('output feeds as WebSub topics', () => {
  it.each(feeds)('P1 %s can be discovered by its Link header', async (path) => {
    const { headers } = await publisher().get(path);
    expect(of(headerLinks(headers), 'hub')).toEqual([hub]);
  });

  it.each(feeds)('P2 %s names one hub and exactly one self URL', async (path) => {
    const { headers } = await publisher().get(path);
    expect(headerLinks(headers)).toEqual([
      { rel: 'hub', href: hub },
      { rel: 'self', href: base + path },
    ]);
  });

  it.each(feeds)('P3 %s names both in the document too', async (path) => {
    const links = bodyLinks(await (await publisher().get(path)).text());
    expect(of(links, 'hub')).toEqual([hub]);
    expect(of(links, 'self')).toEqual([base + path]);
  });

  it.each([
    ['/', '/feed.atom'],
    ['/sections/world', '/sections/world/feed.atom'],
    ['/sources/example', '/sources/example/feed.atom'],
  ])('P3 the page %s names the hub, and as its topic %s', async (page, topic) => {
    const [head = ''] = (await (await publisher().get(page)).text()).split('</head>');
    const links = bodyLinks(head);
    expect(of(links, 'hub')).toEqual([hub]);
    expect(of(links, 'self')).toEqual([base + topic]);
  });

  it('P3 an error page names neither', async () => {
    expect(bodyLinks(await (await publisher().get('/sections/nope')).text())).toEqual([]);
  });

  it.each([
    ['application/json', '/feed.json'],
    ['application/feed+json', '/feed.json'],
    ['application/atom+xml', '/feed.atom'],
    ['application/rss+xml, application/atom+xml', '/feed.rss'],
    ['text/html', '/feed.rss'],
  ])('P4 a request of /feed for %s gets the self URL of that format', async (accept, path) => {
    const { get } = publisher();
    const redirect = await get('/feed', { accept });
    expect(redirect.headers.get('vary')).toContain('Accept');
    const location = redirect.headers.get('location') ?? '';
    expect(of(headerLinks((await get(new URL(location).pathname)).headers), 'self')).toEqual([base + path]);
  });

  it.each([
    '/rss.xml',
    '/atom.xml',
  ])('P6 %s redirects permanently to a topic with its own self URL and hub', async (old) => {
    const { get } = publisher();
    const redirect = await get(old);
    expect(redirect.status).toBe(301);
    const location = redirect.headers.get('location') ?? '';
    const { headers } = await get(new URL(location).pathname);
    expect(headerLinks(headers)).toEqual([
      { rel: 'hub', href: hub },
      { rel: 'self', href: location },
    ]);
  });

  it('P7 every feed has one canonical self URL, equal in header and body, for GET and HEAD', async () => {
    const { app, get } = publisher();
    const noise = fc.constantFrom(
      '',
      '?utm_source=x',
      '?limit=50',
      '?limit=7',
      '?q=harbour',
      '?category=a%20b&z=1',
      '?before=',
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...feeds), noise, async (path, query) => {
        const response = await get(path + query);
        const head = await app.request(path + query, { method: 'HEAD' });
        const [self = '', ...more] = of(headerLinks(response.headers), 'self');
        expect(more).toEqual([]);
        expect(head.headers.get('link')).toBe(response.headers.get('link'));
        expect(of(bodyLinks(await response.text()), 'self')).toEqual([self]);
        expect(new URL(self).href).toBe(self);
        expect(self.startsWith(`${base}${path}`)).toBe(true);
        expect(self).not.toMatch(/utm|[?&]z=|limit=50|before/);
        // The document at its self URL has the same self URL.
        const again = await get(self.slice(base.length));
        expect(of(headerLinks(again.headers), 'self')).toEqual([self]);
      }),
      { numRuns: fuzzRuns },
    );
  });

  it('P7 the feed of a section names only its path, for its items and for the next page', async () => {
    const { get } = publisher();
    const feed = (await (await get('/sections/WORLD/feed.json?limit=1')).json()) as Record<string, string>;
    expect(feed['feed_url']).toBe(`${base}/sections/world/feed.json?limit=1`);
    expect(feed['next_url']).toMatch(/\/sections\/world\/feed\.json\?limit=1&before=/);
  });

  it.each([
    '?limit=7',
    '?q=harbour',
    '?category=rail',
    '?source=example',
    '?before=1-1',
  ])('P8 a feed with %s has its own self URL and no hub', async (query) => {
    const response = await publisher().get(`/feed.atom${query}`);
    expect(headerLinks(response.headers)).toEqual([{ rel: 'self', href: `${base}/feed.atom${query}` }]);
    expect(of(bodyLinks(await response.text()), 'hub')).toEqual([]);
  });

  it.each(feeds)('P9 %s changes its ETag and Last-Modified with its content, and only then', async (path) => {
    const { get, reads } = publisher();
    const before = await get(path);
    const same = await get(path);
    reads.list = [...reads.list, anItem(3)];
    reads.changedMs = (reads.changedMs ?? 0) + 60_000;
    const after = await get(path);
    expect(same.headers.get('etag')).toBe(before.headers.get('etag'));
    expect(after.headers.get('etag')).not.toBe(before.headers.get('etag'));
    expect(after.headers.get('last-modified')).not.toBe(before.headers.get('last-modified'));
  });

  it('S26 no feed names a hub while WebSub is off', async () => {
    const { get } = makeApp([anItem(1)], { hubUrl: () => null });
    for (const path of [...feeds, '/']) {
      const response = await get(path);
      expect(response.headers.get('link')).toBeNull();
      expect(of(bodyLinks(await response.text()), 'hub')).toEqual([]);
    }
  });
});
