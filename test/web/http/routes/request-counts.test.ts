import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { RequestCounts } from '../../../../src/web/http/routes/request-counts.ts';
import { until } from '../../../support/until.ts';
import { makeApp } from '../../../support/web/test-app.ts';

const closes: (() => void)[] = [];
afterEach(() => {
  for (const close of closes.splice(0)) close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  closes.push(() => server.close().closeAllConnections());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('RequestCounts', () => {
  it('counts responses by route and status class', async () => {
    const counts = new RequestCounts(['/', '/items/:id']);
    const url = await serve(
      counts.wrap((incoming, outgoing) => {
        outgoing.writeHead(incoming.url === '/items/9' ? 404 : 200).end();
      }),
    );
    for (const path of ['/', '/?a=1', '/items/1', '/items/2?b', '/items/9', '/nowhere', '/items/1/more']) {
      await (await fetch(`${url}${path}`)).text();
    }
    await until('all counts', () => counts.read().reduce((sum, { count }) => sum + count, 0) === 7 || null);
    expect(counts.read()).toEqual([
      { route: '/', status: '2xx', count: 2 },
      { route: '/items/:id', status: '2xx', count: 2 },
      { route: '/items/:id', status: '4xx', count: 1 },
      { route: 'other', status: '2xx', count: 2 },
    ]);
  });

  it('counts a client that left before the response as aborted', async () => {
    const counts = new RequestCounts(['/']);
    const aborting = new AbortController();
    const url = await serve(counts.wrap(() => aborting.abort()));
    await expect(fetch(url, { signal: aborting.signal })).rejects.toThrow();
    await until('the count', () => counts.read()[0]);
    expect(counts.read()).toEqual([{ route: '/', status: 'aborted', count: 1 }]);
  });

  it('names every path by a route of the app or as other', () => {
    const routes = makeApp([]).app.routes.map(({ path }) => path);
    const counts = new RequestCounts(routes);
    const expected = {
      '/': '/',
      '/feed.rss?limit=5': '/feed.rss',
      '/sections/world/feed.atom': '/sections/:section/feed.atom',
      '/sources/example': '/sources/:id',
      '/items/17': '/items/:id',
      '/api/items/17/comments': '/api/items/:id/comments',
      '/public/abc/assets/newswire.css': '/public/:version/:file',
      '/healthz': '/healthz',
      '/live': '/live',
      '/nowhere': 'other',
      '/items/': 'other',
      'http://example.org/': 'other',
      '*': 'other',
      '': 'other',
    };
    expect(Object.keys(expected).map((path) => [path, counts.routeOf(path)])).toEqual(Object.entries(expected));
  });

  it('has a bounded number of routes, whatever clients request', () => {
    const routes = makeApp([]).app.routes.map(({ path }) => path);
    const counts = new RequestCounts(routes);
    const seen = new Set<string>();
    for (let index = 0; index < 10_000; index += 1) {
      for (const path of [
        `/${index}`,
        `/items/${index}`,
        `/sources/${index}/feed.rss`,
        `/public/${index}/x/${index}`,
      ]) {
        seen.add(counts.routeOf(path));
      }
    }
    expect([...seen].sort()).toEqual(['/items/:id', '/public/:version/:file', '/sources/:id/feed.rss', 'other']);
  });
});
