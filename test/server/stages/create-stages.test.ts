import { describe, expect, it } from 'vitest';
import { requestRefresh } from '../../../src/store/sources/source-state.ts';
import { engines } from '../../contract/test-engines.ts';
import { hour, minute, noon } from '../../support/builders.ts';
import { rssDocument } from '../../support/documents.ts';
import { notesOf } from '../../support/notes.ts';
import { type Reply, startOrigin } from '../../support/origin.ts';
import { type PollingFixture, usePolling } from '../../support/polling-fixture.ts';

const exampleHerald = { title: 'Example Herald', link: 'https://herald.example.org/' };

interface Document {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Stories by number, newest first, half an hour apart; `extra` is added to the channel. */
function stories(numbers: readonly number[], extra = '', channel = exampleHerald): Document {
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

/** The numbers from the higher to the lower one. */
function down(from: number, to: number): number[] {
  return Array.from({ length: from - to + 1 }, (_, index) => from - index);
}

describe.each(engines)('a refresh on $name', (engine) => {
  const polling = usePolling(engine);

  async function titles(of: PollingFixture): Promise<string[]> {
    return (await of.items()).map(({ title }) => title);
  }

  it('announces its write to other writes until the document is parsed', async () => {
    polling.origin.on('/feed', stories(down(3, 1)));
    const calls: string[] = [];
    const expectWrite = (): (() => void) => {
      calls.push('expected');
      return () => calls.push('ready');
    };
    const poller = await polling.createPoller({}, { store: { ...polling.store, expectWrite } });
    expect(await poller.poll()).toMatchObject({ outcome: 'fresh', added: 3 });
    expect(calls).toEqual(['expected', 'ready']);
  });

  it('reads missed entries from archives, stores the oldest first, and stops at a known entry', async () => {
    polling.origin
      .on('/feed', stories(down(93, 91)), stories(down(102, 100), older('old/2')))
      .on('/old/2', stories(down(99, 97), older('1')))
      .on('/old/1', stories(down(96, 92), older('0')))
      .on('/old/0', stories(down(91, 89)));
    const poller = await polling.createPoller();
    await poller.poll();
    const second = await poller.poll();
    expect(second).toMatchObject({ outcome: 'fresh', added: 9 });
    expect(await poller.notes()).toEqual(notesOf('possible_gap', 'archive_read:2'));
    expect(await titles(poller)).toEqual(down(102, 91).map((n) => `Story ${n}`));
    expect(polling.origin.requests.map(({ path }) => path)).toEqual(['/feed', '/feed', '/old/2', '/old/1']);
    // Ids increase in the order of publication.
    const ids = (await poller.items()).map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted((one, other) => other - one));
    // One notification for each commit: two polls of one batch each.
    expect(poller.notifiedHeads).toEqual([3, 12]);
  });

  it('reads no archive at the first poll, and none again after the gap was filled', async () => {
    const extra = older('old/1');
    polling.origin
      .on('/feed', stories(down(95, 93), extra), stories(down(102, 100), extra), stories(down(103, 101), extra))
      .on('/old/1', stories(down(99, 90)));
    const poller = await polling.createPoller();
    await poller.poll();
    expect(polling.origin.to('/old/1')).toHaveLength(0);
    await poller.poll();
    expect(polling.origin.to('/old/1')).toHaveLength(1);
    await poller.poll();
    expect(polling.origin.to('/old/1')).toHaveLength(1);
    expect(await poller.notes()).toEqual([]);
  });

  it('follows the pages of a paged feed', async () => {
    polling.origin
      .on('/feed', stories(down(93, 91)), stories(down(102, 100), older('/feed/2', 'next')))
      .on('/feed/2', stories(down(99, 97), older('/feed/3', 'next')))
      .on('/feed/3', stories(down(96, 94), older('/feed/4', 'next')))
      .on('/feed/4', stories(down(93, 91)));
    const poller = await polling.createPoller();
    await poller.poll();
    expect(await poller.poll()).toMatchObject({ added: 9 });
    expect(await poller.notes()).toEqual(notesOf('possible_gap', 'archive_read:3'));
  });

  it('stores only unknown entries of an archive, and does not update known ones', async () => {
    const archive = stories(down(101, 91));
    polling.origin.on('/feed', stories(down(93, 91)), stories(down(102, 100), older('/old'))).on('/old', {
      ...archive,
      body: archive.body.replaceAll(/<title>(Story (?:91|101))/g, '<title>Early $1'),
    });
    const poller = await polling.createPoller();
    await poller.poll();
    expect(await poller.poll()).toMatchObject({ added: 9, updated: 0 });
    expect(await titles(poller)).toEqual(down(102, 91).map((n) => `Story ${n}`));
  });

  it('requests no archive at a private address', async () => {
    const elsewhere = await startOrigin({ host: '127.0.0.2' });
    polling.cleanups.push(() => elsewhere.close());
    polling.origin.on('/feed', stories(down(93, 91)), stories(down(102, 100), older(`${elsewhere.url}/old`)));
    const poller = await polling.createPoller({}, { allowPrivateNetworks: ['127.0.0.1/32'] });
    await poller.poll();
    expect(await poller.poll()).toMatchObject({ outcome: 'fresh', added: 3 });
    expect(await poller.notes()).toEqual(notesOf('possible_gap', 'archive_failed:blocked_address'));
    expect(elsewhere.connections).toBe(0);
  });

  it('sends the headers of a source to its own origin only', async () => {
    const elsewhere = await startOrigin();
    polling.cleanups.push(() => elsewhere.close());
    elsewhere.on('/old', stories(down(96, 92)));
    polling.origin
      .on('/feed', stories(down(93, 91)), stories(down(102, 100), older('/old')))
      .on('/old', stories(down(99, 97), older(`${elsewhere.url}/old`)));
    const poller = await polling.createPoller({ headers: { 'X-Api-Key': 'open-sesame' } });
    await poller.poll();
    expect(await poller.poll()).toMatchObject({ added: 9 });
    expect(polling.origin.to('/old')[0]?.headers).toMatchObject({ 'x-api-key': 'open-sesame' });
    expect(elsewhere.requests).toHaveLength(1);
    expect(elsewhere.requests[0]?.headers).not.toHaveProperty('x-api-key');
  });

  it('pauses between the requests of a refresh, and returns the pause after it', async () => {
    const at: number[] = [];
    const timed =
      (reply: Reply): Reply =>
      () => {
        at.push(performance.now());
        return reply;
      };
    polling.origin
      .on('/feed', stories(down(93, 91)), timed(stories(down(102, 100), older('/old/1'))))
      .on('/old/1', timed(stories(down(99, 97), older('/old/2'))))
      .on('/old/2', timed(stories(down(96, 92))));
    const poller = await polling.createPoller({}, { hostGapMs: 80 });
    await poller.poll();
    expect(await poller.poll()).toMatchObject({ hostPauseMs: 80 });
    expect(at).toHaveLength(3);
    for (const [index, ms] of at.slice(1).entries()) expect(ms - (at[index] ?? 0)).toBeGreaterThanOrEqual(79);
  });

  it('stores nothing when it is aborted while it reads archives, so that the gap is found again', async () => {
    const stop = new AbortController();
    polling.origin.on('/feed', stories(down(93, 91)), stories(down(102, 100), older('/old'))).on('/old', () => {
      stop.abort();
      return stories(down(99, 92));
    });
    const poller = await polling.createPoller();
    await poller.poll();
    await expect(poller.poll(stop.signal)).rejects.toThrow();
    expect(await titles(poller)).toHaveLength(3);
    poller.nowMs += 5 * 60_000;
    polling.origin.on('/old', stories(down(99, 92)));
    expect(await poller.poll()).toMatchObject({ outcome: 'fresh', added: 9 });
  });

  it('stores the items of another publisher at the same URL, with a note and the previous identity', async () => {
    const watches = { title: 'Cheap Watches', link: 'https://watches.example.com/' };
    polling.origin
      .on(
        '/feed',
        stories(down(93, 91)),
        stories(down(102, 98), older('/old'), watches),
        stories(down(104, 99), '', watches),
      )
      .on('/old', stories(down(99, 97)));
    const poller = await polling.createPoller({ title: null });
    await poller.poll();
    expect(await poller.poll()).toMatchObject({ outcome: 'fresh', failure: null, added: 5 });
    expect(await poller.report()).toMatchObject({
      notes: notesOf('identity_changed'),
      detail: expect.stringContaining('was "Example Herald" of herald.example.org until'),
      items: 8,
    });
    expect(polling.origin.to('/old')).toHaveLength(0);
    await poller.poll();
    expect(await poller.notes()).toEqual(notesOf('identity_changed'));
  });

  it('removes items that a complete feed omits twice, and requests the second document without validators', async () => {
    const complete = '<fh:complete xmlns:fh="http://purl.org/syndication/history/1.0"/>';
    const shrunk = stories([93], complete);
    const answer: Reply = ({ headers }) =>
      headers['if-none-match'] === '"2"' ? { status: 304 } : { ...shrunk, headers: { ...shrunk.headers, ETag: '"2"' } };
    const whole = stories(down(93, 91), complete);
    polling.origin.on('/feed', { ...whole, headers: { ...whole.headers, ETag: '"1"' } }, answer);
    const poller = await polling.createPoller();
    await poller.poll();
    await poller.poll();
    expect(await poller.notes()).toEqual(notesOf('complete_shrunk:2'));
    expect(await titles(poller)).toHaveLength(3);
    expect(await poller.poll()).toMatchObject({ outcome: 'fresh' });
    expect(await poller.notes()).toEqual([]);
    expect(await titles(poller)).toEqual(['Story 93']);
    expect(await poller.poll()).toMatchObject({ outcome: 'not-modified' });
  });

  it('restores items that a complete feed lists again', async () => {
    const complete = '<fh:complete xmlns:fh="http://purl.org/syndication/history/1.0"/>';
    const [whole, shrunk] = [stories(down(93, 91), complete), stories([93], complete)];
    polling.origin.on('/feed', whole, shrunk, stories([93], ` ${complete}`), whole);
    const poller = await polling.createPoller();
    await poller.poll();
    await poller.poll();
    await poller.poll();
    expect(await titles(poller)).toEqual(['Story 93']);
    expect(await poller.poll()).toMatchObject({ outcome: 'fresh', added: 0, updated: 2 });
    expect(await titles(poller)).toEqual(['Story 93', 'Story 92', 'Story 91']);
  });

  it('makes caches revalidate in a poll that the operator requested, and in no later one', async () => {
    polling.origin.on('/feed', stories(down(3, 1)));
    const poller = await polling.createPoller();
    await poller.poll();
    await requestRefresh(polling.store, ['a'], poller.nowMs + minute);
    await poller.poll();
    await poller.poll();
    expect(polling.origin.requests.map(({ headers }) => headers['cache-control'])).toEqual([
      undefined,
      'no-cache',
      undefined,
    ]);
  });

  it('ignores the ids of a source that were equal in an earlier document', async () => {
    const same = (numbers: readonly number[]) => {
      const entries = numbers.map((n) => ({ guid: 'same', title: `Story ${n}`, link: `${exampleHerald.link}${n}` }));
      return { headers: { 'Content-Type': 'application/rss+xml' }, body: rssDocument(exampleHerald, entries) };
    };
    polling.origin.on('/feed', same([1, 2, 3, 4]), same([5]), same([6, 5]));
    const poller = await polling.createPoller();
    await poller.poll();
    await poller.poll();
    // A single entry does not show that ids are unreliable: its id would match all stored items.
    expect(await poller.poll()).toMatchObject({ added: 1, updated: 0 });
    expect(poller.tasks.map(({ options }) => options.trust.ids)).toEqual([true, false, false]);
    expect(await poller.items()).toHaveLength(6);
    expect((await poller.notes()).filter(({ code }) => code === 'ids_distrusted')).toEqual(notesOf('ids_distrusted'));
  });
});
