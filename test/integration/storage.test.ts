import path from 'node:path';
import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { readSettings } from '../../src/config/environment/environment.ts';
import { startServer } from '../../src/server/start.ts';
import type { StorageHealth } from '../../src/store/engine/storage-monitor.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { rssDocument } from '../support/documents.ts';
import { makeDue } from '../support/make-due.ts';
import { type LoggedRequest, type Origin, type Reply, startOrigin } from '../support/origin.ts';
import { type Home, makeHome } from '../support/server.ts';
import { until } from '../support/until.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** An origin that supports conditional requests and receives webhooks. */
class Publisher {
  readonly origin: Origin;
  #stories = 1;

  constructor(origin: Origin) {
    this.origin = origin;
    origin.on('/rss.xml', (request) => this.#answer(request));
    origin.on('/hook', () => ({ status: 204 }));
  }

  /** Long titles, which need disk space. */
  publish(stories: number): void {
    this.#stories = stories;
  }

  #answer({ headers }: LoggedRequest): Reply {
    const etag = `"${this.#stories}"`;
    if (headers['if-none-match'] === etag) return { status: 304, headers: { etag } };
    const items = Array.from({ length: this.#stories }, (_, index) => ({
      guid: `story-${index + 1}`,
      title: `Story ${index + 1}`,
      text: `Word ${index} `.repeat(5000),
    }));
    const body = rssDocument({ title: 'Stories', link: 'https://www.example.org/' }, items);
    return { headers: { 'content-type': 'application/rss+xml', etag }, body };
  }
}

interface Line {
  readonly level: string;
  readonly message: string;
}

/** A server in this process, with its store and its log. */
async function start(home: Home) {
  const lines: Line[] = [];
  const at = (level: string) => (facts: object, message: string) => void lines.push({ ...facts, level, message });
  let store: Store | null = null;
  let looks = 0;
  const server = await startServer({
    settings: readSettings({
      PORT: '0',
      FEEDS_DIR: home.feeds,
      DATABASE_URL: home.databaseUrl,
      ALLOW_PRIVATE_NETWORKS: '127.0.0.0/8',
    }),
    log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    open: async (options) => {
      const opened = await openStore(options);
      store = { ...opened, storage: counting(opened.storage, () => (looks += 1)) };
      return store;
    },
  });
  cleanups.push(() => server.stop());
  if (store === null) throw new Error('the server opened no database');
  const notableLines = () => lines.filter(({ level }) => level !== 'debug');
  return { url: server.url, store: store as Store, notableLines, looks: () => looks };
}

/** A storage that reports each call of `writable`. */
function counting(storage: StorageHealth, onLook: () => void): StorageHealth {
  return new Proxy(storage, {
    get(target, name) {
      if (name === 'writable') onLook();
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Makes a source due and ends the lease of the failed refresh, so that a test need not wait for it. */
function makeDueAndFree(home: Home): void {
  const database = new Database(path.join(home.folder, 'newswire.sqlite'), { timeout: 5000 });
  database.exec('update source set next_check_ms = 0, lease_token = null, leased_until_ms = null');
  database.close();
}

/** Forbids SQLite to grow the file: it reports a full disk. */
async function fill(store: Store): Promise<void> {
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(store.writer);
  await sql`pragma max_page_count = ${sql.lit(rows[0]?.page_count ?? 0)}`.execute(store.writer);
}

async function free(store: Store): Promise<void> {
  await sql`pragma max_page_count = 1000000`.execute(store.writer);
  await store.storage.probe();
}

async function titles(url: string): Promise<string[]> {
  const feed = (await (await fetch(`${url}/feed.json`)).json()) as { items: { title: string }[] };
  return feed.items.map(({ title }) => title).sort();
}

async function prepare() {
  const publisher = new Publisher(await startOrigin());
  cleanups.push(() => publisher.origin.close());
  const home = makeHome(
    `sources:\n  - { url: "${publisher.origin.url}/rss.xml", id: stories, title: Stories, section: World }\n`,
  );
  cleanups.push(() => home.remove());
  const server = await start(home);
  await until('the first story', async () => ((await titles(server.url)).length === 1 ? true : null));
  return { publisher, home, ...server };
}

const linesAbout = (lines: readonly Line[], words: RegExp) => lines.filter(({ message }) => words.test(message));

describe('a server whose disk is full', () => {
  it('reports it, keeps serving stored items, polls no source, and loses no item', async () => {
    const { publisher, home, store, url, notableLines, looks } = await prepare();
    await fill(store);
    publisher.publish(4);
    await makeDue(home, 'stories');
    await until('the fault', () => store.storage.state);
    const asked = publisher.origin.to('/rss.xml').length;

    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({
      ready: false,
      checks: { database: true, storage: false },
      reason: 'full',
      message: expect.stringContaining('Free disk space'),
    });
    const status = await (await fetch(`${url}/status`)).text();
    expect(status).toContain('New items cannot be stored');
    expect(status).toContain('the disk of the database is full');
    const figures = await (await fetch(`${url}/metrics`)).text();
    expect(figures).toContain('newswire_storage_fault{fault="full"} 1');
    expect(figures).toContain('newswire_storage_fault{fault="locked"} 0');
    expect((await fetch(`${url}/`)).status).toBe(200);
    expect(await titles(url)).toEqual(['Story 1']);

    makeDueAndFree(home);
    const before = looks();
    await until('some turns of the polling loop', () => looks() > before + 5);
    expect(publisher.origin.to('/rss.xml')).toHaveLength(asked);
    expect(notableLines().filter(({ level }) => level === 'error' || level === 'warn')).toHaveLength(1);

    await free(store);
    await until('the other stories', async () => ((await titles(url)).length === 4 ? true : null));
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${url}/status`)).text()).not.toContain('New items cannot be stored');
    expect(linesAbout(notableLines(), /nothing can be stored/)).toHaveLength(1);
    expect(linesAbout(notableLines(), /can be written again/)).toHaveLength(1);
  });
});

describe('a server whose database is read-only', () => {
  it('does not repeat a webhook delivery whose success it cannot store', async () => {
    const { publisher, home, store, looks } = await prepare();
    const { origin } = publisher;
    const refusing = sql`pragma query_only = 1`;
    let taken = 0;
    origin.on('/hook', async () => {
      taken += 1;
      if (taken === 1) await refusing.execute(store.writer);
      return { status: 204 };
    });
    process.env['STORAGE_TEST_SECRET'] = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
    cleanups.push(() => Reflect.deleteProperty(process.env, 'STORAGE_TEST_SECRET'));
    home.write(
      'hooks.yaml',
      `webhooks:\n  - { id: desk, url: "${origin.url}/hook", secret: "$\{STORAGE_TEST_SECRET}" }\n`,
    );
    await until('the declaration', async () =>
      (await store.reader.selectFrom('webhook').select('id').execute()).length === 1 ? true : null,
    );
    publisher.publish(2);
    makeDueAndFree(home);
    await until('the fault', () => store.storage.state);
    expect(store.storage.state).toMatchObject({ fault: 'read_only' });
    const before = looks();
    await until('some turns of polling and webhooks', () => looks() > before + 8);
    expect(taken).toBe(1);

    await sql`pragma query_only = 0`.execute(store.writer);
    await store.storage.probe();
    await until('the same once more', () => taken === 2);
    const [first, second] = origin.to('/hook');
    expect(second?.body).toBe(first?.body);
  });
});
