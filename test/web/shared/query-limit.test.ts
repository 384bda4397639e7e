import { describe, expect, it } from 'vitest';
import type { ItemsQuery } from '../../../src/web/shared/read-port.ts';
import { queryRefused } from '../../../src/web/shared/request-error.ts';
import { until } from '../../support/until.ts';
import { type StoreApp, withStoreApp } from '../../support/web/store-app.ts';
import { FakeReadPort, makeApp } from '../../support/web/test-app.ts';

/** Reads whose queries wait until they are released, and end immediately afterwards. */
class HeldReads extends FakeReadPort {
  readonly held: (() => void)[] = [];
  #isFree = false;

  override async items(query: ItemsQuery): ReturnType<FakeReadPort['items']> {
    if (!this.#isFree) await new Promise<void>((resolve) => this.held.push(resolve));
    return super.items(query);
  }

  letGo(): void {
    this.#isFree = true;
    for (const end of this.held) end();
  }
}

async function askOften({ request }: StoreApp, path: string, times: number, address?: string): Promise<number> {
  let last = 0;
  for (let index = 0; index < times; index += 1) {
    last = (await request(path, address === undefined ? {} : { address })).status;
  }
  return last;
}

describe('a query whose cost its client chooses', () => {
  it.each([
    '/search?q=title',
    '/api/items?q=title',
    '/api/items?category=a&category=b',
    '/api/items?language=en',
    '/api/items?backfill=false',
    '/api/items?limit=500',
    '/?before=5-1',
    '/feed.rss?q=title',
    '/api/most-read?hours=23',
  ])('is answered 429 with Retry-After after 60 in a minute from one address: %s', (path) =>
    withStoreApp({}, async (app) => {
      expect(await askOften(app, path, 60)).toBe(200);
      const refused = await app.request(path);
      expect(refused.status).toBe(429);
      const waitS = Number(refused.headers.get('retry-after'));
      expect(waitS).toBeGreaterThan(0);
      expect(waitS).toBeLessThanOrEqual(60);
      expect(await refused.text()).toContain('more than 60 searches or filtered lists within a minute');
    }));

  it('is counted for each network', () =>
    withStoreApp({}, async (app) => {
      await askOften(app, '/search?q=title', 40, '2001:db8:1:2::1');
      await askOften(app, '/api/items?q=title', 20, '2001:db8:1:2:ffff::2');
      expect(await askOften(app, '/feed.atom?q=title', 1, '2001:db8:1:2::3')).toBe(429);
      expect(await askOften(app, '/search?q=title', 1, '2001:db8:1:3::1')).toBe(200);
    }));

  it.each([
    '/',
    '/sections/world',
    '/sources/a',
    '/api/items',
    '/api/items?before=5-1',
    '/api/most-read',
  ])('does not include %s, which is not limited', (path) =>
    withStoreApp({}, async (app) => {
      await askOften(app, '/search?q=title', 61);
      expect(await askOften(app, path, 70)).toBe(200);
    }));

  it('is not limited for loopback', () =>
    withStoreApp({}, async (app) => {
      expect(await askOften(app, '/search?q=title', 130, '127.0.0.1')).toBe(200);
    }));

  it('is answered 429 while eight of the same address run or wait, but not for other addresses', () => {
    const reads = new HeldReads([]);
    return withStoreApp({ parts: { reads } }, async ({ request }) => {
      const search = (index: number, address = '192.0.2.1') => request(`/api/items?q=word${index}`, { address });
      const held = Array.from({ length: 8 }, (_, index) => search(index));
      await until('eight queries under way', () => reads.held.length === 8);
      const refused = await search(8);
      expect(refused.status).toBe(429);
      expect(refused.headers.get('retry-after')).toBe('2');
      const other = search(9, '198.51.100.9');
      await until('a query of another address', () => reads.held.length === 9);
      reads.letGo();
      for (const answered of await Promise.all([...held, other])) expect(answered.status).toBe(200);
      expect((await search(10)).status).toBe(200);
    });
  });

  it('counts as ten when it exceeds its budget', () => {
    const reads = new FakeReadPort([]);
    reads.fault = queryRefused('over-budget');
    return withStoreApp({ parts: { reads } }, async (app) => {
      expect(await askOften(app, '/api/items?q=title', 6)).toBe(503);
      expect(await askOften(app, '/api/items?q=title', 1)).toBe(429);
      reads.fault = queryRefused('busy');
      expect(await askOften(app, '/api/items?q=title', 60, '198.51.100.9')).toBe(503);
    });
  });

  it.each([
    ['over-budget', 'query_over_budget', 'Use fewer words'],
    ['busy', 'busy', 'Try again in'],
  ] as const)('is answered 503 with Retry-After and the reason when it is %s', async (kind, code, reason) => {
    const { reads, get } = makeApp();
    reads.fault = queryRefused(kind);
    const refused = await get('/api/items?q=a');
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ error: { code, message: expect.stringContaining(reason) } });
    const page = await get('/search?q=a');
    expect(page.status).toBe(503);
    expect(Number(page.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await page.text()).toContain(reason);
  });
});
