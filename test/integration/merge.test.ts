import { afterEach, describe, expect, it } from 'vitest';
import type { ItemsPage, WireItem } from '../../src/domain/events/wire.ts';
import { rssDocument } from '../support/documents.ts';
import { connectLive } from '../support/live/live-client.ts';
import { makeDue } from '../support/make-due.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { type Home, makeHome, type ServerProcess, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const story = 'https://news.example.org/stories/harbour';
const agency = rssDocument({ title: 'Example Agency', link: 'https://agency.example.com/' }, [
  { guid: 'agency-1', title: 'Harbour opens second quay', link: story, text: 'The agency tells it briefly.' },
]);
const paper = rssDocument({ title: 'Example Paper', link: 'https://paper.example.com/' }, [
  {
    guid: 'p/77',
    title: 'A second quay for the harbour',
    link: `${story}?utm_source=rss`,
    text: 'The paper tells it at length.',
  },
]);

async function serve(sources: Record<string, string>): Promise<{ origin: Origin; home: Home; server: ServerProcess }> {
  const origin = await startOrigin();
  cleanups.push(() => origin.close());
  // A new comment each time: the bytes differ, so that every poll is read and merged, not recognised by its hash.
  let reads = 0;
  for (const [id, body] of Object.entries(sources)) {
    origin.on(`/${id}.xml`, () => {
      reads += 1;
      return { headers: { 'content-type': 'text/xml' }, body: `${body}<!-- read ${reads} -->` };
    });
  }
  const lines = Object.keys(sources).map((id) => `  - { url: "${origin.url}/${id}.xml", id: ${id}, section: World }`);
  const home = makeHome(`site:\n  politeness: { hostGap: 0s }\nsources:\n${lines.join('\n')}\n`);
  cleanups.push(() => home.remove());
  const server = await startServer(home);
  cleanups.push(() => server.end('SIGKILL'));
  return { origin, home, server };
}

async function items(server: ServerProcess): Promise<readonly WireItem[]> {
  return ((await (await fetch(`${server.url}/api/items?limit=100`)).json()) as ItemsPage).items;
}

describe('one article at two sources, in different words', () => {
  it('is one item with one owner and "also in", and stays at revision 1 for ten more polls', async () => {
    const { origin, home, server } = await serve({ agency, paper });
    const live = await connectLive(server.url, '?after=floor&backfill=true');
    cleanups.push(() => live.close());
    const [item] = await until('the merged item', async () => {
      const found = await items(server);
      return found[0]?.alsoIn.length === 1 ? found : null;
    });
    if (item === undefined) throw new Error('no item');
    const owner =
      item.source.id === 'agency'
        ? { title: 'Harbour opens second quay', other: 'Example Paper' }
        : { title: 'A second quay for the harbour', other: 'Example Agency' };
    expect(item).toMatchObject({ title: owner.title, url: story, alsoIn: [{ title: owner.other }], revision: 1 });

    const pushed = await until('the update on the WebSocket', () =>
      live.applied.find((event) => event.op === 'update'),
    );
    expect(pushed).toMatchObject({
      changed: ['alsoIn'],
      item: { id: item.id, alsoIn: [{ title: owner.other }], revision: 1 },
    });
    const page = await (await fetch(`${server.url}/items/${item.id}`)).text();
    expect(page).toContain(owner.other);
    for (const format of ['rss', 'atom', 'json']) {
      expect(await (await fetch(`${server.url}/feed.${format}`)).text()).toContain(owner.other);
    }

    for (let round = 1; round <= 10; round += 1) {
      await makeDue(home, 'agency');
      await makeDue(home, 'paper');
      await until(`round ${round}`, () =>
        origin.to('/agency.xml').length > round && origin.to('/paper.xml').length > round ? true : null,
      );
    }
    await until('the last polls to be stored', async () => {
      const { sources } = (await (await fetch(`${server.url}/api/sources`)).json()) as {
        sources: { nextCheckAt: string }[];
      };
      return sources.every((source) => Date.parse(source.nextCheckAt) > Date.now()) ? true : null;
    });
    expect(await items(server)).toHaveLength(1);
    expect((await items(server))[0]).toMatchObject({ title: owner.title, revision: 1 });
    expect(live.applied.map((event) => event.op)).toEqual(['add', 'update']);
  });
});

describe('one document with 20 entries that share a link', () => {
  it('is 20 items', async () => {
    const entries = Array.from({ length: 20 }, (_, index) => ({
      guid: `notice-${index}`,
      title: `Notice ${index}`,
      link: 'https://www.example.org/notices',
      text: `Text of notice ${index}`,
    }));
    const { server } = await serve({
      notices: rssDocument({ title: 'Notices', link: 'https://www.example.org/' }, entries),
    });
    const found = await until('20 items', async () => {
      const all = await items(server);
      return all.length >= 20 ? all : null;
    });
    expect(found).toHaveLength(20);
    expect(new Set(found.map((item) => item.title)).size).toBe(20);
  });
});
