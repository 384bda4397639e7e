import { brotliDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { draft, minute, noon } from '../../../support/store-fixture.ts';
import { type StoreApp, withStoreApp } from '../../../support/web/store-app.ts';

/** A web whose answers are kept, and what it asked of the store. */
async function withKept(work: (app: StoreApp, reads: () => number) => Promise<void>): Promise<void> {
  let store: StoreApp['store'] | null = null;
  let reads = 0;
  const parts = { stateMark: () => (store === null ? null : String(store.dataVersion())) };
  await withStoreApp({ parts }, async (app) => {
    const { read } = app.store;
    Object.assign(app.store, {
      read: (...asked: Parameters<typeof read>) => {
        reads += 1;
        return read(...asked);
      },
    });
    store = app.store;
    await work(app, () => reads);
  });
}

describe('kept answers', () => {
  it.each([
    '/',
    '/sections/world',
    '/sources/a',
    '/search?q=title',
    '/about',
    '/feed.rss',
    '/feed.atom?limit=5',
  ])('are given again, the same to the last header, while nothing is committed: %s', (path) =>
    withKept(async ({ request, room }, reads) => {
      const first = await request(path);
      const before = reads();
      const second = await request(path);
      expect(reads()).toBe(before);
      expect(await second.text()).toBe(await first.text());
      expect(Object.fromEntries(second.headers)).toEqual(Object.fromEntries(first.headers));
      await room.read('a', [draft('two'), draft('one')], noon + minute);
      expect(await (await request(path)).text()).not.toBe(await (await request(path, { method: 'HEAD' })).text());
      expect(reads()).toBeGreaterThan(before);
    }));

  it('show what was committed a moment ago, whoever committed it', () =>
    withKept(async ({ request, room }) => {
      expect(await (await request('/')).text()).not.toContain('Title of two');
      await room.read('a', [draft('two'), draft('one')], noon + minute);
      expect(await (await request('/')).text()).toContain('Title of two');
      expect(await (await request('/feed.rss')).text()).toContain('Title of two');
    }));

  it('are not kept over the end of a minute where a time stands in them', () =>
    withKept(async ({ request, clock }, reads) => {
      await request('/');
      await request('/feed.rss');
      const before = reads();
      await clock.advance(minute);
      await request('/feed.rss');
      expect(reads()).toBe(before);
      await request('/');
      expect(reads()).toBeGreaterThan(before);
    }));

  it('are compressed once for each coding, and answer 304 to whoever holds them', () =>
    withKept(async ({ request }) => {
      const plain = await (await request('/')).text();
      const br = { headers: { 'accept-encoding': 'br' } };
      for (let time = 0; time < 3; time += 1) {
        const coded = await request('/', br);
        expect(coded.headers.get('content-encoding')).toBe('br');
        expect(brotliDecompressSync(Buffer.from(await coded.arrayBuffer())).toString()).toBe(plain);
      }
      const tag = (await request('/', br)).headers.get('etag') ?? '';
      const held = await request('/', { headers: { 'accept-encoding': 'br', 'if-none-match': tag } });
      expect([held.status, await held.text(), held.headers.get('etag')]).toEqual([304, '', tag]);
      expect(held.headers.get('content-security-policy')).toContain("script-src 'self'");
    }));

  it('are made once for all who ask at the same time after a commit', () =>
    withKept(async ({ request, room }, reads) => {
      await request('/');
      await room.read('a', [draft('two'), draft('one')], noon + minute);
      const before = reads();
      const alone = await request('/feed.rss').then(() => reads() - before);
      await request('/');
      await room.read('a', [draft('three'), draft('two'), draft('one')], noon + 2 * minute);
      const again = reads();
      const answers = await Promise.all(Array.from({ length: 20 }, async () => (await request('/feed.rss')).text()));
      expect(new Set(answers).size).toBe(1);
      expect(answers[0]).toContain('Title of three');
      expect(reads() - again).toBe(alone);
    }));

  it('give each reader of an item a form of his own, and count him', () =>
    withKept(async ({ request, item, flush, store }, reads) => {
      const path = `/items/${item}`;
      const tokenOf = (html: string) =>
        /name="token" value="([^"]+)"/.exec(html)?.[1] ?? /value="([0-9a-z]+\.[\w-]+\.[\w-]{22})"/.exec(html)?.[1];
      const first = await (await request(path)).text();
      const before = reads();
      const second = await (await request(path, { address: '192.0.2.2' })).text();
      const coded = await request(path, { address: '192.0.2.3', headers: { 'accept-encoding': 'br' } });
      const third = brotliDecompressSync(Buffer.from(await coded.arrayBuffer())).toString();
      expect(reads()).toBe(before);
      const tokens = [first, second, third].map(tokenOf);
      expect(new Set(tokens).size).toBe(3);
      expect(tokens).not.toContain(undefined);
      expect(second.replaceAll(tokens[1] ?? '', '')).toBe(first.replaceAll(tokens[0] ?? '', ''));
      await flush();
      const counted = await store.reader.selectFrom('item_count').select('reads').where('item_id', '=', item).execute();
      expect(counted).toEqual([{ reads: 3 }]);
    }));

  it('are refused to an address that fetches a whole feed too often', () =>
    withKept(async ({ request }) => {
      for (let time = 0; time < 120; time += 1) expect((await request('/feed.rss')).status).toBe(200);
      const refused = await request('/feed.rss');
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await request('/feed.rss', { address: '127.0.0.1' })).status).toBe(200);
    }));

  it.each([
    ['/', '/?utm_source=x&fbclid=y'],
    ['/feed.rss', '/feed.rss?x=1'],
    ['/sections/world/feed.rss', '/sections/WORLD/feed.rss?section=other'],
    ['/search?q=title', '/search?page=2&q=+title+'],
    ['/opml.xml', '/opml.xml?x'],
  ])('are given for every spelling of an address, and for any parameter that means nothing: %s', (path, other) =>
    withKept(async ({ request }, reads) => {
      const first = await (await request(path)).text();
      const before = reads();
      expect(await (await request(other)).text()).toBe(first);
      expect(reads()).toBe(before);
    }));

  it('hold no more than their bytes, keys and compressed forms included, whatever is asked for', () =>
    withKept(async ({ app, request }) => {
      const headers = { 'accept-encoding': 'br' };
      await request('/feed.rss', { address: '127.0.0.1', headers });
      await request('/feed.rss', { address: '127.0.0.1', headers });
      const one = app.kept.bytes;
      for (let index = 0; index < 200; index += 1) {
        await request(`/feed.rss?x=${index}${'y'.repeat(15_000)}`, { address: '127.0.0.1', headers });
      }
      expect(app.kept.bytes).toBe(one);
      // 400 characters each that do mean something.
      for (let index = 0; index < 20; index += 1) {
        await request(`/feed.rss?category=${index}${'c'.repeat(190)}&category=${'d'.repeat(190)}`, {
          address: '127.0.0.1',
        });
      }
      expect(app.kept.bytes - one).toBeGreaterThan(20 * 2 * 400);
    }));

  it('are never made of errors, searches that cannot be answered, or figures that change by themselves', () =>
    withKept(async ({ request }, reads) => {
      for (const path of ['/items/999', '/search?q=!!', '/status', '/sources', '/api/items']) {
        const { status } = await request(path);
        const before = reads();
        expect((await request(path)).status).toBe(status);
        if (path !== '/search?q=!!') expect(reads(), path).toBeGreaterThan(before);
      }
    }));
});
