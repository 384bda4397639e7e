import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HiddenParts } from '../../src/domain/masking.ts';
import { emptyPollHistory } from '../../src/domain/polling/poll.ts';
import type { Source } from '../../src/domain/polling/source.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { declareSources } from '../../src/store/sources/declare-sources.ts';
import { readSourceReports } from '../../src/store/sources/source-reports.ts';
import { readPollState } from '../../src/store/sources/source-state.ts';
import { readHubSources } from '../../src/store/websub/websub-subscriptions.ts';
import { rssDocument } from '../support/documents.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { PollingFixture } from '../support/polling-fixture.ts';
import { day, digest, draft, hour, noon, StoreFixture, settlement, source } from '../support/store-fixture.ts';
import { engines } from './test-engines.ts';

const secret = 's3cret';

describe.each(engines)('a source that hides part of its address on $name', (engine) => {
  let store: Store;
  let origin: Origin;
  const closes: (() => unknown)[] = [];

  beforeEach(async () => {
    const place = await engine.copy();
    store = await openStore({ url: place.url, poller: true });
    origin = await startOrigin();
    closes.push(
      () => origin.close(),
      () => store.close(),
      () => place.remove(),
    );
  });
  afterEach(async () => {
    for (const close of closes.splice(0)) await close();
  });

  function hiding(base: string, value = secret, over: Partial<Source> = {}): Source {
    const hidden: HiddenParts = { url: `${base}?token=***`, secrets: [value] };
    return source('a', { url: `${base}?token=${value}`, hidden, ...over });
  }
  const feed = 'https://a.example.org/feed.xml';
  /** All that the database says of its sources, but for the digest, which is no digest here. */
  const rows = async () => {
    const all = await store.reader.selectFrom('source').selectAll().execute();
    return JSON.stringify(all.map(({ declaration_hash: _, ...row }) => row));
  };

  async function desk(): Promise<PollingFixture> {
    const declared = hiding(`${origin.url}/feed`);
    const made = await new PollingFixture(store, declared.url, { hidden: declared.hidden }).declare();
    closes.unshift(() => made.close());
    return made;
  }
  const document = (link: string) => ({
    headers: { 'Content-Type': 'application/rss+xml' },
    body: rssDocument({ title: 'Herald', link }, [{ guid: '1', title: 'One', link: '#one' }]),
  });

  it('is stored without that part', async () => {
    await declareSources(store, { sources: [hiding(feed)] }, noon);
    expect(await readSourceReports(store.reader)).toMatchObject([{ id: 'a', url: `${feed}?token=***` }]);
    expect(await rows()).not.toContain(secret);
  });

  it('keeps its state when the secret changes, and is polled again without validators', async () => {
    const room = new StoreFixture(store);
    await room.declare([hiding(feed)]);
    await room.read('a', [draft('one')], noon, { toPollResult: () => settlement({ nextCheckMs: noon + day }) });
    await room.declare([hiding(feed, 'rotated')], noon + hour);
    expect(await readPollState(store.reader, 'a')).toMatchObject({
      firstReadDone: true,
      nextCheckMs: noon + hour,
      validators: { etag: null, lastModified: null },
    });
    expect(await readSourceReports(store.reader)).toMatchObject([{ id: 'a', items: 1 }]);
  });

  it('loses only the secrets that an earlier version stored', async () => {
    const room = new StoreFixture(store);
    const before = hiding(feed, secret, { hidden: null });
    await room.declare([before]);
    const told = digest([draft('one')], { selfUrl: before.url, siteUrl: `https://a.example.org/?t=${secret}` });
    const movedTo = `https://b.example.org/?token=${secret}`;
    const settle = () => settlement({ nextCheckMs: noon + day, movedTo, detail: `not at ${movedTo}` });
    await room.read('a', told, noon, { toPollResult: settle });
    expect(await rows()).toContain(secret);
    await room.declare([hiding(feed)], noon + hour);
    expect(await rows()).not.toContain(secret);
    expect(await readPollState(store.reader, 'a')).toMatchObject({
      firstReadDone: true,
      nextCheckMs: noon + day,
      movedTo: 'https://b.example.org/?token=***',
      validators: { etag: '"1"' },
    });
  });

  it('stores no URL of a document that contains the secret', async () => {
    const hubs = ['https://hub.example.org/', `https://hub.example.org/?for=${secret}`];
    const self = `${origin.url}/feed?token=${secret}`;
    const links = [...hubs.map((href) => ({ rel: 'hub', href })), { rel: 'self', href: self }];
    origin.on('/feed', {
      ...document(`https://herald.example.org/?${secret}`),
      headers: {
        'Content-Type': 'application/rss+xml',
        Link: links.map(({ rel, href }) => `<${href}>; rel="${rel}"`).join(', '),
      },
    });
    const it = await desk();
    await it.poll();
    expect(await it.report()).toMatchObject({ failure: null, items: 1 });
    expect(await rows()).not.toContain(secret);
    expect(await readHubSources(store.reader)).toMatchObject([
      { hubs: hubs.slice(0, 1), selfUrl: `${origin.url}/feed?token=***` },
    ]);
  });

  it('is polled at its full address, even after a move, and the database stores neither address', async () => {
    const there = document('https://herald.example.org/');
    origin.on('/feed', ({ path }) => ({ status: 301, headers: { Location: path.replace('feed', 'new') } }));
    origin.on('/new', there);
    const it = await desk();
    for (let read = 0; read < 4; read += 1) {
      it.nowMs += 30 * hour;
      await it.poll();
    }
    expect(await it.report()).toMatchObject({ failure: null, movedTo: `${origin.url}/new?token=***` });
    const asked = origin.requests.length;
    it.nowMs += 30 * hour;
    await it.poll();
    expect(origin.requests.slice(asked).map(({ path }) => path)).toEqual([`/new?token=${secret}`]);
    expect(await rows()).not.toContain(secret);
  });

  it('is not moved to an address that cannot be reconstructed', async () => {
    origin.on('/feed', { status: 301, headers: { Location: `/new?token=${secret}&also=***` } });
    origin.on('/new', document('https://herald.example.org/'));
    const it = await desk();
    for (let read = 0; read < 5; read += 1) {
      it.nowMs += 30 * hour;
      expect(await it.poll()).toMatchObject({ failure: null });
    }
    expect(await it.report()).toMatchObject({ failure: null, movedTo: null });
    expect((await it.state()).history.redirectCandidate).toEqual(emptyPollHistory.redirectCandidate);
  });

  it('is polled with the validators of its full address', async () => {
    const given = document('https://herald.example.org/');
    origin.on('/feed', { ...given, headers: { ...given.headers, ETag: '"1"' } }, { status: 304 });
    const it = await desk();
    await it.poll();
    expect(await it.poll()).toMatchObject({ outcome: 'not-modified' });
    expect(origin.requests.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"1"']);
    expect(await rows()).not.toContain(secret);
  });

  it('has no item whose links or texts contain the secret', async () => {
    const long = 'a-long-s3cret';
    const declared = hiding(`${origin.url}/feed`, long);
    const body = rssDocument({ title: 'Herald', link: 'https://herald.example.org/' }, [
      {
        guid: '1',
        title: `One for ${long}`,
        link: `https://herald.example.org/1?token=${long}`,
        text: `<p><a href="/2?token=${long}">Two</a><img src="/3.png?token=${long}"> for ${long}</p>`,
      },
    ]).replace(
      '</item>',
      `<enclosure url="https://herald.example.org/4.mp3?${long}" type="audio/mpeg" length="1"/></item>`,
    );
    origin.on('/feed', { headers: { 'Content-Type': 'application/rss+xml' }, body });
    const it = await new PollingFixture(store, declared.url, { hidden: declared.hidden }).declare();
    closes.unshift(() => it.close());
    await it.poll();
    const [item] = await it.items();
    expect(item?.url).toBe('https://herald.example.org/1?token=***');
    expect(item?.enclosures).toMatchObject([{ url: 'https://herald.example.org/4.mp3?***' }]);
    const { key: _, source: __, ...shown } = item ?? { key: '', source: null };
    expect(JSON.stringify(shown)).not.toContain(long);
    expect(await it.poll()).toMatchObject({ updated: 0 });
  });

  it('has no item whose link contains the secret of its address', async () => {
    origin.on('/feed', document(''));
    const it = await desk();
    await it.poll();
    expect((await it.items()).map(({ url }) => url)).toEqual([`${origin.url}/feed?token=***#one`]);
  });
});
