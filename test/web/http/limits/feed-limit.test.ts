import { describe, expect, it } from 'vitest';
import { FeedLimit } from '../../../../src/web/http/limits/feed-limit.ts';
import { type StoreApp, type TestRequest, withStoreApp } from '../../../support/web/store-app.ts';

const path = '/feed.rss';

async function fetchOften({ request }: StoreApp, times: number, asking: TestRequest = {}): Promise<Response> {
  let last = await request(path, asking);
  for (let index = 1; index < times; index += 1) last = await request(path, asking);
  return last;
}

describe('fetching a whole output feed', () => {
  it('is answered 429 with the wait after 120 times in an hour from one address', () =>
    withStoreApp({}, async (app) => {
      expect((await fetchOften(app, 120)).status).toBe(200);
      const refused = await app.request(path);
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3000);
      expect(await refused.text()).toContain('If-None-Match');
      expect(refused.headers.get('content-type')).toContain('text/plain');
    }));

  it('is counted for each feed and each network of its own', () =>
    withStoreApp({}, async (app) => {
      await fetchOften(app, 121, { address: '2001:db8:1:2::1' });
      expect((await app.request(path, { address: '2001:db8:1:2:ffff::2' })).status).toBe(429);
      expect((await app.request(path, { address: '2001:db8:1:3::1' })).status).toBe(200);
      expect((await app.request('/feed.atom', { address: '2001:db8:1:2::1' })).status).toBe(200);
      expect((await app.request(`${path}?limit=1`, { address: '2001:db8:1:2::1' })).status).toBe(429);
      expect((await app.request('/', { address: '2001:db8:1:2::1' })).status).toBe(200);
    }));

  it('is not counted while it is answered 304, nor by HEAD', () =>
    withStoreApp({}, async (app) => {
      const tag = (await app.request(path)).headers.get('etag') ?? '';
      const conditional = { headers: { 'if-none-match': tag } };
      expect((await fetchOften(app, 200, conditional)).status).toBe(304);
      await fetchOften(app, 130, { method: 'HEAD' });
      expect((await app.request(path)).status).toBe(200);
      await fetchOften(app, 130);
      expect((await app.request(path, conditional)).status).toBe(304);
    }));

  it.each<Record<string, string>>([
    { 'if-none-match': '"nothing-of-ours"' },
    { 'if-none-match': ' ' },
    { 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' },
    { 'if-modified-since': 'never' },
  ])('is counted when it is answered whole, whatever it says: %j', (headers) =>
    withStoreApp({}, async (app) => {
      expect((await fetchOften(app, 120, { headers })).status).toBe(200);
      const refused = await app.request(path, { headers });
      expect(refused.status).toBe(429);
      expect([refused.headers.get('etag'), refused.headers.get('cache-control')]).toEqual([null, 'no-store']);
      expect(refused.headers.get('access-control-allow-origin')).toBe('*');
      expect((await app.request(path)).status).toBe(429);
    }));

  it('is counted once for all spellings of a section', () =>
    withStoreApp({}, async (app) => {
      const spellings = ['world', 'World', 'WORLD', 'W%6Frld', '%20world', 'world-', 'w%C3%B6rld', 'world?x=1'];
      const statuses: number[] = [];
      for (let index = 0; index < 121; index += 1) {
        const [name = '', query] = (spellings[index % spellings.length] ?? '').split('?');
        statuses.push(
          (await app.request(`/sections/${name}/feed.rss${query === undefined ? '' : `?${query}`}`)).status,
        );
      }
      expect(new Set(statuses.slice(0, 120))).toEqual(new Set([200]));
      expect(statuses[120]).toBe(429);
      expect((await app.request('/%66eed.rss')).status).toBe(200);
    }));

  it('is not counted where there is no such feed', () =>
    withStoreApp({}, async (app) => {
      for (let index = 0; index < 130; index += 1) {
        expect((await app.request('/sections/nope/feed.rss')).status).toBe(404);
        expect((await app.request('/nope/feed.rss')).status).toBe(404);
      }
    }));

  it('is never refused to this machine', () =>
    withStoreApp({}, async (app) => {
      expect((await fetchOften(app, 130, { address: '127.0.0.1' })).status).toBe(200);
      expect((await fetchOften(app, 130, { address: '::1' })).status).toBe(200);
    }));

  it('is counted by the address behind a named proxy, whatever else the header says', () =>
    withStoreApp({}, async (app) => {
      const behind = (made: string) => ({
        address: '10.0.0.1',
        headers: { 'x-forwarded-for': `${made}, 198.51.100.7` },
      });
      for (let index = 0; index < 120; index += 1) await app.request(path, behind(`127.0.0.${index + 1}`));
      expect((await app.request(path, behind('203.0.113.1'))).status).toBe(429);
      const other = { address: '10.0.0.1', headers: { 'x-forwarded-for': '198.51.100.8' } };
      expect((await app.request(path, other)).status).toBe(200);
    }));
});

describe('FeedLimit', () => {
  it('lets an address fetch again after an hour, and counts refused fetches for nothing', () => {
    let nowMs = 0;
    const limit = new FeedLimit(() => nowMs);
    for (let index = 0; index < 120; index += 1) expect(limit.consume('192.0.2.1', '/feed.rss')).toBeNull();
    expect([limit.waitSeconds('192.0.2.1', '/feed.rss'), limit.consume('192.0.2.1', '/feed.rss')]).toEqual([
      3600, 3600,
    ]);
    nowMs = 3_599_500;
    expect(limit.consume('192.0.2.1', '/feed.rss')).toBe(1);
    nowMs = 3_600_000;
    expect(limit.consume('192.0.2.1', '/feed.rss')).toBeNull();
  });

  it('remembers nothing of what is only asked', () => {
    const limit = new FeedLimit(() => 0);
    expect(limit.waitSeconds('192.0.2.1', '/feed.rss')).toBeNull();
    expect(limit.size).toBe(0);
  });

  it('remembers a bounded number of addresses and feeds, the latest', () => {
    const limit = new FeedLimit(() => 0, 30_000);
    const address = (index: number) => `10.0.${index >> 8}.${index & 255}`;
    for (let index = 0; index < 1000; index += 1) limit.consume(address(index), '/feed.rss');
    for (let fetch = 0; fetch < 120; fetch += 1) limit.consume(address(999), '/feed.rss');
    expect(limit.size).toBeGreaterThan(90);
    expect(limit.size).toBeLessThan(130);
    expect([limit.waitSeconds(address(0), '/feed.rss'), limit.waitSeconds(address(999), '/feed.rss')]).toEqual([
      null,
      3600,
    ]);
  });
});
