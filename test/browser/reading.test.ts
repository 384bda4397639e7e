import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Item } from '../../src/domain/items/item.ts';
import { launchBrowser } from '../support/browser.ts';
import { type StubLiveServer, startStubLiveServer } from '../support/web/stub-live-server.ts';
import { makeItem } from '../support/web/test-app.ts';

const assetsDir = fileURLToPath(new URL('../../dist/public', import.meta.url));
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const many = Array.from({ length: 40 }, (_, index) => makeItem(index + 1));

async function start(items: readonly Item[] = many): Promise<StubLiveServer> {
  const stub = await startStubLiveServer(items, assetsDir);
  cleanups.push(() => stub.close());
  return stub;
}

async function openPage(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  cleanups.push(() => context.close());
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

/** What breaks a rule of WCAG 2.2 AA that a machine can check. */
async function faultsOf(page: Page): Promise<string[]> {
  // One page is looked at as it is; the other mode opens a second one for each check.
  const { violations } = await new AxeBuilder({ page }).withTags(rules).setLegacyMode(true).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
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
  it.each(paths)('breaks no rule of access at %s, and is no wider than a telephone', async (path) => {
    const stub = await start(many.slice(0, 8));
    const page = await openPage(`${stub.url}${path}`);
    expect(await faultsOf(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 390, height: 800 });
    expect(await faultsOf(page)).toEqual([]);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  });

  it('shows everything that it has without scripts, and no button that only they could serve', async () => {
    const stub = await start();
    const page = await openPage(`${stub.url}/search?q=headline`, { javaScriptEnabled: false });
    expect(await page.locator('.results li').count()).toBe(30);
    expect(await page.locator('mark').first().textContent()).toBe('Headline');
    for (const hidden of ['.copy', '.sign', '.arrivals button', '.to-keys', '#keys']) {
      expect(await page.locator(hidden).first().isVisible(), hidden).toBe(false);
    }
    await page.locator('#search-box').fill('"Headline 7"');
    await page.getByRole('button', { name: 'Search' }).click();
    expect(await page.locator('.results .headline').allTextContents()).toEqual(['Headline 7']);
    await page.goto(`${stub.url}/status`);
    await page.getByText('In figures').first().click();
    expect(await page.locator('table').first().isVisible()).toBe(true);
  });

  it('asks nobody else for anything, and weighs less than 100 KB without pictures', async () => {
    const stub = await start();
    const context = await browser.newContext();
    cleanups.push(() => context.close());
    const page = await context.newPage();
    const loaded: { url: string; bytes: number }[] = [];
    page.on('response', async (response) => {
      const { responseBodySize, responseHeadersSize } = await response.request().sizes();
      loaded.push({ url: response.url(), bytes: responseBodySize + responseHeadersSize });
    });
    await page.goto(stub.url, { waitUntil: 'networkidle' });
    expect(loaded.filter(({ url }) => !url.startsWith(stub.url))).toEqual([]);
    expect(loaded.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(100 * 1024);
    expect(loaded.length).toBeLessThan(40);
  });
});

describe('a list that is open', () => {
  it('tells how many items came in for it, and shows them when it is asked to', async () => {
    const stub = await start();
    const page = await openPage(`${stub.url}/sections/world`);
    await page.getByRole('status').getByText('live', { exact: true }).waitFor();
    const first = page.locator('main .headline').first();
    const before = await first.boundingBox();
    stub.publish('add', makeItem(101, { section: 'Sport', sections: ['Sport'] }));
    stub.publish('add', makeItem(102));
    stub.publish('add', makeItem(103));
    const button = page.locator('.arrivals button');
    await button.getByText('Show what is new (2)').waitFor();
    expect(await first.boundingBox()).toEqual(before);
    stub.withdraw(makeItem(103));
    await button.getByText('Show what is new (1)').waitFor();
    stub.reads.list = [...many, makeItem(102)];
    await button.click();
    await page.locator('main .headline', { hasText: 'Headline 102' }).waitFor();
  });

  it('tells of what matches a search, by a subscription to the search itself', async () => {
    const stub = await start();
    const page = await openPage(`${stub.url}/search?q=headline`);
    await page.getByRole('status').getByText('live', { exact: true }).waitFor();
    expect(stub.subscriptions().map(({ filter }) => filter)).toEqual([{ q: 'headline', backfill: true }]);
    stub.publish('add', makeItem(101));
    await page.locator('.arrivals button').getByText('Show what is new (1)').waitFor();
  });

  it('tells times by their age while they are young, with the date at hand', async () => {
    const stub = await start();
    const nowMs = Date.now();
    stub.reads.list = [makeItem(1, { publishedMs: nowMs - 3 * 60_000, sortMs: nowMs - 3 * 60_000 })];
    const page = await openPage(`${stub.url}/search?q=headline`);
    const time = page.locator('main .meta time').first();
    await time.getByText('3 min ago').waitFor();
    expect(await time.getAttribute('title')).toMatch(/^\d\d\.\d\d\.\d\d \d\d:\d\d$/);
  });
});

describe('the keyboard', () => {
  const focused = (page: Page): Promise<string | null> => page.locator(':focus').textContent();

  it('goes from headline to headline, opens one, and searches', async () => {
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

  it('says which keys there are, and lets go of them for good when it is told to', async () => {
    const stub = await start();
    const page = await openPage(stub.url);
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog', { name: 'Keyboard' });
    await dialog.waitFor();
    expect(await faultsOf(page)).toEqual([]);
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

describe('an address on the page on how to subscribe', () => {
  it('is copied by its button', async () => {
    const stub = await start();
    const page = await openPage(`${stub.url}/about`, { permissions: ['clipboard-read', 'clipboard-write'] });
    const button = page.getByRole('button', { name: `Copy ${stub.url}/feed.rss`, exact: true });
    await button.click();
    await button.getByText('Copied').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(`${stub.url}/feed.rss`);
  });
});
