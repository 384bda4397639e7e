import type { RequestListener } from 'node:http';
import { brotliDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../../../src/runtime/log.ts';
import type { AppContext } from '../../../../src/web/shared/app-context.ts';
import { createClientAddress } from '../../../../src/web/shared/client-address.ts';
import { anItemDraft, minute, noon } from '../../../support/builders.ts';
import { listenerOf, type ReceivedResponse, withListener } from '../../../support/web/http-server.ts';
import { browserAgent, type StoreApp, withStoreApp } from '../../../support/web/store-app.ts';

type Headers = Readonly<Record<string, string>>;
type Get = (path: string, headers?: Headers) => Promise<ReceivedResponse>;

interface CachedApp extends Omit<StoreApp, 'request'> {
  /** A GET to the server with the cache. */
  readonly get: Get;
  /** The same to a server without it. */
  readonly getUncached: Get;
  /** How many requests the cache has passed to the app. */
  passed(): number;
  /** How many transactions the app has read. */
  reads(): number;
  /** Makes each read of the data version fail. */
  breakDataVersion(): void;
}

/** Runs the app behind its cache, as the server does. The client address is the last of X-Forwarded-For. */
async function withCache(work: (app: CachedApp) => Promise<void>, over: Partial<AppContext> = {}): Promise<void> {
  let dataVersion = (): string | null => null;
  const clientAddress = createClientAddress(['127.0.0.0/8']);
  const parts = { dataVersion: () => dataVersion(), clientAddress, ...over };
  await withStoreApp({ parts }, async (app) => {
    dataVersion = () => String(app.store.dataVersion());
    let reads = 0;
    let passed = 0;
    const { read } = app.store;
    Object.assign(app.store, {
      read: (...given: Parameters<typeof read>) => {
        reads += 1;
        return read(...given);
      },
    });
    const listener = listenerOf(app.app);
    const counting: RequestListener = (incoming, outgoing) => {
      passed += 1;
      listener(incoming, outgoing);
    };
    const breakDataVersion = (): void => {
      dataVersion = () => {
        throw new Error('no database');
      };
    };
    await withListener(app.app.responseCache.wrap(counting), (send) =>
      withListener(listener, (sendUncached) => {
        const get: Get = (path, headers = {}) => send('GET', path, { 'user-agent': browserAgent, ...headers });
        const getUncached: Get = (path, headers = {}) =>
          sendUncached('GET', path, { 'user-agent': browserAgent, ...headers });
        return work({ ...app, get, getUncached, passed: () => passed, reads: () => reads, breakDataVersion });
      }),
    );
  });
}

const host = { host: 'news.example.com' };
const br = { 'accept-encoding': 'br' };
/** A client that is not counted as a reader. */
const robot = { 'user-agent': 'curl/8' };
const tokens = /[0-9a-z]+\.[0-9a-f-]{36}\.[\w-]{22}/g;

const from = (address: string): Headers => ({ 'x-forwarded-for': address });
const decoded = ({ body }: ReceivedResponse): string => brotliDecompressSync(Buffer.from(body, 'latin1')).toString();
const tagOf = ({ headers }: ReceivedResponse): string => headers['etag'] ?? '';

describe('the response cache', () => {
  it.each([
    '/',
    '/sections/world',
    '/sources/a',
    '/search?q=title',
    '/about',
    '/feed.rss',
    '/feed.atom?limit=5',
    '/opml.xml',
  ])('sends the same response without reading the store while nothing is committed: %s', (path) =>
    withCache(async ({ get, fixture, reads }) => {
      const first = await get(path);
      const before = reads();
      expect(await get(path)).toEqual(first);
      expect(reads()).toBe(before);
      await fixture.read('a', [anItemDraft('two'), anItemDraft('one')], noon + minute);
      await get(path);
      if (path !== '/about') expect(reads()).toBeGreaterThan(before);
    }));

  it.each([
    '/',
    '/sections/world',
    '/feed.rss',
    '/feed.json?limit=5',
  ])('sends exactly the headers and bodies of the app, and 304 to a client that has the page: %s', (path) =>
    withCache(async ({ get, getUncached, passed }) => {
      for (const headers of [host, { ...host, ...br }, { ...host, 'sec-fetch-dest': 'document' }]) {
        const expected = await getUncached(path, headers);
        await get(path, headers);
        const before = passed();
        expect(await get(path, headers)).toEqual(expected);
        const held = { ...headers, 'if-none-match': tagOf(expected) };
        const notModified = await get(path, held);
        expect(passed()).toBe(before);
        expect(notModified).toEqual(await getUncached(path, held));
        expect([notModified.status, notModified.body]).toEqual([304, '']);
      }
    }));

  it('shows a commit in the next response', () =>
    withCache(async ({ get, fixture }) => {
      for (let time = 0; time < 2; time += 1) expect((await get('/')).body).not.toContain('Title of two');
      await get('/feed.rss');
      await fixture.read('a', [anItemDraft('two'), anItemDraft('one')], noon + minute);
      expect((await get('/')).body).toContain('Title of two');
      expect((await get('/feed.rss')).body).toContain('Title of two');
    }));

  it('drops all entries of an older data version at the first request of a newer one', () =>
    withCache(async ({ app, get, fixture }) => {
      await get('/feed.rss');
      const one = app.responseCache.bytes;
      for (const path of ['/', '/about', '/feed.atom', '/feed.json', '/opml.xml']) await get(path);
      expect(app.responseCache.bytes).toBeGreaterThan(3 * one);
      await fixture.read('a', [anItemDraft('one')], noon + minute);
      await get('/feed.rss');
      expect(app.responseCache.bytes).toBeLessThan(2 * one);
    }));

  it('expires pages with relative times when the minute ends', () =>
    withCache(async ({ get, clock, passed }) => {
      await get('/');
      await get('/feed.rss');
      const before = passed();
      await get('/');
      await clock.advance(minute);
      await get('/feed.rss');
      expect(passed()).toBe(before);
      await get('/');
      expect(passed()).toBe(before + 1);
    }));

  it('compresses a body on demand, once for each content coding', () =>
    withCache(async ({ app, get }) => {
      const plain = await get('/');
      await get('/');
      const uncompressed = app.responseCache.bytes;
      for (let time = 0; time < 3; time += 1) {
        const coded = await get('/', br);
        expect(coded.headers['content-encoding']).toBe('br');
        expect(decoded(coded)).toBe(plain.body);
      }
      const compressed = app.responseCache.bytes;
      expect(compressed).toBeGreaterThan(uncompressed);
      await get('/', br);
      expect(app.responseCache.bytes).toBe(compressed);
    }));

  it('builds one response for concurrent requests after a commit', () =>
    withCache(async ({ get, fixture, reads }) => {
      await fixture.read('a', [anItemDraft('two'), anItemDraft('one')], noon + minute);
      const before = reads();
      await get('/feed.rss');
      const single = reads() - before;
      await fixture.read('a', [anItemDraft('three'), anItemDraft('two'), anItemDraft('one')], noon + 2 * minute);
      const again = reads();
      const bodies = await Promise.all(Array.from({ length: 20 }, async () => (await get('/feed.rss')).body));
      expect(new Set(bodies).size).toBe(1);
      expect(bodies[0]).toContain('Title of three');
      expect(reads() - again).toBe(single);
    }));

  it('gives each client a form token of its own, and counts each as a reader', () =>
    withCache(async ({ get, getUncached, item, passed, flush, store }) => {
      const path = `/items/${item}`;
      // A robot: the visit of a reader is committed, which would drop the page.
      await get(path, robot);
      const before = passed();
      const pages = [await get(path), await get(path, from('192.0.2.2')), await getUncached(path, from('192.0.2.3'))];
      const coded = await get(path, { ...from('192.0.2.4'), ...br });
      expect(passed()).toBe(before);
      const bodies = [...pages.map(({ body }) => body), decoded(coded)];
      const found = bodies.map((body) => [...new Set(body.match(tokens))]);
      expect(found.map((all) => all.length)).toEqual([1, 1, 1, 1]);
      expect(new Set(found.flat()).size).toBe(4);
      expect(new Set(bodies.map((body) => body.replace(tokens, ''))).size).toBe(1);
      expect(pages.map(tagOf)).toEqual(pages.map(() => expect.stringMatching(/^W\//)));
      expect(new Set(pages.map(tagOf)).size).toBe(1);
      const held = await get(path, { 'if-none-match': tagOf(coded) });
      expect([held.status, held.body]).toEqual([304, '']);
      await flush();
      const counted = await store.reader.selectFrom('item_count').select('reads').where('item_id', '=', item).execute();
      expect(counted).toEqual([{ reads: 4 }]);
    }));

  it('counts each fetch of a whole feed once, refuses the 121st, and never refuses a 304', () =>
    withCache(async ({ get, passed }) => {
      const statuses: number[] = [];
      for (let time = 0; time < 121; time += 1) statuses.push((await get('/feed.rss', from('192.0.2.9'))).status);
      expect(statuses.indexOf(429)).toBe(120);
      const refused = await get('/feed.rss', { ...from('192.0.2.9'), 'if-none-match': '"unknown"' });
      expect([refused.status, Number(refused.headers['retry-after']) > 0]).toEqual([429, true]);
      const before = passed();
      const held = { ...from('192.0.2.9'), 'if-modified-since': 'Thu, 01 Jan 2099 00:00:00 GMT' };
      expect((await get('/feed.rss', held)).status).toBe(304);
      expect((await get('/feed.rss')).status).toBe(200);
      expect(passed()).toBe(before);
    }));

  it('does not build a feed for a fetch that it refuses', () =>
    withCache(async ({ get, reads }) => {
      for (let time = 0; time < 120; time += 1) await get('/feed.rss', from('192.0.2.9'));
      const before = reads();
      for (const headers of [{}, { 'if-none-match': '"unknown"' }]) {
        expect((await get('/feed.rss', { ...from('192.0.2.9'), ...headers })).status).toBe(429);
      }
      expect(reads()).toBe(before);
    }));

  it.each([
    ['/', '/?utm_source=x&fbclid=y'],
    ['/feed.rss', '/feed.rss?x=1'],
    ['/sections/world/feed.rss', '/sections/WORLD/feed.rss?section=other'],
    ['/search?q=title', '/search?page=2&q=+title+'],
    ['/opml.xml', '/opml.xml?x'],
  ])('sends one entry for all spellings of a URL: %s and %s', (path, other) =>
    withCache(async ({ get, passed }) => {
      const first = await get(path);
      const before = passed();
      expect(await get(other)).toEqual(first);
      expect(passed()).toBe(before);
    }));

  it('counts keys and compressed bodies, and none for parameters without a meaning', () =>
    withCache(async ({ app, get }) => {
      await get('/feed.rss', br);
      await get('/feed.rss', br);
      const one = app.responseCache.bytes;
      for (let index = 0; index < 200; index += 1) await get(`/feed.rss?x=${index}${'y'.repeat(10_000)}`, br);
      expect(app.responseCache.bytes).toBe(one);
      // Keys of 400 characters each.
      for (let index = 0; index < 20; index += 1) {
        await get(`/feed.rss?category=${index}${'c'.repeat(190)}&category=${'d'.repeat(190)}`);
      }
      expect(app.responseCache.bytes - one).toBeGreaterThan(20 * 2 * 400);
    }));

  it('does not cache errors, or pages that change without a commit', () =>
    withCache(async ({ get, passed }) => {
      for (const path of ['/items/999', '/search?q=!!', '/status', '/sources', '/api/items']) {
        const { status } = await get(path);
        const before = passed();
        expect((await get(path)).status).toBe(status);
        expect(passed(), path).toBe(before + 1);
      }
    }));

  it.each([
    'bad host',
    'user@news.example.com',
    '1.2.3:80',
    '[::1',
  ])('leaves a request with the invalid host %j to the app, which refuses it', (bad) =>
    withCache(async ({ get, passed }) => {
      for (let time = 0; time < 4; time += 1) await get('/', host);
      expect((await get('/', { host: bad })).status).toBe(400);
      expect(passed()).toBe(2);
    }));

  it.each([
    'localhost',
    '127.0.0.1:3000',
    'news.example.com:65535',
    '[::1]:3000',
    'NEWS.example.com:80',
  ])('answers under the host %j as the app does, without asking it', (name) =>
    withCache(async ({ get, getUncached, passed }) => {
      await get('/', host);
      expect(await get('/', { host: name })).toEqual(await getUncached('/', { host: name }));
      expect(passed()).toBe(1);
    }));

  it('logs that the data version cannot be read, and lets the app answer', async () => {
    const errors: string[] = [];
    const log = Object.assign(Object.create(silentLog) as typeof silentLog, {
      error: (_facts: object, message: string) => errors.push(message),
    });
    await withCache(
      async ({ get, passed, breakDataVersion }) => {
        await get('/feed.rss');
        breakDataVersion();
        expect((await get('/feed.rss')).status).toBe(200);
        expect(passed()).toBe(2);
        expect(errors).toEqual(['cannot read the data version; responses are not cached']);
      },
      { log },
    );
  });
});
