import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { FeedLimit } from '../../../src/web/syndication/feed-limit.ts';
import { type StoreApp, type TestRequest, withStoreApp } from '../../support/web/store-app.ts';

const path = '/feed.rss';

async function fetchOften({ request }: StoreApp, times: number, asking: TestRequest = {}): Promise<Response> {
  let last = await request(path, asking);
  for (let index = 1; index < times; index += 1) last = await request(path, asking);
  return last;
}

describe('fetching a whole output feed', () => {
  it('is answered 429 with Retry-After when one address has fetched it 120 times in an hour', () =>
    withStoreApp({}, async (app) => {
      expect((await fetchOften(app, 120)).status).toBe(200);
      const refused = await app.request(path);
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3000);
      expect(await refused.text()).toContain('If-None-Match');
      expect(refused.headers.get('content-type')).toContain('text/plain');
    }));

  it('is counted for each feed and each network separately', () =>
    withStoreApp({}, async (app) => {
      await fetchOften(app, 121, { address: '2001:db8:1:2::1' });
      expect((await app.request(path, { address: '2001:db8:1:2:ffff::2' })).status).toBe(429);
      expect((await app.request(path, { address: '2001:db8:1:3::1' })).status).toBe(200);
      expect((await app.request('/feed.atom', { address: '2001:db8:1:2::1' })).status).toBe(200);
      expect((await app.request(`${path}?limit=1`, { address: '2001:db8:1:2::1' })).status).toBe(429);
      expect((await app.request('/', { address: '2001:db8:1:2::1' })).status).toBe(200);
    }));

  it('is not counted for a 304 or a HEAD request', () =>
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
  ])('is counted when a conditional request is answered with a body: %j', (headers) =>
    withStoreApp({}, async (app) => {
      expect((await fetchOften(app, 120, { headers })).status).toBe(200);
      const refused = await app.request(path, { headers });
      expect(refused.status).toBe(429);
      expect([refused.headers.get('etag'), refused.headers.get('cache-control')]).toEqual([null, 'no-store']);
      expect(refused.headers.get('access-control-allow-origin')).toBe('*');
      expect((await app.request(path)).status).toBe(429);
    }));

  it('is counted together for all spellings of a section', () =>
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

  it('is not counted when the feed does not exist', () =>
    withStoreApp({}, async (app) => {
      for (let index = 0; index < 130; index += 1) {
        expect((await app.request('/sections/nope/feed.rss')).status).toBe(404);
        expect((await app.request('/nope/feed.rss')).status).toBe(404);
      }
    }));

  it('is not limited for loopback', () =>
    withStoreApp({}, async (app) => {
      expect((await fetchOften(app, 130, { address: '127.0.0.1' })).status).toBe(200);
      expect((await fetchOften(app, 130, { address: '::1' })).status).toBe(200);
    }));

  it('is counted by the client address behind a trusted proxy, not by other values of the header', () =>
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
  const requestOf = (address: string, headers = {}): IncomingMessage =>
    ({ socket: { remoteAddress: address }, headers }) as unknown as IncomingMessage;
  const clientAddress = ({ socket }: IncomingMessage): string => socket.remoteAddress ?? '';
  const feed = '/feed.rss';

  it('allows fetches again after an hour, and does not count refused ones', () => {
    let nowMs = 0;
    const limit = new FeedLimit({ nowMs: () => nowMs, clientAddress });
    const consume = (): number | null => limit.consume(requestOf('192.0.2.1'), feed);
    for (let index = 0; index < 120; index += 1) expect(consume()).toBeNull();
    expect([limit.check(requestOf('192.0.2.1'), feed), consume()]).toEqual([3600, 3600]);
    nowMs = 3_599_500;
    expect(consume()).toBe(1);
    nowMs = 3_600_000;
    expect(consume()).toBeNull();
  });

  it('does not record a fetch that is only checked', () => {
    const limit = new FeedLimit({ nowMs: () => 0, clientAddress });
    expect(limit.check(requestOf('192.0.2.1'), feed)).toBeNull();
    expect(limit.size).toBe(0);
  });

  it('refuses a conditional request in the check only when it was refused already', () => {
    const limit = new FeedLimit({ nowMs: () => 0, clientAddress });
    for (let index = 0; index < 120; index += 1) limit.consume(requestOf('192.0.2.1'), feed);
    const conditional = requestOf('192.0.2.1', { 'if-none-match': '"a"' });
    expect(limit.check(conditional, feed)).toBeNull();
    expect(limit.consume(conditional, feed)).toBe(3600);
    expect(limit.check(conditional, feed)).toBe(3600);
  });

  it('keeps a bounded number of records, the newest', () => {
    const limit = new FeedLimit({ nowMs: () => 0, clientAddress, maxBytes: 30_000 });
    const address = (index: number) => `10.0.${index >> 8}.${index & 255}`;
    for (let index = 0; index < 1000; index += 1) limit.consume(requestOf(address(index)), feed);
    for (let fetch = 0; fetch < 120; fetch += 1) limit.consume(requestOf(address(999)), feed);
    expect(limit.size).toBeGreaterThan(90);
    expect(limit.size).toBeLessThan(130);
    expect([limit.check(requestOf(address(0)), feed), limit.check(requestOf(address(999)), feed)]).toEqual([
      null,
      3600,
    ]);
  });
});
