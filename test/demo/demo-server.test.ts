import RssParser from 'rss-parser';
import { afterEach, describe, expect, it } from 'vitest';
import { type DemoServer, startDemoServer } from '../../src/demo/demo-server.ts';
import type { Publication } from '../../src/demo/editor.ts';
import { outlets } from '../../src/demo/outlets.ts';
import { feedPath } from '../../src/demo/render-outlet.ts';

const open: DemoServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

const startMs = Date.UTC(2024, 4, 1, 12);

async function demoServer(
  intervalMs: number | null = null,
  onPublication?: (publication: Publication) => void,
): Promise<DemoServer> {
  let nowMs = startMs;
  const clock = { now: () => (nowMs += 60_000), monotonic: () => nowMs };
  const server = await startDemoServer({
    seed: 1,
    intervalMs,
    clock,
    ...(onPublication === undefined ? {} : { onPublication }),
  });
  open.push(server);
  return server;
}

async function titlesIn(url: string): Promise<string[]> {
  const response = await fetch(url);
  const body = await response.text();
  if (url.endsWith('.json')) return JSON.parse(body).items.map((item: { title: string }) => item.title);
  return (await new RssParser().parseString(body)).items.map((item) => item.title ?? '');
}

describe('startDemoServer', () => {
  it('serves every outlet in its format, with a backlog of older articles', async () => {
    const { url, declarations } = await demoServer();
    const types = { rss: 'application/rss+xml', atom: 'application/atom+xml', json: 'application/feed+json' };
    let articles = 0;
    for (const outlet of outlets) {
      const response = await fetch(`${url}${feedPath(outlet)}`);
      expect(response.headers.get('content-type')).toContain(types[outlet.format]);
      articles += (await titlesIn(response.url)).length;
    }
    expect(articles).toBeGreaterThan(15);
    expect(declarations(5000).sources.map((source) => source.url)).toEqual(
      outlets.map((outlet) => `${url}${feedPath(outlet)}`),
    );
  });

  it('listens on the loopback interface only', async () => {
    expect((await demoServer()).url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('serves an article that was just published, with working links', async () => {
    const { url, publish } = await demoServer();
    const { article } = publish();
    expect(await titlesIn(`${url}${feedPath(article.outlet)}`)).toContain(article.headline);
    const page = await fetch(`${url}${article.path}`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain(`<h1>${article.headline}</h1>`);
    expect((await fetch(`${url}/${article.outlet.id}/`)).status).toBe(200);
    expect((await fetch(`${url}/nowhere`)).status).toBe(404);
  });

  it('serves the images that its feeds refer to', async () => {
    const { url } = await demoServer();
    const pictures: string[] = [];
    for (const outlet of outlets) {
      const body = await (await fetch(`${url}${feedPath(outlet)}`)).text();
      pictures.push(...(body.match(/http:[^"<]*\/pictures\/\d+\.svg/g) ?? []));
    }
    expect(pictures.length).toBeGreaterThan(5);
    const response = await fetch(pictures[0] ?? '');
    expect(response.headers.get('content-type')).toBe('image/svg+xml');
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(500);
  });

  it('answers a conditional request with 304 until the content changes', async () => {
    const { url, publish } = await demoServer();
    const { article } = publish();
    const feed = `${url}${feedPath(article.outlet)}`;
    const etag = (await fetch(feed)).headers.get('etag') ?? '';
    expect((await fetch(feed, { headers: { 'if-none-match': etag } })).status).toBe(304);
    while (publish().article.outlet !== article.outlet);
    expect((await fetch(feed, { headers: { 'if-none-match': etag } })).status).toBe(200);
  });

  it('publishes at the configured interval', async () => {
    const published = Promise.withResolvers<Publication>();
    await demoServer(5, (publication) => published.resolve(publication));
    expect((await published.promise).article.publishedMs).toBeGreaterThan(startMs);
  });

  it('declares its outlets as sources with a short poll interval', async () => {
    const { site, sections, sources } = (await demoServer()).declarations(5000);
    expect(site.title).toBe('Newswire demo');
    expect(sections).toEqual(['World', 'Analytics', 'Technology', 'Science']);
    expect(sources[0]).toMatchObject({ id: 'courier', section: 'World', intervalMs: 5000, idDeclared: true });
    expect(new Set(sources.map((source) => source.declarationHash)).size).toBe(outlets.length);
  });
});
