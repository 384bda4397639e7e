import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { rssDocument } from '../support/documents.ts';
import { connectLive } from '../support/live/live-client.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { type Home, makeHome, runCommand, type ServerProcess, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { echoChallenge } from '../support/websub-hub-harness.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server with a local feed, a webhook and a WebSub subscriber. */
class Site {
  readonly home: Home;
  readonly receiver: Origin;
  readonly url: string;
  readonly #port: number;

  constructor(receiver: Origin, port: number) {
    this.home = makeHome('sources:\n  - { url: "file:one.xml", id: one, section: World }\n');
    cleanups.push(() => this.home.remove());
    this.receiver = receiver;
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
    receiver.on('/hook', () => ({ status: 204 }));
    receiver.on('/callback', (request) => (request.method === 'GET' ? echoChallenge(request) : { status: 204 }));
    this.home.write(
      'hooks.yaml',
      `webhooks:\n  - { id: desk, url: "${receiver.url}/hook", secret: "$\{HOOK_SECRET}" }\n`,
    );
  }

  /** The source's document has the items 1 to `count` from now on. */
  publish(count: number): void {
    const items = Array.from({ length: count }, (_, index) => ({
      guid: String(index + 1),
      title: `Story ${index + 1}`,
      text: `What story ${index + 1} says.`,
    }));
    this.home.write('one.xml', rssDocument({ title: 'One', link: 'https://www.example.org/' }, items));
  }

  async start(): Promise<ServerProcess> {
    const server = await startServer(this.home, {
      ...{ PORT: String(this.#port), PUBLIC_URL: this.url },
      ALLOW_PRIVATE_NETWORKS_FOR_ALL: '127.0.0.0/8',
      HOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
    });
    cleanups.push(() => server.end('SIGKILL'));
    return server;
  }

  /** Waits until the log has so many events. Returns the cursor at its head. */
  async untilSeq(seq: number): Promise<string> {
    return await until(`event ${seq}`, async () => {
      const { cursor } = (await (await fetch(`${this.url}/api/items`)).json()) as { cursor: string };
      return cursor.endsWith(`-${seq}`) ? cursor : null;
    });
  }

  async subscribe(): Promise<void> {
    const form = { 'hub.mode': 'subscribe', 'hub.topic': `${this.url}/feed.atom` };
    const body = new URLSearchParams({ ...form, 'hub.callback': `${this.receiver.url}/callback` });
    expect((await fetch(`${this.url}/websub/hub`, { method: 'POST', body })).status).toBe(202);
    await until('the present content', () => this.distributions()[0]);
  }

  /** The bodies that the WebSub subscriber received. */
  distributions(): string[] {
    const posts = this.receiver.to('/callback').filter(({ method }) => method === 'POST');
    return posts.map(({ body }) => body);
  }

  /** The types of the deliveries that the webhook received. */
  deliveries(): { readonly type: string; readonly reason?: string }[] {
    return this.receiver.to('/hook').map(({ body }) => JSON.parse(body) as { type: string });
  }
}

async function openSite(): Promise<Site> {
  const receiver = await startOrigin();
  cleanups.push(() => receiver.close());
  // PUBLIC_URL names the port before the server has it.
  const probe = await startOrigin();
  await probe.close();
  return new Site(receiver, probe.port);
}

/** The first message of the event stream after a cursor. */
async function streamed(url: string, cursor: string): Promise<string> {
  const { body } = await fetch(`${url}/events`, { headers: { 'Last-Event-ID': cursor } });
  const reader = body?.getReader();
  let text = '';
  while (reader !== undefined && !/event: \w+\n.*\n\n/.test(text)) {
    const { value, done } = await reader.read();
    if (done) break;
    text += Buffer.from(value).toString();
  }
  await reader?.cancel();
  return /event: (\w+)\ndata: (.*)/.exec(text)?.slice(1).join(' ') ?? text;
}

describe('newswire backup and newswire restore', () => {
  it('reset every kind of client that was ahead of the backup', { timeout: 120_000 }, async () => {
    const site = await openSite();
    const copy = path.join(site.home.folder, 'newswire.backup');
    site.publish(13);
    const first = await site.start();
    const early = await site.untilSeq(13);
    await site.subscribe();
    const written = await runCommand(site.home, ['backup', '--json', copy]);
    expect(written).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(written.stdout)).toMatchObject({ file: copy, cursor: early });

    site.publish(32);
    const cursor = await site.untilSeq(32);
    await until(
      'the webhook',
      () => site.receiver.to('/hook').some(({ body }) => body.includes(`"${cursor}"`)) || null,
    );
    await until('the subscriber', () => site.distributions().some((body) => body.includes('Story 32')) || null);
    const refused = await runCommand(site.home, ['restore', copy]);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('a server is running');

    await first.end('SIGKILL');
    site.publish(13);
    const restored = await runCommand(site.home, ['restore', copy]);
    expect(restored).toMatchObject({ code: 0, stderr: '' });
    const distributed = site.distributions().length;
    const second = await site.start();
    const fresh = await site.untilSeq(13);
    expect(fresh.split('-')[0]).not.toBe(cursor.split('-')[0]);
    expect(second.output()).not.toContain('was restored from a backup');

    const polled = await fetch(`${site.url}/api/events?after=${cursor}`);
    expect(polled.status).toBe(410);
    expect(await polled.json()).toMatchObject({ reset: { reason: 'epoch_changed', head: 13 } });
    expect(await streamed(site.url, cursor)).toMatch(/^reset .*"epoch_changed"/);
    const client = await connectLive(site.url, `?after=${cursor}`);
    cleanups.push(() => client.close());
    expect(await client.first('reset')).toMatchObject({ reason: 'epoch_changed' });
    await until('the reset of the webhook', () => site.deliveries().find(({ type }) => type === 'reset'));
    const content = await until('the content for the subscriber', () => site.distributions()[distributed]);
    expect(content).toContain('Story 13');
    expect(content).not.toContain('Story 14');
    const kept = readdirSync(site.home.folder).filter((name) => name.includes('before-restore'));
    expect(kept).toHaveLength(1);
  });
});
