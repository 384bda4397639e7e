import { copyFileSync, existsSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { rssDocument } from '../support/documents.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { type Home, makeHome, type ServerProcess, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function emptyHome(): Home {
  const made = makeHome('sources:\n  - { url: "file:one.xml", id: one, section: World }\n');
  cleanups.push(() => made.remove());
  return made;
}

/** The document of a source with the items 1 to `count`. */
function publish(home: Home, count: number): void {
  const items = Array.from({ length: count }, (_, index) => ({
    guid: String(index + 1),
    title: `Story ${index + 1}`,
    text: `What story ${index + 1} says.`,
  }));
  home.write('one.xml', rssDocument({ title: 'One', link: 'https://www.example.org/' }, items));
}

async function start(home: Home, env: Record<string, string> = {}): Promise<ServerProcess> {
  const server = await startServer(home, env);
  cleanups.push(() => server.end('SIGKILL'));
  return server;
}

async function cursorOf(server: ServerProcess): Promise<string> {
  return ((await (await fetch(`${server.url}/api/items`)).json()) as { cursor: string }).cursor;
}

async function untilSeq(server: ServerProcess, seq: number): Promise<string> {
  return until(`event ${seq}`, async () => {
    const cursor = await cursorOf(server);
    return cursor.endsWith(`-${seq}`) ? cursor : null;
  });
}

function databaseOf(home: Home): string {
  return path.join(home.folder, 'newswire.sqlite');
}

describe('a copy of the database file, made while the server is stopped', () => {
  it('contains the whole database after a stop by SIGTERM', async () => {
    const home = emptyHome();
    publish(home, 13);
    const server = await start(home);
    const cursor = await untilSeq(server, 13);
    expect(await server.end('SIGTERM')).toBe(0);
    for (const suffix of ['-wal', '-shm']) expect(existsSync(`${databaseOf(home)}${suffix}`)).toBe(false);

    const other = emptyHome();
    publish(other, 13);
    copyFileSync(databaseOf(home), databaseOf(other));
    expect(statSync(databaseOf(other)).size).toBeGreaterThan(100_000);
    const again = await start(other);
    expect(await cursorOf(again)).toBe(cursor);
    expect(await (await fetch(`${again.url}/feed.json?limit=50`)).text()).toContain('Story 13');
  });
});

interface Reset {
  readonly reason: string;
  readonly epoch: string;
}

/** The responses of API, event stream and WebSocket to a client that resumes with a cursor. */
async function resumed(server: ServerProcess, cursor: string): Promise<string[]> {
  const polled = await fetch(`${server.url}/api/events?after=${cursor}`);
  const reset = ((await polled.json()) as { reset?: Reset }).reset;
  const stream = await fetch(`${server.url}/events`, { headers: { 'Last-Event-ID': cursor } });
  const reader = stream.body?.getReader();
  let text = '';
  while (reader !== undefined && !/event: (live|reset)\n.*\n\n/.test(text)) {
    const { value, done } = await reader.read();
    if (done) break;
    text += Buffer.from(value).toString();
  }
  await reader?.cancel();
  return [`${polled.status} ${reset?.reason ?? 'resumed'}`, /event: (live|reset)/.exec(text)?.[1] ?? text];
}

/** A webhook receiver that is declared in a home folder. */
async function receiver(home: Home): Promise<Origin> {
  const origin = await startOrigin();
  cleanups.push(() => origin.close());
  origin.on('/hook', () => ({ status: 204 }));
  home.write('hooks.yaml', `webhooks:\n  - { id: desk, url: "${origin.url}/hook", secret: "$\{HOOK_SECRET}" }\n`);
  return origin;
}

describe('a restored backup', () => {
  it('resets clients that were ahead of it, even when the log has grown beyond their position since', async () => {
    const env = { HOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}` };
    const home = emptyHome();
    const origin = await receiver(home);
    const deliveries = () =>
      origin.to('/hook').map(({ body }) => JSON.parse(body) as Partial<Reset> & { type: string });
    publish(home, 13);
    const first = await start(home, env);
    await untilSeq(first, 13);
    await first.end('SIGTERM');
    const backup = path.join(home.folder, 'backup.sqlite');
    copyFileSync(databaseOf(home), backup);

    publish(home, 32);
    const second = await start(home, env);
    const cursor = await untilSeq(second, 32);
    await until('the webhook', () =>
      origin.to('/hook').some(({ body }) => body.includes(`"${cursor}"`)) ? true : null,
    );
    expect(deliveries().map(({ type }) => type)).not.toContain('reset');
    await second.end('SIGKILL');

    for (const suffix of ['-wal', '-shm']) rmSync(`${databaseOf(home)}${suffix}`, { force: true });
    copyFileSync(backup, databaseOf(home));
    publish(home, 32);
    const third = await start(home, env);
    await untilSeq(third, 32);
    expect(await resumed(third, cursor)).toEqual(['410 epoch_changed', 'reset']);
    const reset = await until('a reset', () => deliveries().find(({ type }) => type === 'reset'));
    expect(reset).toMatchObject({ reason: 'epoch_changed', webhook: 'desk' });
    expect(third.output()).toContain('was restored from a backup');

    const fresh = await cursorOf(third);
    await third.end('SIGKILL');
    const fourth = await start(home, env);
    expect(await resumed(fourth, fresh)).toEqual(['200 resumed', 'live']);
  });
});
