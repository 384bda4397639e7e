import { fileURLToPath } from 'node:url';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { Item } from '../../src/domain/items/item.ts';
import { accessibilityFaults, useBrowser } from '../support/browser.ts';
import { anItem } from '../support/builders.ts';
import { type StubLiveServer, startStubLiveServer } from '../support/web/stub-live-server.ts';

const assetsDir = fileURLToPath(new URL('../../dist/public', import.meta.url));

const browser = useBrowser();

const many = Array.from({ length: 40 }, (_, index) => anItem(index + 1));

interface Opened {
  readonly page: Page;
  readonly stub: StubLiveServer;
  /** Headlines of the News feed, from top to bottom. */
  titles(): Promise<string[]>;
}

async function open(items: readonly Item[] = many, path = '/'): Promise<Opened> {
  const stub = await startStubLiveServer(items, assetsDir);
  browser.afterTest(() => stub.close());
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(`${stub.url}${path}`);
  await page.getByRole('status').getByText('live', { exact: true }).waitFor();
  return { page, stub, titles: () => page.locator('.news-feed-list a').allTextContents() };
}

describe('the News feed of an open page', () => {
  it('inserts a new item at the top, escaped', async () => {
    const { page, stub, titles } = await open();
    const title = '<img src=x onerror="document.title=1"> & more';
    stub.publish('add', anItem(99, { title, source: { ...many[0]!.source, title: '<b>Bold</b>' } }));
    await page.locator('.news-feed-list').getByText(title).waitFor();
    expect((await titles())[0]).toBe(title);
    expect(await page.locator('.news-feed-list li').first().locator('.source').textContent()).toBe('<b>Bold</b>');
    expect(await page.locator('.news-feed-list img, .news-feed-list b').count()).toBe(0);
  });

  it('inserts a late item where a reload would show it', async () => {
    const { page, stub, titles } = await open([anItem(10), anItem(30)]);
    stub.publish('add', anItem(20, { backfill: true }));
    await page.locator('.news-feed-list').getByText('Headline 20').waitFor();
    const live = await titles();
    expect(live).toEqual(['Headline 30', 'Headline 20', 'Headline 10']);
    stub.reads.list = [10, 20, 30].map((id) => anItem(id));
    await page.reload();
    expect(await titles()).toEqual(live);
  });

  it('updates a changed headline in place and removes a withdrawn item', async () => {
    const { page, stub, titles } = await open([1, 2, 3].map((id) => anItem(id)));
    stub.publish('update', anItem(2, { title: 'Corrected' }));
    await page.locator('.news-feed-list').getByText('Corrected').waitFor();
    expect(await titles()).toEqual(['Headline 3', 'Corrected', 'Headline 1']);
    stub.withdraw(anItem(3));
    await page.locator('.news-feed-list').getByText('Headline 3').waitFor({ state: 'detached' });
    expect(await titles()).toEqual(['Corrected', 'Headline 1']);
  });

  it('removes the oldest entries beyond sixty', async () => {
    const { page, stub, titles } = await open();
    for (let id = 101; id <= 130; id += 1) stub.publish('add', anItem(id));
    await page.locator('.news-feed-list').getByText('Headline 130').waitFor();
    const shown = await titles();
    expect(shown).toHaveLength(60);
    expect(shown.at(-1)).toBe('Headline 11');
  });

  it('keeps the entry under the pointer in place, and shows new items when the pointer leaves', async () => {
    const { page, stub } = await open();
    const line = page.locator('.news-feed-list li', { hasText: 'Headline 38' });
    await line.hover();
    const before = await line.boundingBox();
    stub.publish('add', anItem(101));
    stub.publish('add', anItem(102));
    await page.getByRole('button', { name: '2 new items' }).waitFor();
    expect(Math.abs(((await line.boundingBox())?.y ?? 0) - (before?.y ?? 0))).toBeLessThan(1);
    await page.mouse.move(10, 10);
    await page.getByRole('button', { name: '2 new items' }).waitFor({ state: 'hidden' });
    expect(await page.locator('.news-feed-list').evaluate((list) => list.scrollTop)).toBe(0);
  });

  it('keeps its scroll position until the button for new items is pressed', async () => {
    const { page, stub } = await open();
    await page.locator('.news-feed-list').evaluate((list) => list.scrollTo(0, 500));
    const line = page.locator('.news-feed-list li', { hasText: 'Headline 30' });
    const before = await line.boundingBox();
    stub.publish('add', anItem(101));
    const button = page.getByRole('button', { name: '1 new item' });
    await button.waitFor();
    expect(Math.abs(((await line.boundingBox())?.y ?? 0) - (before?.y ?? 0))).toBeLessThan(1);
    await button.click();
    expect(await page.locator('.news-feed-list li').first().isVisible()).toBe(true);
    expect(await page.locator('.news-feed-list').evaluate((list) => list.scrollTop)).toBe(0);
  });

  it('shows when it is disconnected, and reconnects', async () => {
    const { page, stub, titles } = await open();
    // Offline, so that it cannot reconnect before its state is read.
    await page.context().setOffline(true);
    stub.drop();
    await page.getByRole('status').getByText('reconnecting').waitFor();
    await page.context().setOffline(false);
    await page.getByRole('status').getByText('live', { exact: true }).waitFor();
    stub.publish('add', anItem(101));
    await page.locator('.news-feed-list').getByText('Headline 101').waitFor();
    expect((await titles())[0]).toBe('Headline 101');
  });

  it('shows the age of recent items and the date of older ones', async () => {
    const { page, stub } = await open();
    const nowMs = await page.evaluate(() => Date.now());
    stub.publish('add', anItem(101, { publishedMs: nowMs - 5 * 60_000, firstSeenMs: nowMs, sortMs: nowMs }));
    await page.locator('.news-feed-list').getByText('Headline 101').waitFor();
    expect(await page.locator('.news-feed-list time').first().textContent()).toBe('5 min ago');
    expect(await page.locator('.news-feed-list time').last().textContent()).toMatch(/^\d\d\.\d\d\.\d\d \d\d:\d\d$/);
  });
});

describe('pages without scripts', () => {
  it('show all items and no live state', async () => {
    const stub = await startStubLiveServer(many, assetsDir);
    browser.afterTest(() => stub.close());
    const page = await browser.newPage({ javaScriptEnabled: false });
    await page.goto(stub.url);
    expect(await page.locator('.news-feed-list li').count()).toBe(40);
    expect(await page.locator('.live-state').isVisible()).toBe(false);
    expect(await page.locator('.new-lines').isVisible()).toBe(false);
  });
});

describe('the main pages', () => {
  const wide = { width: 1280, height: 800 };
  const narrow = { width: 390, height: 800 };
  const few = many.slice(0, 6);

  async function openAs(options: BrowserContextOptions): Promise<{ page: Page; stub: StubLiveServer }> {
    const stub = await startStubLiveServer(few, assetsDir);
    browser.afterTest(() => stub.close());
    return { page: await browser.newPage(options), stub };
  }

  it.each([
    '/',
    '/sections/world',
    '/items/6',
    '/sources',
    '/nope',
  ])('break no accessibility rule at %s', async (path) => {
    const { page, stub } = await openAs({ viewport: wide });
    await page.goto(`${stub.url}${path}`);
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it.each(['/', '/items/6', '/sources'])('break no accessibility rule on a phone in dark mode at %s', async (path) => {
    const { page, stub } = await openAs({ viewport: narrow, colorScheme: 'dark' });
    await page.goto(`${stub.url}${path}`);
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it('let a keyboard user skip the masthead', async () => {
    const { page, stub } = await openAs({ viewport: wide });
    await page.goto(stub.url);
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').textContent()).toBe('Skip to the news');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.locator('main :focus').count()).toBe(1);
  });
});
