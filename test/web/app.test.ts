import { describe, expect, it } from 'vitest';
import { StorageError } from '../../src/domain/storage.ts';
import { anItem } from '../support/builders.ts';
import { makeApp } from '../support/web/test-app.ts';

const routes = [
  '/',
  '/sections/world',
  '/items/1',
  '/items/999',
  '/sources',
  '/sources/example',
  '/feed.rss',
  '/feed.atom',
  '/feed.json',
  '/sections/world/feed.rss',
  '/sources/example/feed.atom',
  '/feed',
  '/api/items',
  '/api/items/1',
  '/api/items/999',
  '/api/sources',
  '/api/sections',
  '/api/events',
  '/healthz',
  '/readyz',
  '/favicon.ico',
  '/favicon.svg',
  '/public/x/assets/newswire.css',
  '/live',
  '/nope',
];

describe('every response', () => {
  it.each(routes)('to %s has the security headers', async (path) => {
    const { headers } = await makeApp([anItem(1)]).get(path);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('permissions-policy')).toContain('camera=()');
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/sandbox|frame-ancestors 'none'/);
    expect(policy).not.toContain('unsafe');
  });

  it('has Strict-Transport-Security only when the public URL is https', async () => {
    const { get } = makeApp([], { publicUrl: 'http://127.0.0.1:3000' });
    expect((await get('/')).headers.get('strict-transport-security')).toBeNull();
  });

  it('allows pages to run our own scripts only', async () => {
    const policy = (await makeApp().get('/')).headers.get('content-security-policy');
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("style-src 'self';");
    expect(policy).toContain("require-trusted-types-for 'script'");
  });

  it('sandboxes output feeds, which browsers may display', async () => {
    const policy = (await makeApp().get('/feed.rss')).headers.get('content-security-policy');
    expect(policy).toBe("sandbox; default-src 'none'; style-src 'self'; img-src https:");
  });
});

describe('the live routes', () => {
  it('answer 426 on /live without a WebSocket handshake', async () => {
    const response = await makeApp().get('/live');
    expect(response.status).toBe(426);
    expect(response.headers.get('upgrade')).toBe('websocket');
  });

  it('pass /events to the event stream handler', async () => {
    const { get } = makeApp([], { eventStream: (c) => c.text('stream') });
    expect(await (await get('/events')).text()).toBe('stream');
    expect((await makeApp().get('/events')).status).toBe(404);
  });
});

describe('health', () => {
  it('is separate from readiness, which names the failed check', async () => {
    const { get } = makeApp([], { ready: async () => ({ database: false, migrations: true }) });
    expect(await (await get('/healthz')).text()).toBe('ok\n');
    const response = await get('/readyz');
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ ready: false, checks: { database: false, migrations: true } });
  });

  it('reports the storage fault and its remedy while pages are still served', async () => {
    const storage = () => ({ fault: 'read_only', sinceMs: 0, blocksWrites: true }) as const;
    const { get } = makeApp([], { storage, ready: async () => ({ database: true, storage: false }) });
    const response = await get('/readyz');
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ reason: 'read_only', message: expect.stringContaining('read-only') });
    expect((await get('/')).status).toBe(200);
  });

  it('answers 503 with Retry-After when the storage fails', async () => {
    const { reads, get } = makeApp();
    reads.item = async () => {
      throw new StorageError('malformed');
    };
    const response = await get('/items/1');
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('60');
    expect((await get('/')).status).toBe(200);
  });

  it('is ready when all checks pass', async () => {
    const response = await makeApp().get('/readyz');
    expect(response.status).toBe(200);
  });
});

describe('built files', () => {
  it('are immutable at the URL in a page, and revalidated at any other', async () => {
    const { get } = makeApp();
    const href = /href="([^"]+newswire\.css)"/.exec(await (await get('/')).text())?.[1] ?? '';
    const fresh = await get(href);
    expect(fresh.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(fresh.headers.get('content-type')).toBe('text/css; charset=utf-8');
    const old = await get('/public/older/assets/newswire.css');
    expect(old.status).toBe(200);
    expect(old.headers.get('cache-control')).toBe('no-cache');
  });

  it.each([
    '/public/x/client/browser/notes.txt',
    '/public/x/../../fakes.ts',
    '/public/x/%2e%2e/fakes.ts',
    '/public/x/..%2f..%2ffakes.ts',
    '/public/x/assets',
  ])('do not include %s', async (path) => {
    expect((await makeApp().get(path)).status).toBe(404);
  });

  it('are optional: pages are served without them', async () => {
    expect((await makeApp([], { assetsDir: '/nowhere' }).get('/')).status).toBe(200);
  });
});
