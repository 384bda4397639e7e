import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../../../src/store/open.ts';
import { createReads } from '../../../src/web/store-reads.ts';
import { engines, type Place } from '../../contract/engines.ts';
import { digest, draft, hour, minute, Newsroom, noon, source } from '../../contract/newsroom.ts';
import { makeApp, type TestApp } from '../fakes.ts';

const formats = ['rss', 'atom', 'json'] as const;
const others = ['b', 'c', 'd', 'e', 'f'];

let place: Place;
let store: Store;
let room: Newsroom;
let get: TestApp['get'];

/** `count` entries of a source, one second apart. */
function entries(id: string, count: number, fromMs: number) {
  return Array.from({ length: count }, (_, index) => draft(`${id}-${index}`, { publishedMs: fromMs + index * 1000 }));
}

/** The titles in a document, in its order, without the feed's own and those of sources. */
function titlesIn(document: string): string[] {
  return [...document.matchAll(/Title of ([a-z]+-\d+)(?=<|")/g)].map(([, name = '']) => name);
}

/** The titles of all pages of a feed, by following its links to what is older. */
async function walk(path: string): Promise<string[]> {
  const titles: string[] = [];
  for (let next: string | undefined = path; next !== undefined && titles.length < 1000; ) {
    const text: string = await (await get(next)).text();
    titles.push(...titlesIn(text));
    const [, link]: readonly string[] = /rel="next"[^>]*href="([^"]*)"/.exec(text) ?? /"next_url":"([^"]*)"/.exec(text) ?? [];
    next = link?.replaceAll('&amp;', '&');
  }
  return titles;
}

/** The titles that each page for people lists, by following its links to what is older. */
async function walkPages(path: string): Promise<string[][]> {
  const pages: string[][] = [];
  for (let next: string | undefined = path; next !== undefined && pages.length < 50; ) {
    const text: string = await (await get(next)).text();
    const main: string = /<main[\s\S]*<\/main>/.exec(text)?.[0] ?? '';
    pages.push([...new Set(titlesIn(main))]);
    next = /href="([^"]*[?&]before=[^"]*)"/.exec(main)?.[1]?.replaceAll('&amp;', '&');
  }
  return pages;
}

beforeEach(async () => {
  const [engine] = engines;
  if (engine === undefined) throw new Error('there is no engine');
  place = await engine.copy();
  store = await openStore({ url: place.url, poller: true });
  room = new Newsroom(store);
  await room.declare(['flood', ...others].map((id) => source(id)));
  for (const id of ['flood', ...others]) await room.read(id, digest(entries(`${id}old`, 1, noon - 2 * hour)));
  ({ get } = makeApp([], { reads: createReads(store), sections: () => ['World'] }));
});
afterEach(async () => {
  await store.close();
  place.remove();
});

describe('an output feed of several sources, one of which publishes 25 items at once', () => {
  beforeEach(async () => {
    for (const id of others) await room.read(id, digest(entries(id, 20, noon - hour)), noon + minute);
    await room.read('flood', digest(entries('flood', 25, noon)), noon + 2 * minute);
  });

  it.each(formats)('holds all 25 of them in %s, on the whole feed and on that of a section', async (format) => {
    for (const path of [`/feed.${format}`, `/sections/world/feed.${format}`]) {
      const titles = titlesIn(await (await get(path)).text());
      expect(titles).toHaveLength(50);
      expect(titles.filter((title) => title.startsWith('flood-'))).toHaveLength(25);
    }
  });

  it.each(['/', '/sections/world'])('leaves the page %s balanced, and every item on one of its pages', async (path) => {
    const pages = await walkPages(path);
    expect(pages[0]?.filter((title) => title.startsWith('flood-'))).toHaveLength(6);
    expect(pages.flat()).toHaveLength(131);
    expect(new Set(pages.flat()).size).toBe(131);
  });

  it.each(formats)('visits each item once where links to what is older are followed in %s', async (format) => {
    const titles = await walk(`/feed.${format}?limit=11`);
    expect(titles).toHaveLength(131);
    expect(new Set(titles).size).toBe(131);
  });
});
