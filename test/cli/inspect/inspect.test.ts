import { describe, expect, it } from 'vitest';
import { useFolders } from '../../config/temporary-folder.ts';
import { anOrigin, cleanUp } from '../../fetch/fetch-fixtures.ts';
import type { Reply } from '../../support/origin.ts';
import { feed, inspectUrl, nowMs, page, rssLink } from './harness.ts';

cleanUp();
const makeFolder = useFolders();

describe('inspect', () => {
  it('reads a feed as the server does, without a page', async () => {
    const origin = await anOrigin();
    origin.on('/feed', feed(7));
    const found = await inspectUrl(`${origin.url}/feed`);
    expect(found).toMatchObject({
      url: `${origin.url}/feed`,
      page: null,
      failures: [],
      feed: {
        url: `${origin.url}/feed`,
        movedTo: null,
        readAtMs: nowMs,
        normalised: { format: 'rss2', feedTitle: 'A feed' },
        quality: { entries: 7, dates: { missing: 0 }, ids: { missing: 0, duplicate: 0 } },
        revalidation: 'not-asked',
      },
    });
    expect(found.feed?.newest.map((item) => item.title)).toEqual([
      'Story 0',
      'Story 1',
      'Story 2',
      'Story 3',
      'Story 4',
    ]);
    expect(origin.requests).toHaveLength(1);
  });

  it('finds the feeds of a page and reads the best one, in two requests a second apart', async () => {
    const origin = await anOrigin();
    origin.on(
      '/',
      page(`${rssLink('/comments/feed', 'Comments')}${rssLink('/feed', 'Stories')}<a href="/rss">RSS</a>`),
    );
    origin.on('/feed', feed());
    const found = await inspectUrl(`${origin.url}/`);
    expect(found.page).toMatchObject({ url: `${origin.url}/`, title: 'A site' });
    expect(found.page?.feeds.map((one) => new URL(one.url).pathname)).toEqual(['/feed', '/rss', '/comments/feed']);
    expect(found.feed?.url).toBe(`${origin.url}/feed`);
    expect(origin.requests.map((request) => request.path)).toEqual(['/', '/feed']);
    expect(found.pausesMs).toEqual([1_000]);
  });

  it('requests no URL that was not linked', async () => {
    const origin = await anOrigin();
    origin.on('/', page('<p>Nothing here.'));
    const found = await inspectUrl(`${origin.url}/`);
    expect(found).toMatchObject({ page: { feeds: [] }, feed: null, failures: [{ failure: 'not_feed' }] });
    expect(origin.requests).toHaveLength(1);
  });

  it('tries the next feed of a page when one cannot be read, at most three', async () => {
    const origin = await anOrigin();
    origin.on('/', page(['/a', '/b', '/c', '/d'].map((path) => rssLink(path)).join('')));
    origin.on('/b', page('no feed'));
    origin.on('/c', feed());
    const found = await inspectUrl(`${origin.url}/`);
    expect(found.failures.map(({ url, failure }) => [new URL(url).pathname, failure])).toEqual([
      ['/a', 'not_found'],
      ['/b', 'not_feed'],
    ]);
    expect(found.feed?.url).toBe(`${origin.url}/c`);
    origin.on('/c', { status: 500 });
    expect(await inspectUrl(`${origin.url}/`)).toMatchObject({ feed: null, failures: { length: 3 } });
    expect(origin.to('/d')).toHaveLength(0);
  });

  it.each([
    [{ status: 404 }, 'not_found'],
    [{ status: 410 }, 'gone'],
    [{ status: 429, headers: { 'retry-after': '60' } }, 'throttled'],
    [{ status: 503 }, 'throttled'],
    [{ status: 403 }, 'unauthorized'],
    [{ status: 304 }, 'unexpected_304'],
    [{ body: '' }, 'empty'],
  ])('reports a URL that answers %j', async (reply, failure) => {
    const origin = await anOrigin();
    origin.on('/', reply);
    const found = await inspectUrl(`${origin.url}/`);
    expect(found).toMatchObject({ page: null, feed: null, failures: [{ url: `${origin.url}/`, failure }] });
    expect(origin.requests).toHaveLength(1);
  });

  it('follows permanent redirects and reports the target', async () => {
    const origin = await anOrigin();
    origin.on('/old', { status: 301, headers: { location: '/new' } });
    origin.on('/new', feed());
    expect((await inspectUrl(`${origin.url}/old`)).feed).toMatchObject({
      url: `${origin.url}/old`,
      movedTo: `${origin.url}/new`,
      response: { url: `${origin.url}/new` },
    });
  });

  it('reads a local feed', async () => {
    const { body } = feed() as { body: string };
    const folder = makeFolder({ 'a.xml': body });
    const found = await inspectUrl(`file://${folder.path('a.xml')}`, { feedsDir: folder.dir });
    expect(found.feed).toMatchObject({
      revalidation: 'not-asked',
      next: { nextCheckReason: { code: 'file_watched' } },
    });
  });

  it('sends credentials to their origin only', async () => {
    const site = await anOrigin();
    const other = await anOrigin();
    site.on('/', page(rssLink(`${other.url}/feed`) + rssLink('/own')));
    site.on('/own', feed());
    const found = await inspectUrl(`${site.url}/`, { headers: { Authorization: 'Basic x' } });
    expect(found.feed?.url).toBe(`${site.url}/own`);
    expect(site.requests.map((request) => request.headers['authorization'])).toEqual(['Basic x', 'Basic x']);
    expect(other.requests.map((request) => request.headers['authorization'])).toEqual([undefined]);
  });
});

describe('the second request of an inspection', () => {
  it.each<[string, Record<string, string>, Reply, string]>([
    ['a 304', { etag: '"a"', 'last-modified': 'Mon, 09 Mar 2026 10:00:00 GMT' }, { status: 304 }, 'not-modified'],
    ['the same document again', { etag: '"a"' }, feed(), 'same-again'],
    ['another document', { etag: '"a"' }, feed(4), 'changed'],
    ['nothing', { etag: '"a"' }, { status: 500 }, 'failed'],
  ])('sends the validators of the first response and reports %s', async (_, headers, reply, second) => {
    const origin = await anOrigin();
    origin.on('/feed', feed(3, headers), reply);
    const found = await inspectUrl(`${origin.url}/feed`);
    expect(found.feed?.revalidation).toBe(second);
    expect(origin.requests.map((request) => request.headers['if-none-match'])).toEqual([undefined, '"a"']);
    expect(origin.requests[1]?.headers['if-modified-since']).toBe(headers['last-modified']);
    expect(found.pausesMs).toEqual([1_000]);
  });
});

describe('a private address linked by a page', () => {
  it.each([
    ['a link', (inside: string) => rssLink(`${inside}/feed`)],
    ['a visible link', (inside: string) => `<a href="${inside}/feed.xml">RSS</a>`],
    ['a base', (inside: string) => `<base href="${inside}/">${rssLink('feed')}`],
    ['a number', (inside: string) => rssLink(`${inside.replace('127.0.0.2', '2130706434')}/feed`)],
    [
      'an IPv4 address in IPv6',
      (inside: string) => rssLink(`${inside.replace('127.0.0.2', '[::ffff:127.0.0.2]')}/feed`),
    ],
    ['a name', (inside: string) => rssLink(`${inside.replace('127.0.0.2', 'inside.example')}/feed`)],
    ['a user name', (inside: string) => rssLink(`${inside.replace('127.0.0.2', 'site.example@127.0.0.2')}/feed`)],
    ['a redirect', () => rssLink('/away')],
  ])('is not requested when linked by %s', async (_, body) => {
    const site = await anOrigin();
    const inside = await anOrigin({ host: '127.0.0.2' });
    inside.on('/feed', feed());
    site.on('/', page(body(inside.url)));
    site.on('/away', { status: 302, headers: { location: `${inside.url}/feed` } });
    const found = await inspectUrl(`${site.url}/`, { names: { 'inside.example': ['127.0.0.2'] } });
    expect(found.feed).toBeNull();
    expect(found.failures).toMatchObject([{ failure: 'blocked_address' }]);
    expect(inside.connections).toBe(0);
  });

  it.each([
    'http://10.0.0.1/feed',
    'http://169.254.169.254/feed',
    'http://[fd00:ec2::254]/feed',
    'http://[::1]/feed',
  ])('%s is not requested', async (url) => {
    const site = await anOrigin();
    site.on('/', page(rssLink(url)));
    expect((await inspectUrl(`${site.url}/`)).failures).toMatchObject([{ url, failure: 'blocked_address' }]);
  });

  it('is shown but not requested when linked by a refresh', async () => {
    const site = await anOrigin();
    const inside = await anOrigin({ host: '127.0.0.2' });
    site.on('/', page(`<meta http-equiv="refresh" content="0; url=${inside.url}/feed">`));
    expect(await inspectUrl(`${site.url}/`)).toMatchObject({ page: { refreshTo: `${inside.url}/feed` }, feed: null });
    expect(inside.connections).toBe(0);
  });

  it('does not count as one of the three attempts and causes no pause', async () => {
    const site = await anOrigin();
    const blocked = [1, 2, 3, 4, 5].map((n) => rssLink(`http://10.0.0.${n}/feed`)).join('');
    site.on('/', page(blocked + rssLink('/feed')));
    site.on('/feed', feed());
    const found = await inspectUrl(`${site.url}/`);
    expect(found.feed?.url).toBe(`${site.url}/feed`);
    expect(found.failures).toHaveLength(5);
    expect(found.pausesMs).toEqual([1_000]);
  });
});

describe('a private address linked by a feed', () => {
  it('is reported but not requested: hub, archive, enclosure, image or self link', async () => {
    const site = await anOrigin();
    const inside = await anOrigin({ host: '127.0.0.2' });
    const at = (rel: string) => `<link rel="${rel}" href="${inside.url}/${rel}"/>`;
    const body = `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"><title>A</title>
      ${['self', 'hub', 'prev-archive', 'next', 'alternate'].map(at).join('')}<icon>${inside.url}/icon</icon>
      <entry><id>1</id><title>One</title>${at('alternate')}${at('enclosure')}<media:thumbnail url="${inside.url}/t.png"/>
      </entry></feed>`;
    site.on('/feed', { headers: { link: `<${inside.url}/hub>; rel=hub`, etag: '"a"' }, body });
    const found = await inspectUrl(`${site.url}/feed`);
    expect(found.feed).toMatchObject({
      hubs: [`${inside.url}/hub`],
      normalised: { archiveUrl: `${inside.url}/prev-archive` },
    });
    expect(inside.connections).toBe(0);
    expect(site.requests.map((request) => request.path)).toEqual(['/feed', '/feed']);
  });
});
