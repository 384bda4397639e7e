import { beforeEach, describe, expect, it } from 'vitest';
import { createWebReads } from '../../../src/server/web-reads.ts';
import { createStore } from '../../contract/test-engines.ts';
import { aFeed, anItemDraft, hour, minute, noon } from '../../support/builders.ts';
import { createStoreFixture, type StoreFixture } from '../../support/store-fixture.ts';
import { useCleanups } from '../../support/use-cleanups.ts';
import { makeApp, type TestApp } from '../../support/web/test-app.ts';

const formats = ['rss', 'atom', 'json'] as const;
const others = ['b', 'c', 'd', 'e', 'f'];

const cleanups = useCleanups();
let fixture: StoreFixture;
let get: TestApp['get'];

/** `count` entries of a source, one second apart. */
function entries(id: string, count: number, fromMs: number) {
  return Array.from({ length: count }, (_, index) =>
    anItemDraft(`${id}-${index}`, { publishedMs: fromMs + index * 1000 }),
  );
}

/** The titles of the items in a document, in its order. */
function titlesIn(document: string): string[] {
  return [...document.matchAll(/Title of ([a-z]+-\d+)(?=<|")/g)].map(([, name = '']) => name);
}

/** The titles of all pages of a feed. */
async function readFeedPages(path: string): Promise<string[]> {
  const titles: string[] = [];
  for (let next: string | undefined = path; next !== undefined && titles.length < 1000; ) {
    const text: string = await (await get(next)).text();
    titles.push(...titlesIn(text));
    const [, link]: readonly string[] =
      /rel="next"[^>]*href="([^"]*)"/.exec(text) ?? /"next_url":"([^"]*)"/.exec(text) ?? [];
    next = link?.replaceAll('&amp;', '&');
  }
  return titles;
}

/** The titles of all HTML pages. */
async function readHtmlPages(path: string): Promise<string[][]> {
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
  const { store, remove } = await createStore();
  cleanups.push(remove);
  fixture = await createStoreFixture(store, 'flood', ...others);
  for (const id of ['flood', ...others]) await fixture.read(id, aFeed(entries(`${id}old`, 1, noon - 2 * hour)));
  ({ get } = makeApp([], { reads: createWebReads(store), sections: () => ['World'] }));
});

describe('an output feed of several sources, one of which publishes 25 items at once', () => {
  beforeEach(async () => {
    for (const id of others) await fixture.read(id, aFeed(entries(id, 20, noon - hour)), noon + minute);
    await fixture.read('flood', aFeed(entries('flood', 25, noon)), noon + 2 * minute);
  });

  it.each(formats)('contains all 25 of them in %s, for everything and for a section', async (format) => {
    for (const path of [`/feed.${format}`, `/sections/world/feed.${format}`]) {
      const titles = titlesIn(await (await get(path)).text());
      expect(titles).toHaveLength(50);
      expect(titles.filter((title) => title.startsWith('flood-'))).toHaveLength(25);
    }
  });

  it.each(['/', '/sections/world'])('keeps the page %s balanced, with every item on exactly one page', async (path) => {
    const pages = await readHtmlPages(path);
    expect(pages[0]?.filter((title) => title.startsWith('flood-'))).toHaveLength(6);
    expect(pages.flat()).toHaveLength(131);
    expect(new Set(pages.flat()).size).toBe(131);
  });

  it.each(formats)('contains each item once over all pages in %s', async (format) => {
    const titles = await readFeedPages(`/feed.${format}?limit=11`);
    expect(titles).toHaveLength(131);
    expect(new Set(titles).size).toBe(131);
  });
});

describe('an item that arrives hours after its publication date', () => {
  beforeEach(async () => {
    for (const id of others) await fixture.read(id, aFeed(entries(id, 20, noon - hour)), noon + minute);
    await fixture.read('flood', aFeed(entries('late', 1, noon - 5 * hour)), noon + 2 * minute);
  });

  it.each(formats)('is first in %s, so that a reader that polls the first page finds it', async (format) => {
    for (const query of ['', '?section=world', '?language=en', '?q=title', '?source=flood&source=b&source=c']) {
      expect(titlesIn(await (await get(`/feed.${format}${query}`)).text())[0], query).toBe('late-0');
    }
  });

  it('keeps its position by date on pages and in the API', async () => {
    const [first] = await readHtmlPages('/');
    expect(first).not.toContain('late-0');
    expect(titlesIn(await (await get('/api/items?limit=100')).text())).not.toContain('late-0');
  });
});

describe('an item that is old when it arrives', () => {
  it('is ordered by its date in feeds, and displaces no new item', async () => {
    await fixture.read('b', aFeed(entries('b', 2, noon)), noon + minute);
    await fixture.read('c', aFeed(entries('ancient', 30, noon - 30 * 24 * hour)), noon + 2 * minute);
    const titles = titlesIn(await (await get('/feed.rss?limit=20')).text());
    expect(titles.slice(0, 2)).toEqual(['b-1', 'b-0']);
    expect(titles.slice(2, 8).every((title) => title.includes('old-'))).toBe(true);
  });
});

describe('paging a feed while items arrive', () => {
  it.each(['feed.rss', 'feed.json', 'api/items'])('returns each item once in %s', async (path) => {
    for (const id of others) await fixture.read(id, aFeed(entries(id, 20, noon - hour)), noon + minute);
    const titles: string[] = [];
    let turn = 0;
    for (let next: string | null = `/${path}?limit=9`; next !== null; turn += 1) {
      const text: string = await (await get(next)).text();
      titles.push(...titlesIn(text));
      const [, link]: readonly string[] =
        /rel="next"[^>]*href="([^"]*)"/.exec(text) ?? /"next_url":"([^"]*)"/.exec(text) ?? [];
      const [, cursor]: readonly string[] = /"next":"([^"]*)"/.exec(text) ?? [];
      next = link?.replaceAll('&amp;', '&') ?? (cursor === undefined ? null : `/${path}?limit=9&before=${cursor}`);
      // One late item, one with the time of others, one of now.
      const dates = [noon - 3 * hour, noon - hour + 5000, noon + turn * minute];
      const news = dates.map((publishedMs, index) => anItemDraft(`new-${turn * 3 + index}`, { publishedMs }));
      await fixture.read('flood', aFeed(news), noon + 2 * minute + turn * minute);
    }
    const first = titles.filter((title) => !title.startsWith('new-'));
    expect(first).toHaveLength(106);
    expect(new Set(titles).size).toBe(titles.length);
  });
});
