import { describe, expect, it } from 'vitest';
import type { HiddenParts } from '../../src/domain/masking.ts';
import { emptyPollHistory } from '../../src/domain/polling/poll.ts';
import type { Source } from '../../src/domain/polling/source.ts';
import { declareSources } from '../../src/store/sources/declare-sources.ts';
import { readSourceReports } from '../../src/store/sources/source-reports.ts';
import { readPollState } from '../../src/store/sources/source-state.ts';
import { readHubSources } from '../../src/store/websub/websub-subscriptions.ts';
import { aFeed, anItemDraft, aPollResult, aSource, day, hour, noon } from '../support/builders.ts';
import { rssDocument } from '../support/documents.ts';
import { type PollingFixture, usePolling } from '../support/polling-fixture.ts';
import { createStoreFixture } from '../support/store-fixture.ts';
import { engines } from './test-engines.ts';

const secret = 's3cret';

describe.each(engines)('a source with a secret in its URL on $name', (engine) => {
  const polling = usePolling(engine);

  function withSecret(base: string, value = secret, over: Partial<Source> = {}): Source {
    const hidden: HiddenParts = { url: `${base}?token=***`, secrets: [value] };
    return aSource('a', { url: `${base}?token=${value}`, hidden, ...over });
  }
  const feed = 'https://a.example.org/feed.xml';
  /** The rows of all sources without the declaration hash, which contains the URL in tests. */
  const rows = async () => {
    const all = await polling.store.reader.selectFrom('source').selectAll().execute();
    return JSON.stringify(all.map(({ declaration_hash: _, ...row }) => row));
  };

  function createPoller(value = secret): Promise<PollingFixture> {
    const { url, hidden } = withSecret(`${polling.origin.url}/feed`, value);
    return polling.createPoller({ url, hidden });
  }
  const document = (link: string) => ({
    headers: { 'Content-Type': 'application/rss+xml' },
    body: rssDocument({ title: 'Herald', link }, [{ guid: '1', title: 'One', link: '#one' }]),
  });

  it('is stored without the secret', async () => {
    await declareSources(polling.store, { sources: [withSecret(feed)] }, noon);
    expect(await readSourceReports(polling.store.reader)).toMatchObject([{ id: 'a', url: `${feed}?token=***` }]);
    expect(await rows()).not.toContain(secret);
  });

  it('keeps its state when the secret changes, and is polled again without validators', async () => {
    const fixture = await createStoreFixture(polling.store, withSecret(feed));
    await fixture.read('a', [anItemDraft('one')], noon, {
      toPollResult: () => aPollResult({ nextCheckMs: noon + day }),
    });
    await fixture.declare([withSecret(feed, 'rotated')], noon + hour);
    expect(await readPollState(polling.store.reader, 'a')).toMatchObject({
      firstReadDone: true,
      nextCheckMs: noon + hour,
      validators: { etag: null, lastModified: null },
    });
    expect(await readSourceReports(polling.store.reader)).toMatchObject([{ id: 'a', items: 1 }]);
  });

  it('loses the secrets that an earlier version stored, and keeps its other state', async () => {
    const before = withSecret(feed, secret, { hidden: null });
    const fixture = await createStoreFixture(polling.store, before);
    const document = aFeed([anItemDraft('one')], {
      selfUrl: before.url,
      siteUrl: `https://a.example.org/?t=${secret}`,
    });
    const movedTo = `https://b.example.org/?token=${secret}`;
    const toPollResult = () => aPollResult({ nextCheckMs: noon + day, movedTo, detail: `not at ${movedTo}` });
    await fixture.read('a', document, noon, { toPollResult });
    expect(await rows()).toContain(secret);
    await fixture.declare([withSecret(feed)], noon + hour);
    expect(await rows()).not.toContain(secret);
    expect(await readPollState(polling.store.reader, 'a')).toMatchObject({
      firstReadDone: true,
      nextCheckMs: noon + day,
      movedTo: 'https://b.example.org/?token=***',
      validators: { etag: '"1"' },
    });
  });

  it('stores no URL of a document that contains the secret', async () => {
    const hubs = ['https://hub.example.org/', `https://hub.example.org/?for=${secret}`];
    const self = `${polling.origin.url}/feed?token=${secret}`;
    const links = [...hubs.map((href) => ({ rel: 'hub', href })), { rel: 'self', href: self }];
    polling.origin.on('/feed', {
      ...document(`https://herald.example.org/?${secret}`),
      headers: {
        'Content-Type': 'application/rss+xml',
        Link: links.map(({ rel, href }) => `<${href}>; rel="${rel}"`).join(', '),
      },
    });
    const poller = await createPoller();
    await poller.poll();
    expect(await poller.report()).toMatchObject({ failure: null, items: 1 });
    expect(await rows()).not.toContain(secret);
    expect(await readHubSources(polling.store.reader)).toMatchObject([
      { hubs: hubs.slice(0, 1), selfUrl: `${polling.origin.url}/feed?token=***` },
    ]);
  });

  it('is polled at its full URL, even after a redirect was adopted, and neither full URL is stored', async () => {
    const there = document('https://herald.example.org/');
    polling.origin.on('/feed', ({ path }) => ({ status: 301, headers: { Location: path.replace('feed', 'new') } }));
    polling.origin.on('/new', there);
    const poller = await createPoller();
    for (let read = 0; read < 4; read += 1) {
      poller.nowMs += 30 * hour;
      await poller.poll();
    }
    expect(await poller.report()).toMatchObject({ failure: null, movedTo: `${polling.origin.url}/new?token=***` });
    const before = polling.origin.requests.length;
    poller.nowMs += 30 * hour;
    await poller.poll();
    expect(polling.origin.requests.slice(before).map(({ path }) => path)).toEqual([`/new?token=${secret}`]);
    expect(await rows()).not.toContain(secret);
  });

  it('adopts no redirect to a URL that cannot be reconstructed', async () => {
    polling.origin.on('/feed', { status: 301, headers: { Location: `/new?token=${secret}&also=***` } });
    polling.origin.on('/new', document('https://herald.example.org/'));
    const poller = await createPoller();
    for (let read = 0; read < 5; read += 1) {
      poller.nowMs += 30 * hour;
      expect(await poller.poll()).toMatchObject({ failure: null });
    }
    expect(await poller.report()).toMatchObject({ failure: null, movedTo: null });
    expect((await poller.state()).history.redirectCandidate).toEqual(emptyPollHistory.redirectCandidate);
  });

  it('is polled with the validators of its full URL', async () => {
    const given = document('https://herald.example.org/');
    polling.origin.on('/feed', { ...given, headers: { ...given.headers, ETag: '"1"' } }, { status: 304 });
    const poller = await createPoller();
    await poller.poll();
    expect(await poller.poll()).toMatchObject({ outcome: 'not-modified' });
    expect(polling.origin.requests.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"1"']);
    expect(await rows()).not.toContain(secret);
  });

  it('has no item whose links or texts contain the secret', async () => {
    const long = 'a-long-s3cret';
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
    polling.origin.on('/feed', { headers: { 'Content-Type': 'application/rss+xml' }, body });
    const poller = await createPoller(long);
    await poller.poll();
    const [item] = await poller.items();
    expect(item?.url).toBe('https://herald.example.org/1?token=***');
    expect(item?.enclosures).toMatchObject([{ url: 'https://herald.example.org/4.mp3?***' }]);
    const { key: _, source: __, ...shown } = item ?? { key: '', source: null };
    expect(JSON.stringify(shown)).not.toContain(long);
    expect(await poller.poll()).toMatchObject({ updated: 0 });
  });

  it('has no item whose link contains the secret of its URL', async () => {
    polling.origin.on('/feed', document(''));
    const poller = await createPoller();
    await poller.poll();
    expect((await poller.items()).map(({ url }) => url)).toEqual([`${polling.origin.url}/feed?token=***#one`]);
  });
});
