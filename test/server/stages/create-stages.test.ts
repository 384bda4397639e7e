import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Source } from '../../../src/domain/polling/source.ts';
import type { Store } from '../../../src/store/engine/store.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { requestRefresh } from '../../../src/store/sources/source-state.ts';
import { engines } from '../../contract/test-engines.ts';
import { rssDocument } from '../../support/documents.ts';
import { notesOf } from '../../support/notes.ts';
import { type Origin, type Reply, startOrigin } from '../../support/origin.ts';
import { PollingFixture, type PollingFixtureOptions } from '../../support/polling-fixture.ts';
import { hour, minute, noon } from '../../support/store-fixture.ts';

const herald = { title: 'Example Herald', link: 'https://herald.example.org/' };

interface Document {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Stories by number, newest first, each published half an hour after the one before; `extra` stands in the channel. */
function stories(numbers: readonly number[], extra = '', channel = herald): Document {
  const entries = numbers.map((n) => ({
    guid: `story-${n}`,
    title: `Story ${n}`,
    link: `${channel.link}${n}`,
    date: new Date(noon + (n - 100) * (hour / 2)),
  }));
  const body = rssDocument(channel, entries)
    .replace('<rss ', '<rss xmlns:atom="http://www.w3.org/2005/Atom" ')
    .replace('<description>', `${extra}<description>`);
  return { headers: { 'Content-Type': 'application/rss+xml' }, body };
}

function older(href: string, rel = 'prev-archive'): string {
  return `<atom:link rel="${rel}" href="${href}"/>`;
}

/** Numbers from the higher to the lower one. */
function down(from: number, to: number): number[] {
  return Array.from({ length: from - to + 1 }, (_, index) => from - index);
}

describe.each(engines)('the intake on $name', (engine) => {
  let origin: Origin;
  let store: Store;
  const closes: (() => unknown)[] = [];

  beforeEach(async () => {
    const place = await engine.copy();
    origin = await startOrigin();
    store = await openStore({ url: place.url, poller: true });
    closes.push(
      () => origin.close(),
      () => store.close(),
      () => place.remove(),
    );
  });

  afterEach(async () => {
    for (const close of closes.splice(0)) await close();
  });

  async function desk(over: Partial<Source> = {}, options: PollingFixtureOptions = {}): Promise<PollingFixture> {
    const made = await new PollingFixture(store, `${origin.url}/feed`, over, options).declare();
    closes.unshift(() => made.close());
    return made;
  }

  async function titles(of: PollingFixture): Promise<string[]> {
    return (await of.items()).map(({ title }) => title);
  }

  it('announces what is being read to other writes, until it is read', async () => {
    origin.on('/feed', stories(down(3, 1)));
    const said: string[] = [];
    const expectWrite = (): (() => void) => {
      said.push('on its way');
      return () => said.push('there');
    };
    const onDesk = await new PollingFixture({ ...store, expectWrite }, `${origin.url}/feed`).declare();
    closes.unshift(() => onDesk.close());
    expect(await onDesk.poll()).toMatchObject({ outcome: 'fresh', added: 3 });
    expect(said).toEqual(['on its way', 'there']);
  });

  it('reads what was missed out of the archives, oldest first, and asks no more than it needs', async () => {
    origin
      .on('/feed', stories(down(93, 91)), stories(down(102, 100), older('old/2')))
      .on('/old/2', stories(down(99, 97), older('1')))
      .on('/old/1', stories(down(96, 92), older('0')))
      .on('/old/0', stories(down(91, 89)));
    const it = await desk();
    await it.poll();
    const second = await it.poll();
    expect(second).toMatchObject({ outcome: 'fresh', added: 9 });
    expect(await it.notes()).toEqual(notesOf('possible_gap', 'archive_read:2'));
    expect(await titles(it)).toEqual(down(102, 91).map((n) => `Story ${n}`));
    expect(origin.requests.map(({ path }) => path)).toEqual(['/feed', '/feed', '/old/2', '/old/1']);
    // The log has them as they were published.
    const ids = (await it.items()).map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted((one, other) => other - one));
    // One notification for each commit: two polls of one batch each.
    expect(it.notifiedHeads).toEqual([3, 12]);
  });

  it('does not read archives at the first read, nor again at each poll', async () => {
    const extra = older('old/1');
    origin
      .on('/feed', stories(down(95, 93), extra), stories(down(102, 100), extra), stories(down(103, 101), extra))
      .on('/old/1', stories(down(99, 90)));
    const it = await desk();
    await it.poll();
    expect(origin.to('/old/1')).toHaveLength(0);
    await it.poll();
    expect(origin.to('/old/1')).toHaveLength(1);
    await it.poll();
    expect(origin.to('/old/1')).toHaveLength(1);
    expect(await it.notes()).toEqual([]);
  });

  it('follows the pages of a paged feed', async () => {
    origin
      .on('/feed', stories(down(93, 91)), stories(down(102, 100), older('/feed/2', 'next')))
      .on('/feed/2', stories(down(99, 97), older('/feed/3', 'next')))
      .on('/feed/3', stories(down(96, 94), older('/feed/4', 'next')))
      .on('/feed/4', stories(down(93, 91)));
    const it = await desk();
    await it.poll();
    expect(await it.poll()).toMatchObject({ added: 9 });
    expect(await it.notes()).toEqual(notesOf('possible_gap', 'archive_read:3'));
  });

  it('takes of an archive only what is new, not an older state of what it has', async () => {
    const archive = stories(down(101, 91));
    origin.on('/feed', stories(down(93, 91)), stories(down(102, 100), older('/old'))).on('/old', {
      ...archive,
      body: archive.body.replaceAll(/<title>(Story (?:91|101))/g, '<title>Early $1'),
    });
    const it = await desk();
    await it.poll();
    expect(await it.poll()).toMatchObject({ added: 9, updated: 0 });
    expect(await titles(it)).toEqual(down(102, 91).map((n) => `Story ${n}`));
  });

  it('asks nobody at a private address', async () => {
    const elsewhere = await startOrigin({ host: '127.0.0.2' });
    closes.unshift(() => elsewhere.close());
    origin.on('/feed', stories(down(93, 91)), stories(down(102, 100), older(`${elsewhere.url}/old`)));
    const it = await desk({}, { allowPrivateNetworks: ['127.0.0.1/32'] });
    await it.poll();
    expect(await it.poll()).toMatchObject({ outcome: 'fresh', added: 3 });
    expect(await it.notes()).toEqual(notesOf('possible_gap', 'archive_failed:blocked_address'));
    expect(elsewhere.connections).toBe(0);
  });

  it('shows the headers of a source to nobody else', async () => {
    const elsewhere = await startOrigin();
    closes.unshift(() => elsewhere.close());
    elsewhere.on('/old', stories(down(96, 92)));
    origin
      .on('/feed', stories(down(93, 91)), stories(down(102, 100), older('/old')))
      .on('/old', stories(down(99, 97), older(`${elsewhere.url}/old`)));
    const it = await desk({ headers: { 'X-Api-Key': 'open-sesame' } });
    await it.poll();
    expect(await it.poll()).toMatchObject({ added: 9 });
    expect(origin.to('/old')[0]?.headers).toMatchObject({ 'x-api-key': 'open-sesame' });
    expect(elsewhere.requests).toHaveLength(1);
    expect(elsewhere.requests[0]?.headers).not.toHaveProperty('x-api-key');
  });

  it('keeps the pause of a host within a refresh and after it', async () => {
    const at: number[] = [];
    const timed =
      (reply: Reply): Reply =>
      () => {
        at.push(performance.now());
        return reply;
      };
    origin
      .on('/feed', stories(down(93, 91)), timed(stories(down(102, 100), older('/old/1'))))
      .on('/old/1', timed(stories(down(99, 97), older('/old/2'))))
      .on('/old/2', timed(stories(down(96, 92))));
    const it = await desk({}, { hostGapMs: 80 });
    await it.poll();
    expect(await it.poll()).toMatchObject({ hostPauseMs: 80 });
    expect(at).toHaveLength(3);
    for (const [index, ms] of at.slice(1).entries()) expect(ms - (at[index] ?? 0)).toBeGreaterThanOrEqual(79);
  });

  it('stores nothing of a gap when it is stopped in the middle, so that the gap is found again', async () => {
    const stop = new AbortController();
    origin.on('/feed', stories(down(93, 91)), stories(down(102, 100), older('/old'))).on('/old', () => {
      stop.abort();
      return stories(down(99, 92));
    });
    const it = await desk();
    await it.poll();
    await expect(it.poll(stop.signal)).rejects.toThrow();
    expect(await titles(it)).toHaveLength(3);
    it.nowMs += 5 * 60_000;
    origin.on('/old', stories(down(99, 92)));
    expect(await it.poll()).toMatchObject({ outcome: 'fresh', added: 9 });
  });

  it('takes what somebody else says at the old address, and says so', async () => {
    const watches = { title: 'Cheap Watches', link: 'https://watches.example.com/' };
    origin
      .on(
        '/feed',
        stories(down(93, 91)),
        stories(down(102, 98), older('/old'), watches),
        stories(down(104, 99), '', watches),
      )
      .on('/old', stories(down(99, 97)));
    const it = await desk({ title: null });
    await it.poll();
    expect(await it.poll()).toMatchObject({ outcome: 'fresh', failure: null, added: 5 });
    expect(await it.report()).toMatchObject({
      notes: notesOf('identity_changed'),
      detail: expect.stringContaining('was "Example Herald" of herald.example.org until'),
      items: 8,
    });
    expect(origin.to('/old')).toHaveLength(0);
    await it.poll();
    expect(await it.notes()).toEqual(notesOf('identity_changed'));
  });

  it('takes away what a complete feed lacks when it says so twice, and asks for the second word', async () => {
    const complete = '<fh:complete xmlns:fh="http://purl.org/syndication/history/1.0"/>';
    const shrunk = stories([93], complete);
    const answer: Reply = ({ headers }) =>
      headers['if-none-match'] === '"2"' ? { status: 304 } : { ...shrunk, headers: { ...shrunk.headers, ETag: '"2"' } };
    const whole = stories(down(93, 91), complete);
    origin.on('/feed', { ...whole, headers: { ...whole.headers, ETag: '"1"' } }, answer);
    const it = await desk();
    await it.poll();
    await it.poll();
    expect(await it.notes()).toEqual(notesOf('complete_shrunk:2'));
    expect(await titles(it)).toHaveLength(3);
    expect(await it.poll()).toMatchObject({ outcome: 'fresh' });
    expect(await it.notes()).toEqual([]);
    expect(await titles(it)).toEqual(['Story 93']);
    expect(await it.poll()).toMatchObject({ outcome: 'not-modified' });
  });

  it('brings back what a complete feed lists again, just as it was', async () => {
    const complete = '<fh:complete xmlns:fh="http://purl.org/syndication/history/1.0"/>';
    const [whole, shrunk] = [stories(down(93, 91), complete), stories([93], complete)];
    origin.on('/feed', whole, shrunk, stories([93], ` ${complete}`), whole);
    const it = await desk();
    await it.poll();
    await it.poll();
    await it.poll();
    expect(await titles(it)).toEqual(['Story 93']);
    expect(await it.poll()).toMatchObject({ outcome: 'fresh', added: 0, updated: 2 });
    expect(await titles(it)).toEqual(['Story 93', 'Story 92', 'Story 91']);
  });

  it('makes caches revalidate in a poll that the operator requested, and in no later one', async () => {
    origin.on('/feed', stories(down(3, 1)));
    const it = await desk();
    await it.poll();
    await requestRefresh(store, ['a'], it.nowMs + minute);
    await it.poll();
    await it.poll();
    expect(origin.requests.map(({ headers }) => headers['cache-control'])).toEqual([undefined, 'no-cache', undefined]);
  });

  it('reads without the ids of a source that were worthless once', async () => {
    const same = (numbers: readonly number[]) => {
      const entries = numbers.map((n) => ({ guid: 'same', title: `Story ${n}`, link: `${herald.link}${n}` }));
      return { headers: { 'Content-Type': 'application/rss+xml' }, body: rssDocument(herald, entries) };
    };
    origin.on('/feed', same([1, 2, 3, 4]), same([5]), same([6, 5]));
    const it = await desk();
    await it.poll();
    await it.poll();
    // One entry alone looks sound: by its id it would be the item that all ids named.
    expect(await it.poll()).toMatchObject({ added: 1, updated: 0 });
    expect(it.tasks.map(({ options }) => options.trust.ids)).toEqual([true, false, false]);
    expect(await it.items()).toHaveLength(6);
    expect((await it.notes()).filter(({ code }) => code === 'ids_distrusted')).toEqual(notesOf('ids_distrusted'));
  });
});
