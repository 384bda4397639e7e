import { brotliDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { draft, minute, noon } from '../../../contract/newsroom.ts';
import { type NewsroomApp, withNewsroomApp } from '../../newsroom-app.ts';

/** A web whose answers are kept, and what it asked of the store. */
async function withKept(work: (app: NewsroomApp, reads: () => number) => Promise<void>): Promise<void> {
  let store: NewsroomApp['store'] | null = null;
  let reads = 0;
  const parts = { stateMark: () => (store === null ? null : String(store.mark())) };
  await withNewsroomApp({ parts }, async (app) => {
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
    withKept(async ({ ask, room }, reads) => {
      const first = await ask(path);
      const before = reads();
      const second = await ask(path);
      expect(reads()).toBe(before);
      expect(await second.text()).toBe(await first.text());
      expect(Object.fromEntries(second.headers)).toEqual(Object.fromEntries(first.headers));
      await room.read('a', [draft('two'), draft('one')], noon + minute);
      expect(await (await ask(path)).text()).not.toBe(await (await ask(path, { method: 'HEAD' })).text());
      expect(reads()).toBeGreaterThan(before);
    }));

  it('show what was committed a moment ago, whoever committed it', () =>
    withKept(async ({ ask, room }) => {
      expect(await (await ask('/')).text()).not.toContain('Title of two');
      await room.read('a', [draft('two'), draft('one')], noon + minute);
      expect(await (await ask('/')).text()).toContain('Title of two');
      expect(await (await ask('/feed.rss')).text()).toContain('Title of two');
    }));

  it('are not kept over the end of a minute where a time stands in them', () =>
    withKept(async ({ ask, clock }, reads) => {
      await ask('/');
      await ask('/feed.rss');
      const before = reads();
      await clock.advance(minute);
      await ask('/feed.rss');
      expect(reads()).toBe(before);
      await ask('/');
      expect(reads()).toBeGreaterThan(before);
    }));

  it('are compressed once for each coding, and answer 304 to whoever holds them', () =>
    withKept(async ({ ask }) => {
      const plain = await (await ask('/')).text();
      const br = { headers: { 'accept-encoding': 'br' } };
      for (let time = 0; time < 3; time += 1) {
        const coded = await ask('/', br);
        expect(coded.headers.get('content-encoding')).toBe('br');
        expect(brotliDecompressSync(Buffer.from(await coded.arrayBuffer())).toString()).toBe(plain);
      }
      const tag = (await ask('/', br)).headers.get('etag') ?? '';
      const held = await ask('/', { headers: { 'accept-encoding': 'br', 'if-none-match': tag } });
      expect([held.status, await held.text(), held.headers.get('etag')]).toEqual([304, '', tag]);
      expect(held.headers.get('content-security-policy')).toContain("script-src 'self'");
    }));

  it('are made once for all who ask at the same time after a commit', () =>
    withKept(async ({ ask, room }, reads) => {
      await ask('/');
      await room.read('a', [draft('two'), draft('one')], noon + minute);
      const before = reads();
      const alone = await ask('/feed.rss').then(() => reads() - before);
      await ask('/');
      await room.read('a', [draft('three'), draft('two'), draft('one')], noon + 2 * minute);
      const again = reads();
      const answers = await Promise.all(Array.from({ length: 20 }, async () => (await ask('/feed.rss')).text()));
      expect(new Set(answers).size).toBe(1);
      expect(answers[0]).toContain('Title of three');
      expect(reads() - again).toBe(alone);
    }));

  it('give each reader of an item a form of his own, and count him', () =>
    withKept(async ({ ask, item, settle, store }, reads) => {
      const path = `/items/${item}`;
      const tokenOf = (html: string) =>
        /name="token" value="([^"]+)"/.exec(html)?.[1] ?? /value="([0-9a-z]+\.[\w-]+\.[\w-]{22})"/.exec(html)?.[1];
      const first = await (await ask(path)).text();
      const before = reads();
      const second = await (await ask(path, { address: '192.0.2.2' })).text();
      const coded = await ask(path, { address: '192.0.2.3', headers: { 'accept-encoding': 'br' } });
      const third = brotliDecompressSync(Buffer.from(await coded.arrayBuffer())).toString();
      expect(reads()).toBe(before);
      const tokens = [first, second, third].map(tokenOf);
      expect(new Set(tokens).size).toBe(3);
      expect(tokens).not.toContain(undefined);
      expect(second.replaceAll(tokens[1] ?? '', '')).toBe(first.replaceAll(tokens[0] ?? '', ''));
      await settle();
      const counted = await store.reader.selectFrom('item_count').select('reads').where('item_id', '=', item).execute();
      expect(counted).toEqual([{ reads: 3 }]);
    }));

  it('are refused to an address that fetches a whole feed too often', () =>
    withKept(async ({ ask }) => {
      for (let time = 0; time < 120; time += 1) expect((await ask('/feed.rss')).status).toBe(200);
      const refused = await ask('/feed.rss');
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await ask('/feed.rss', { address: '127.0.0.1' })).status).toBe(200);
    }));

  it.each([
    ['/', '/?utm_source=x&fbclid=y'],
    ['/feed.rss', '/feed.rss?x=1'],
    ['/sections/world/feed.rss', '/sections/WORLD/feed.rss?section=other'],
    ['/search?q=title', '/search?page=2&q=+title+'],
    ['/opml.xml', '/opml.xml?x'],
  ])('are given for every spelling of an address, and for any parameter that means nothing: %s', (path, other) =>
    withKept(async ({ ask }, reads) => {
      const first = await (await ask(path)).text();
      const before = reads();
      expect(await (await ask(other)).text()).toBe(first);
      expect(reads()).toBe(before);
    }));

  it('hold no more than their bytes, keys and compressed forms included, whatever is asked for', () =>
    withKept(async ({ app, ask }) => {
      const headers = { 'accept-encoding': 'br' };
      await ask('/feed.rss', { address: '127.0.0.1', headers });
      await ask('/feed.rss', { address: '127.0.0.1', headers });
      const one = app.kept.bytes;
      for (let index = 0; index < 200; index += 1) {
        await ask(`/feed.rss?x=${index}${'y'.repeat(15_000)}`, { address: '127.0.0.1', headers });
      }
      expect(app.kept.bytes).toBe(one);
      // 400 characters each that do mean something.
      for (let index = 0; index < 20; index += 1) {
        await ask(`/feed.rss?category=${index}${'c'.repeat(190)}&category=${'d'.repeat(190)}`, {
          address: '127.0.0.1',
        });
      }
      expect(app.kept.bytes - one).toBeGreaterThan(20 * 2 * 400);
    }));

  it('are never made of errors, searches that cannot be answered, or figures that change by themselves', () =>
    withKept(async ({ ask }, reads) => {
      for (const path of ['/items/999', '/search?q=!!', '/status', '/sources', '/api/items']) {
        const { status } = await ask(path);
        const before = reads();
        expect((await ask(path)).status).toBe(status);
        if (path !== '/search?q=!!') expect(reads(), path).toBeGreaterThan(before);
      }
    }));
});
