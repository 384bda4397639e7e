import { afterEach, describe, expect, it } from 'vitest';
import { verifySignature } from '../../src/push/websub/websub-signature.ts';
import { rssDocument } from '../support/documents.ts';
import { makeDue } from '../support/make-due.ts';
import { type LoggedRequest, type Origin, startOrigin } from '../support/origin.ts';
import { type Home, makeHome, type ServerProcess, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { echoChallenge } from '../support/websub-hub-harness.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const secret = 'kept-between-two';

function document(count: number): string {
  const entries = Array.from({ length: count }, (_, index) => ({
    guid: `bulletin-${index}`,
    title: `Bulletin ${index}`,
    link: `https://www.example.org/bulletins/${index}`,
    text: `The lock keepers met for the ${index}th time.`,
  }));
  return rssDocument({ title: 'Bulletins', link: 'https://www.example.org/' }, entries.toReversed());
}

interface Newsroom {
  readonly origin: Origin;
  readonly home: Home;
  readonly url: string;
  start(): Promise<ServerProcess>;
  /** Sets the number of entries of the source, and makes it due. */
  publish(count: number): Promise<void>;
}

async function openNewsroom(): Promise<Newsroom> {
  const origin = await startOrigin();
  cleanups.push(() => origin.close());
  origin.on('/rss.xml', { headers: { 'content-type': 'application/rss+xml' }, body: document(1) });
  const sources = `sources:\n  - { url: "${origin.url}/rss.xml", id: bulletins, section: World }\n`;
  const home = makeHome(`site:\n  politeness: { hostGap: 0s }\n${sources}`);
  cleanups.push(() => home.remove());
  // PUBLIC_URL names the port before the server has it.
  const probe = await startOrigin();
  await probe.close();
  const { port } = probe;
  const url = `http://127.0.0.1:${port}`;
  return {
    ...{ origin, home, url },
    async start() {
      const server = await startServer(home, {
        ...{ PORT: String(port), PUBLIC_URL: url },
        // Hubs and callbacks of the tests are on this machine.
        ALLOW_PRIVATE_NETWORKS_FOR_ALL: '127.0.0.0/8',
      });
      cleanups.push(() => server.end('SIGKILL'));
      return server;
    },
    async publish(count) {
      origin.on('/rss.xml', { headers: { 'content-type': 'application/rss+xml' }, body: document(count) });
      await makeDue(home, 'bulletins');
    },
  };
}

function bodiesTo(origin: Origin): readonly LoggedRequest[] {
  return origin.requests.filter(({ method }) => method === 'POST');
}

async function subscribe(url: string, callback: string): Promise<Response> {
  const form = { 'hub.mode': 'subscribe', 'hub.topic': `${url}/feed.atom`, 'hub.callback': callback };
  return await fetch(`${url}/websub/hub`, {
    method: 'POST',
    body: new URLSearchParams({ ...form, 'hub.secret': secret }),
  });
}

async function readFeed(url: string, text: string): Promise<Response> {
  return await until(`${text} in the feed`, async () => {
    const response = await fetch(`${url}/feed.atom`);
    return (await response.clone().text()).includes(text) ? response : null;
  });
}

describe('the WebSub hub of a running server', () => {
  it('P5 delivers a new item to a subscriber, signed and exactly as in the feed', async () => {
    const newsroom = await openNewsroom();
    await newsroom.start();
    const feed = await readFeed(newsroom.url, 'Bulletin 0');
    expect(feed.headers.get('link')).toBe(
      `<${newsroom.url}/websub/hub>; rel="hub", <${newsroom.url}/feed.atom>; rel="self"`,
    );
    const subscriber = await startOrigin();
    cleanups.push(() => subscriber.close());
    subscriber.on('/cb', (request) => (request.method === 'GET' ? echoChallenge(request) : { status: 204 }));

    expect((await subscribe(newsroom.url, `${subscriber.url}/cb`)).status).toBe(202);
    await until('the present document', () => bodiesTo(subscriber)[0]);
    await newsroom.publish(2);
    const delivered = await until('the new item', () =>
      bodiesTo(subscriber).find(({ body }) => body.includes('Bulletin 1')),
    );
    const served = await fetch(`${newsroom.url}/feed.atom`);
    expect(delivered.headers['content-type']).toBe(served.headers.get('content-type'));
    expect(delivered.headers['link']).toBe(served.headers.get('link'));
    expect(delivered.body).toBe(await served.text());
    expect(verifySignature(secret, Buffer.from(delivered.body), delivered.headers['x-hub-signature'] ?? null)).toBe(
      true,
    );
  });

  it('H26 repeats an interrupted delivery after kill -9', { timeout: 120_000 }, async () => {
    const newsroom = await openNewsroom();
    const victim = await newsroom.start();
    await readFeed(newsroom.url, 'Bulletin 0');
    const subscriber = await startOrigin();
    cleanups.push(() => subscriber.close());
    subscriber.on('/cb', (request) => (request.method === 'GET' ? echoChallenge(request) : { status: 204 }));
    await subscribe(newsroom.url, `${subscriber.url}/cb`);
    await until('the present document', () => bodiesTo(subscriber)[0]);

    // The delivery is received and never answered.
    subscriber.on('/cb', () => undefined);
    await newsroom.publish(2);
    await until('the delivery under way', () => bodiesTo(subscriber)[1]);
    await victim.end('SIGKILL');
    subscriber.on('/cb', { status: 204 });
    const server = await newsroom.start();
    const again = await until('the delivery once more', () => bodiesTo(subscriber)[2], 90_000);
    expect(again.body).toContain('Bulletin 1');
    expect(victim.output() + server.output()).not.toContain(secret);
  });

  it('S26 has no hub, no callback and no Link header without a public URL', async () => {
    const { home } = await openNewsroom();
    const server = await startServer(home);
    cleanups.push(() => server.end('SIGKILL'));
    const feed = await readFeed(server.url, 'Bulletin 0');
    expect(feed.headers.get('link')).toBeNull();
    expect(await feed.text()).not.toContain('rel="hub"');
    for (const path of ['/websub/hub', '/websub/callback/x']) {
      expect((await fetch(server.url + path)).status).toBe(404);
      expect((await fetch(server.url + path, { method: 'POST' })).status).toBe(405);
    }
  });
});

/** A remote hub that verifies a subscription before it responds to the request. Collects the verified callbacks. */
async function startForeignHub(): Promise<{ readonly origin: Origin; readonly callbacks: string[] }> {
  const origin = await startOrigin();
  cleanups.push(() => origin.close());
  const callbacks: string[] = [];
  origin.on('/hub', async (request) => {
    const form = new URLSearchParams(request.body);
    const callback = form.get('hub.callback') ?? '';
    const query = { 'hub.mode': 'subscribe', 'hub.topic': form.get('hub.topic') ?? '', 'hub.challenge': 'inside' };
    const verification = await fetch(`${callback}?${new URLSearchParams({ ...query, 'hub.lease_seconds': '3600' })}`);
    if (verification.status === 200 && (await verification.text()) === 'inside') callbacks.push(callback);
    return { status: 202 };
  });
  return { origin, callbacks };
}

interface Logged {
  readonly op: string;
  readonly item: { readonly title: string };
}

async function logOf(url: string): Promise<readonly Logged[]> {
  return ((await (await fetch(`${url}/api/events?after=floor&limit=100`)).json()) as { events: Logged[] }).events;
}

describe('a running server whose source names a hub', () => {
  it('S10, S27 answers a verification before the hub responds, and stores an item of a push and a poll once', async () => {
    const newsroom = await openNewsroom();
    const hub = await startForeignHub();
    const link = `<${hub.origin.url}/hub>; rel="hub", <${newsroom.origin.url}/rss.xml>; rel="self"`;
    const serve = (count: number): void => {
      const headers = { 'content-type': 'application/rss+xml', link };
      newsroom.origin.on('/rss.xml', { headers, body: document(count) });
    };
    serve(1);
    await newsroom.start();
    const callback = await until('the subscription', () => hub.callbacks[0]);
    expect(callback.startsWith(`${newsroom.url}/websub/callback/`)).toBe(true);

    const polls = newsroom.origin.to('/rss.xml').length;
    const headers = { 'content-type': 'application/rss+xml' };
    const pushed = await fetch(callback, { method: 'POST', headers, body: document(2) });
    expect(pushed.status).toBe(202);
    await until('the pushed item', async () => {
      const events = await logOf(newsroom.url);
      return events.some(({ item }) => item.title === 'Bulletin 1') ? events : null;
    });
    expect(newsroom.origin.to('/rss.xml')).toHaveLength(polls);

    serve(2);
    await makeDue(newsroom.home, 'bulletins');
    await until('the next poll', () => newsroom.origin.to('/rss.xml').length > polls || null);
    // A third item that only a poll finds: before it, the second item was read twice.
    serve(3);
    await makeDue(newsroom.home, 'bulletins');
    const events = await until('the third item', async () => {
      const all = await logOf(newsroom.url);
      return all.some(({ item }) => item.title === 'Bulletin 2') ? all : null;
    });
    expect(events.map(({ op, item }) => `${op} ${item.title}`)).toEqual([
      'add Bulletin 0',
      'add Bulletin 1',
      'add Bulletin 2',
    ]);
  });
});
