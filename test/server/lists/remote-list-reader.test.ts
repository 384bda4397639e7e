import { afterEach, describe, expect, it } from 'vitest';
import { dayMs, hourMs, minuteMs } from '../../../src/domain/durations.ts';
import type { ListContent, RemoteList } from '../../../src/domain/polling/remote-list.ts';
import { createAddressGuard, refusalOf } from '../../../src/fetch/client/address-guard.ts';
import { createFetcher } from '../../../src/fetch/fetch-source.ts';
import type { Clock } from '../../../src/runtime/clock.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { RemoteListReader } from '../../../src/server/lists/remote-list-reader.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { engines } from '../../contract/test-engines.ts';
import { heading, opml, outline } from '../../support/opml.ts';
import { type Origin, type Reply, startOrigin } from '../../support/origin.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const startMs = Date.UTC(2026, 2, 10, 12);

/** A real database, the guarded client and an origin; the wall clock is set by the test. */
class Harness {
  nowMs = startMs;
  readonly origin: Origin;
  readonly databaseUrl: string;
  reader!: RemoteListReader;
  changes = 0;

  private constructor(origin: Origin, databaseUrl: string) {
    this.origin = origin;
    this.databaseUrl = databaseUrl;
  }

  static async create(...replies: Reply[]): Promise<Harness> {
    const [engine] = engines;
    if (engine === undefined) throw new Error('no engine');
    const location = await engine.copy();
    cleanups.push(() => location.remove());
    const origin = await startOrigin();
    cleanups.push(() => origin.close());
    origin.on('/a.opml', ...replies);
    const harness = new Harness(origin, location.url);
    await harness.open();
    return harness;
  }

  /** Opens the database as a starting server does. */
  async open(): Promise<void> {
    const clock: Clock = { now: () => this.nowMs, monotonic: () => systemClock.monotonic() };
    const store = await openStore({ url: this.databaseUrl, poller: false });
    const fetcher = createFetcher({
      ...{ clock, userAgent: 'Newswire/0.0.0', feedsDir: '/nowhere' },
      allowPrivateNetworks: [],
      configuredHosts: { networks: ['127.0.0.1'], includes: () => true },
    });
    const guard = createAddressGuard({ allow: [] });
    const refusal = (url: string): string | null => refusalOf(guard, url);
    this.reader = await RemoteListReader.open({ store, fetcher, clock, log: silentLog, refusal });
    this.close = async () => {
      await fetcher.close();
      await store.close();
    };
    cleanups.push(() => this.close());
  }

  close: () => Promise<void> = async () => undefined;

  async restart(): Promise<void> {
    await this.close();
    this.close = async () => undefined;
    await this.open();
  }

  list(over: Partial<RemoteList> = {}): RemoteList {
    return {
      key: 'the list',
      url: `${this.origin.url}/a.opml`,
      hidden: null,
      headers: {},
      everyMs: hourMs,
      section: null,
      fallbackSection: 'News',
      declaredAt: 'sources.yaml:2',
      ...over,
    };
  }

  async readDue(...lists: RemoteList[]): Promise<number | null> {
    this.reader.declare(lists);
    return await this.reader.readDue(() => (this.changes += 1), new AbortController().signal);
  }

  /** Lets an interval pass and reads again. */
  async readLater(ms = hourMs): Promise<number | null> {
    this.nowMs += ms;
    return await this.readDue(this.list());
  }

  content(key = 'the list'): ListContent | undefined {
    return this.reader.contents().get(key);
  }

  names(): string[] {
    return (this.content()?.sources ?? []).map(({ url }) => new URL(url).pathname.slice(1));
  }

  requests(): readonly (string | undefined)[] {
    return this.origin.to('/a.opml').map(({ headers }) => headers['if-none-match']);
  }
}

const documentOf = (...names: string[]): string =>
  opml(heading('World', ...names.map((name) => outline(`https://example.org/${name}`, `text="Feed ${name}"`))));

const reply = (document: string, etag = '"1"'): Reply => ({
  headers: { 'content-type': 'text/x-opml', etag },
  body: document,
});

describe('RemoteListReader', () => {
  it('reads a declared list at once and then at its interval, conditionally', async () => {
    const harness = await Harness.create(reply(documentOf('a', 'b')), { status: 304 });
    expect(await harness.readDue(harness.list())).toBe(hourMs);
    expect(harness.content()).toEqual({
      sources: ['a', 'b'].map((name) => ({
        ...{ url: `https://example.org/${name}`, title: `Feed ${name}`, section: 'World', missed: 0 },
      })),
      unusable: null,
      failure: null,
    });
    await harness.readDue(harness.list());
    expect(harness.requests()).toEqual([undefined]);
    await harness.readLater();
    expect(harness.requests()).toEqual([undefined, '"1"']);
    expect(harness.changes).toBe(1);
  });

  it('removes a source after the second successful read that lacks it, also if the second is a 304', async () => {
    const harness = await Harness.create(reply(documentOf('a', 'b')), reply(documentOf('a'), '"2"'), { status: 304 });
    await harness.readDue(harness.list());
    await harness.readLater();
    expect(harness.names()).toEqual(['a', 'b']);
    await harness.readLater();
    expect(harness.names()).toEqual(['a']);
  });

  it('keeps the count of reads that lack a source over a restart', async () => {
    const harness = await Harness.create(reply(documentOf('a', 'b')), reply(documentOf('a'), '"2"'), { status: 304 });
    await harness.readDue(harness.list());
    await harness.readLater();
    await harness.restart();
    expect(harness.names()).toEqual(['a', 'b']);
    await harness.readLater();
    expect(harness.names()).toEqual(['a']);
  });

  it.each<[string, Reply]>([
    ['an error of the server', { status: 500 }],
    ['a 410', { status: 410 }],
    ['an empty list', reply(opml(''))],
    ['a list without usable outlines', reply(opml('<outline type="rss" text="x"/>'))],
    ['a page instead of the list', { headers: { 'content-type': 'text/html' }, body: '<html><p>Sign in</p></html>' }],
    ['half a document', reply(documentOf('x').slice(0, 150))],
    ['a document that is too large', reply(`<!--${'x'.repeat(21 * 1024 * 1024)}-->`)],
    ['a redirect to a private address', { status: 302, headers: { location: 'http://10.0.0.1/a.opml' } }],
  ])('keeps all sources after any number of reads with %s, also over a restart', async (_, bad) => {
    const harness = await Harness.create(reply(documentOf('a', 'b')), bad);
    await harness.readDue(harness.list());
    for (let read = 0; read < 3; read += 1) await harness.readLater(dayMs);
    await harness.restart();
    expect(harness.names()).toEqual(['a', 'b']);
    expect(harness.content()?.failure).not.toBeNull();
    expect(harness.origin.to('/a.opml').length).toBeGreaterThanOrEqual(4);
  });

  it('does not count a failed read as one that lacks a source', async () => {
    const harness = await Harness.create(
      reply(documentOf('a', 'b')),
      reply(documentOf('a'), '"2"'),
      { status: 500 },
      reply(documentOf('a', 'b'), '"3"'),
    );
    await harness.readDue(harness.list());
    for (let read = 0; read < 3; read += 1) await harness.readLater(dayMs);
    expect(harness.names()).toEqual(['a', 'b']);
    expect(harness.content()?.failure).toBeNull();
  });

  it('retries a failure after five minutes, then ever more seldom, at last once a day', async () => {
    const harness = await Harness.create({ status: 500 });
    const waits = [await harness.readDue(harness.list())];
    for (let read = 0; read < 10; read += 1) waits.push(await harness.readLater(waits.at(-1) ?? 0));
    expect(waits.slice(0, 3)).toEqual([5 * minuteMs, 10 * minuteMs, 20 * minuteMs]);
    expect(waits.at(-1)).toBe(dayMs);
  });

  it('waits as long as Retry-After asks', async () => {
    const harness = await Harness.create({ status: 429, headers: { 'retry-after': '7200' } });
    expect(await harness.readDue(harness.list())).toBe(2 * hourMs);
  });

  it('reads a list again at once when its headers change, and sends no validators', async () => {
    const harness = await Harness.create(reply(documentOf('a')));
    await harness.readDue(harness.list());
    await harness.readDue(harness.list({ headers: { Authorization: 'Bearer x' } }));
    expect(harness.requests()).toEqual([undefined, undefined]);
    expect(harness.origin.to('/a.opml')[1]?.headers['authorization']).toBe('Bearer x');
  });

  it('reads a list when the clock was set back far', async () => {
    const harness = await Harness.create(reply(documentOf('a')));
    await harness.readDue(harness.list());
    await harness.readLater(-30 * dayMs);
    expect(harness.requests()).toHaveLength(2);
  });

  it('forgets a list that is not declared any more', async () => {
    const harness = await Harness.create(reply(documentOf('a')));
    await harness.readDue(harness.list());
    await harness.readDue();
    expect(harness.content()).toBeUndefined();
    await harness.restart();
    expect(harness.content()).toBeUndefined();
  });

  it('reports unusable outlines: scripts, files, private addresses, credentials, lists', async () => {
    const bad = [
      outline('javascript:alert(1)'),
      outline('file:sources.yaml'),
      outline('http://192.168.1.1/feed'),
      outline('http://localhost/feed'),
      outline('https://me:pa55@example.org/feed'),
      '<outline type="include" url="https://example.org/more.opml" text="More"/>',
    ];
    const harness = await Harness.create(reply(opml(`${outline('https://example.org/a')}\n${bad.join('\n')}`)));
    await harness.readDue(harness.list());
    expect(harness.names()).toEqual(['a']);
    expect(harness.content()?.unusable).toEqual({
      count: bad.length,
      first: '(line 6) is not http or https: javascript:',
    });
  });

  it('adds at most 2,000 sources of one list', async () => {
    const names = Array.from({ length: 2100 }, (_, n) => `${n}`);
    const harness = await Harness.create(reply(documentOf(...names)));
    await harness.readDue(harness.list());
    expect(harness.names()).toHaveLength(2000);
    expect(harness.content()?.unusable).toMatchObject({ count: 100, first: expect.stringContaining('2000 sources') });
  });

  it('adds at most 50 sections of one list', async () => {
    const headings = Array.from({ length: 60 }, (_, n) => heading(`S${n}`, outline(`https://example.org/${n}`)));
    const harness = await Harness.create(reply(opml(headings.join('\n'))));
    await harness.readDue(harness.list());
    const sections = (harness.content()?.sources ?? []).map(({ section }) => section);
    expect(sections).toEqual([...Array.from({ length: 50 }, (_, n) => `S${n}`), ...Array(10).fill(null)]);
  });

  it('stores and shows the secret of a list nowhere', async () => {
    const secret = 'list-secret-123';
    const document = opml(
      `${outline(`https://example.org/feed?t=${secret}`, `text="of ${secret}"`)}${outline(`https://x.example.org/${secret}${secret}***`)}`,
    );
    const harness = await Harness.create({ status: 404 });
    harness.origin.on(`/${secret}.opml`, reply(document));
    const url = `${harness.origin.url}/${secret}.opml`;
    const hidden = { url: `${harness.origin.url}/***.opml`, secrets: [secret] };
    await harness.readDue(harness.list({ url, hidden }));
    expect(harness.content()?.sources).toMatchObject([{ url: 'https://example.org/feed?t=***', title: 'of ***' }]);
    expect(JSON.stringify(harness.content())).not.toContain(secret);
    harness.nowMs += hourMs;
    await harness.readDue(harness.list({ url, hidden }));
    expect(harness.origin.to(`/${secret}.opml`)[1]?.headers['if-none-match']).toBe('"1"');
    const store = await openStore({ url: harness.databaseUrl, poller: false });
    const rows = await store.reader.selectFrom('remote_list').selectAll().execute();
    await store.close();
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(secret);
  });
});
