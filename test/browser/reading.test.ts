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

async function start(items: readonly Item[] = many): Promise<StubLiveServer> {
  const stub = await startStubLiveServer(items, assetsDir);
  browser.afterTest(() => stub.close());
  return stub;
}

async function openPage(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options });
  await page.goto(url);
  return page;
}

const paths = [
  '/search',
  '/search?q=headline',
  '/search?q=nothing-of-it',
  '/search?q=!!',
  '/status',
  '/about',
  '/sources',
  '/sources/example',
];

describe('every page', () => {
  it.each(
    paths,
  )('breaks no accessibility rule at %s, on a desktop screen and on a phone in dark mode', async (path) => {
    const stub = await start(many.slice(0, 8));
    const page = await openPage(`${stub.url}${path}`);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 390, height: 800 });
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it('is complete without scripts and shows no button that needs them', async () => {
    const stub = await start();
    const page = await openPage(`${stub.url}/search?q=headline`, { javaScriptEnabled: false });
    expect(await page.locator('.results li').count()).toBe(30);
    expect(await page.locator('mark').first().textContent()).toBe('Headline');
    for (const hidden of ['.copy', '.live-state', '.new-items-notice button', '.keyboard-button', '#keyboard-help']) {
      expect(await page.locator(hidden).first().isVisible(), hidden).toBe(false);
    }
    await page.locator('#search-box').fill('"Headline 7"');
    await page.getByRole('button', { name: 'Search' }).click();
    expect(await page.locator('.results .headline').allTextContents()).toEqual(['Headline 7']);
    await page.goto(`${stub.url}/status`);
    await page.getByText('Show as table').first().click();
    expect(await page.locator('table').first().isVisible()).toBe(true);
  });

  it('loads nothing from other hosts and less than 100 KB without pictures', async () => {
    const stub = await start();
    const page = await browser.newPage();
    const loaded: { url: string; status: number; bytes: number }[] = [];
    page.on('response', async (response) => {
      const { responseBodySize, responseHeadersSize } = await response.request().sizes();
      loaded.push({ url: response.url(), status: response.status(), bytes: responseBodySize + responseHeadersSize });
    });
    await page.goto(stub.url, { waitUntil: 'networkidle' });
    expect(loaded.filter(({ url, status }) => !url.startsWith(stub.url) || status !== 200)).toEqual([]);
    expect(loaded.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(100 * 1024);
    expect(loaded.length).toBeLessThan(40);
  });
});

describe('an open list of items', () => {
  it('shows the number of new items, and the items after a click', async () => {
    const stub = await start();
    const page = await openPage(`${stub.url}/sections/world`);
    await page.getByRole('status').getByText('live', { exact: true }).waitFor();
    const first = page.locator('main .headline').first();
    const before = await first.boundingBox();
    stub.publish('add', anItem(101, { section: 'Sport', sections: ['Sport'] }));
    stub.publish('add', anItem(102));
    stub.publish('add', anItem(103));
    const button = page.locator('.new-items-notice button');
    await button.getByText('Show new items (2)').waitFor();
    expect(await first.boundingBox()).toEqual(before);
    stub.withdraw(anItem(103));
    await button.getByText('Show new items (1)').waitFor();
    stub.reads.list = [...many, anItem(102)];
    await button.click();
    await page.locator('main .headline', { hasText: 'Headline 102' }).waitFor();
  });

  it('subscribes to its search and reports new matches', async () => {
    const stub = await start();
    const page = await openPage(`${stub.url}/search?q=headline`);
    await page.getByRole('status').getByText('live', { exact: true }).waitFor();
    expect(stub.subscriptions().map(({ filter }) => filter)).toEqual([{ q: 'headline', backfill: true }]);
    stub.publish('add', anItem(101));
    await page.locator('.new-items-notice button').getByText('Show new items (1)').waitFor();
  });

  it('shows the age of recent items with the date in the tooltip', async () => {
    const stub = await start();
    const nowMs = Date.now();
    stub.reads.list = [anItem(1, { publishedMs: nowMs - 3 * 60_000, sortMs: nowMs - 3 * 60_000 })];
    const page = await openPage(`${stub.url}/search?q=headline`);
    const time = page.locator('main .meta time').first();
    await time.getByText('3 min ago').waitFor();
    expect(await time.getAttribute('title')).toMatch(/^\d\d\.\d\d\.\d\d \d\d:\d\d$/);
  });
});

describe('the keyboard', () => {
  const focused = (page: Page): Promise<string | null> => page.locator(':focus').textContent();

  it('moves between headlines, opens one, and focuses the search box', async () => {
    const stub = await start();
    const page = await openPage(stub.url);
    await page.keyboard.press('j');
    expect(await focused(page)).toBe('Headline 40');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    expect(await focused(page)).toBe('Headline 39');
    await page.keyboard.press('o');
    await page.getByRole('heading', { level: 1, name: 'Headline 39' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('jk?');
    expect(await page.locator('#search-box').inputValue()).toBe('jk?');
  });

  it('lists its keys, and stays off after it was turned off', async () => {
    const stub = await start();
    const page = await openPage(stub.url);
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog', { name: 'Keyboard' });
    await dialog.waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await dialog.getByRole('checkbox').uncheck();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await page.reload();
    await page.keyboard.press('j');
    await page.keyboard.press('?');
    expect(await dialog.isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Keyboard' }).click();
    await dialog.waitFor();
  });
});

describe('an address on the about page', () => {
  it('is copied to the clipboard by its button', async () => {
    const stub = await start();
    const page = await openPage(`${stub.url}/about`, { permissions: ['clipboard-read', 'clipboard-write'] });
    const button = page.getByRole('button', { name: `Copy ${stub.url}/feed.rss`, exact: true });
    await button.click();
    await button.getByText('Copied').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(`${stub.url}/feed.rss`);
  });
});
