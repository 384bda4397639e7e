import { afterEach, describe, expect, it } from 'vitest';
import type { ItemsPage, WireItem } from '../../src/domain/events/wire.ts';
import { type Entry, rssDocument } from '../support/documents.ts';
import { connectLive } from '../support/live/live-client.ts';
import { makeDue } from '../support/make-due.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { type Home, makeHome, runCommand, type ServerProcess, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const channel = { title: 'Example Wire', link: 'https://www.example.org/' };
const first: Entry = {
  guid: 'a-1',
  title: 'Harbour opens a second quay',
  link: 'https://www.example.org/quay',
  text: 'Long text.',
};
const second: Entry = {
  guid: 'a-2',
  title: 'Ferry timetable changes in May',
  link: 'https://www.example.org/ferry',
  text: 'More.',
};

async function publish(origin: Origin, path: string, entries: readonly Entry[]): Promise<void> {
  origin.on(path, { headers: { 'content-type': 'application/rss+xml' }, body: rssDocument(channel, entries) });
}

async function oneSource(entries: readonly Entry[]): Promise<{ origin: Origin; home: Home; server: ServerProcess }> {
  const origin = await startOrigin();
  cleanups.push(() => origin.close());
  await publish(origin, '/rss.xml', entries);
  const home = makeHome(`sources:\n  - url: ${origin.url}/rss.xml\n    id: wire\n    section: World\n`);
  cleanups.push(() => home.remove());
  const server = await startServer(home);
  cleanups.push(() => server.end('SIGKILL'));
  return { origin, home, server };
}

async function items(server: ServerProcess): Promise<readonly WireItem[]> {
  return ((await (await fetch(`${server.url}/api/items`)).json()) as ItemsPage).items;
}

async function itemTitled(server: ServerProcess, title: string): Promise<WireItem> {
  return until(`an item "${title}"`, async () => (await items(server)).find((item) => item.title === title));
}

describe('an item added at the origin', () => {
  it('reaches the open WebSocket, all three feeds, the API and the pages', async () => {
    const { origin, home, server } = await oneSource([first]);
    await itemTitled(server, first.title);
    const live = await connectLive(server.url, '?after=head');
    cleanups.push(() => live.close());
    await live.first('live');

    await publish(origin, '/rss.xml', [second, first]);
    await makeDue(home, 'wire');

    const event = await until('the item on the WebSocket', () => live.applied[0]);
    expect(event).toMatchObject({
      op: 'add',
      item: { title: second.title, url: second.link, section: 'World', backfill: false },
    });
    for (const format of ['rss', 'atom', 'json']) {
      const text = await (await fetch(`${server.url}/feed.${format}`)).text();
      expect(text).toContain(second.title);
      expect(text).toContain(first.title);
    }
    const item = await itemTitled(server, second.title);
    expect(item.source).toEqual({ id: 'wire', title: channel.title });
    expect(await (await fetch(`${server.url}/`)).text()).toContain(second.title);
    expect(await (await fetch(`${server.url}/items/${item.id}`)).text()).toContain(second.title);
    expect(await (await fetch(`${server.url}/sections/world`)).text()).toContain(second.title);
  });

  it('reaches a plain reader of /events', async () => {
    const { origin, home, server } = await oneSource([first]);
    await itemTitled(server, first.title);
    const stop = new AbortController();
    cleanups.push(() => stop.abort());
    const response = await fetch(`${server.url}/events`, { signal: stop.signal });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    await publish(origin, '/rss.xml', [second, first]);
    await makeDue(home, 'wire');
    const reader = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
    let received = '';
    while (!received.includes(second.title)) received += (await reader.read()).value ?? '';
    expect(received).toMatch(/id: [a-z0-9]+-\d+/);
    expect(received).toContain('event: item');
    await reader.cancel();
  });

  it('is in the same feeds with the same ETags after a restart', async () => {
    const { home, server } = await oneSource([first, second]);
    await itemTitled(server, second.title);
    const before = await Promise.all(
      ['rss', 'atom', 'json'].map(async (f) => (await fetch(`${server.url}/feed.${f}`)).headers.get('etag')),
    );
    const { port } = new URL(server.url);
    expect(await server.end('SIGTERM')).toBe(0);
    const again = await startServer(home, { PORT: port });
    cleanups.push(() => again.end('SIGKILL'));
    const after = await Promise.all(
      ['rss', 'atom', 'json'].map(async (f) => (await fetch(`${again.url}/feed.${f}`)).headers.get('etag')),
    );
    expect(after).toEqual(before);
    expect(before.every((etag) => etag !== null)).toBe(true);
  });
});

describe('a server that is stopped', () => {
  it('sends bye to its sockets and exits with 0 within ten seconds', async () => {
    const { server } = await oneSource([first]);
    const live = await connectLive(server.url, '?after=head');
    await live.first('live');
    const startedAt = performance.now();
    expect(await server.end('SIGTERM')).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(await live.closed).toBe(4000);
    expect(live.messages.at(-1)).toMatchObject({ type: 'bye', code: 4000, reason: 'shutdown' });
  });
});

describe('a failing source', () => {
  it('is reported with its failure, and other sources are polled', async () => {
    const origin = await startOrigin();
    cleanups.push(() => origin.close());
    await publish(origin, '/good.xml', [first]);
    origin.on('/missing.xml', { status: 404 });
    origin.on('/page.xml', { headers: { 'content-type': 'text/html' }, body: '<!doctype html><p>parked</p>' });
    origin.on('/big.xml', { headers: { 'content-length': '10000000000' }, body: 'x' });
    origin.on('/slow.xml', { raw: 'HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\n\r\n<rss>', after: 'hang' });
    const names = ['slow', 'big', 'page', 'missing', 'good'];
    const home = makeHome(
      `site:\n  politeness: { hostGap: 0s, hostConcurrency: 4 }\nsources:\n${names.map((n) => `  - { url: "${origin.url}/${n}.xml", id: ${n} }`).join('\n')}\n  - { url: "http://127.0.0.1:1/rss", id: dead }\n`,
    );
    cleanups.push(() => home.remove());
    const server = await startServer(home);
    cleanups.push(() => server.end('SIGKILL'));
    await itemTitled(server, first.title);
    const failures = await until('an outcome of every failing source except the slow one', async () => {
      const result = await runCommand(home, ['sources', '--json']);
      const { sources } = JSON.parse(result.stdout) as { sources: { id: string; failure: string | null }[] };
      const failed = Object.fromEntries(sources.map((row) => [row.id, row.failure]));
      return failed['missing'] && failed['page'] && failed['big'] && failed['dead'] ? failed : null;
    });
    expect(failures).toMatchObject({ missing: 'not_found', page: 'not_feed', big: 'body_too_large', good: null });
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  });
});
