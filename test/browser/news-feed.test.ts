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

interface Opened {
  readonly page: Page;
  readonly stub: StubLiveServer;
  /** Headlines of the News feed, top first. */
  titles(): Promise<string[]>;
}

async function open(items: readonly Item[] = many, path = '/'): Promise<Opened> {
  const stub = await startStubLiveServer(items, assetsDir);
  cleanups.push(() => stub.close());
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  cleanups.push(() => page.close());
  await page.goto(`${stub.url}${path}`);
  await page.getByRole('status').getByText('live', { exact: true }).waitFor();
  return { page, stub, titles: () => page.locator('.wire a').allTextContents() };
}

describe('the News feed of an open page', () => {
  it('puts a new item on top, its headline as text whatever it looks like', async () => {
    const { page, stub, titles } = await open();
    const title = '<img src=x onerror="document.title=1"> & more';
    stub.publish('add', makeItem(99, { title, source: { ...many[0]!.source, title: '<b>Bold</b>' } }));
    await page.locator('.wire').getByText(title).waitFor();
    expect((await titles())[0]).toBe(title);
    expect(await page.locator('.wire li').first().locator('.source').textContent()).toBe('<b>Bold</b>');
    expect(await page.locator('.wire img, .wire b').count()).toBe(0);
  });

  it('sorts what comes late to where a reload would show it', async () => {
    const { page, stub, titles } = await open([makeItem(10), makeItem(30)]);
    stub.publish('add', makeItem(20, { backfill: true }));
    await page.locator('.wire').getByText('Headline 20').waitFor();
    const live = await titles();
    expect(live).toEqual(['Headline 30', 'Headline 20', 'Headline 10']);
    stub.reads.list = [10, 20, 30].map((id) => makeItem(id));
    await page.reload();
    expect(await titles()).toEqual(live);
  });

  it('corrects a headline where it stands and takes away what was withdrawn', async () => {
    const { page, stub, titles } = await open([1, 2, 3].map((id) => makeItem(id)));
    stub.publish('update', makeItem(2, { title: 'Corrected' }));
    await page.locator('.wire').getByText('Corrected').waitFor();
    expect(await titles()).toEqual(['Headline 3', 'Corrected', 'Headline 1']);
    stub.withdraw(makeItem(3));
    await page.locator('.wire').getByText('Headline 3').waitFor({ state: 'detached' });
    expect(await titles()).toEqual(['Corrected', 'Headline 1']);
  });

  it('never grows beyond its most lines: the oldest go', async () => {
    const { page, stub, titles } = await open();
    for (let id = 101; id <= 130; id += 1) stub.publish('add', makeItem(id));
    await page.locator('.wire').getByText('Headline 130').waitFor();
    const shown = await titles();
    expect(shown).toHaveLength(60);
    expect(shown.at(-1)).toBe('Headline 11');
  });

  it('keeps the line under the pointer where it is, and shows what waits once the pointer leaves', async () => {
    const { page, stub } = await open();
    const line = page.locator('.wire li', { hasText: 'Headline 38' });
    await line.hover();
    const before = await line.boundingBox();
    stub.publish('add', makeItem(101));
    stub.publish('add', makeItem(102));
    await page.getByRole('button', { name: '2 new items' }).waitFor();
    expect(Math.abs(((await line.boundingBox())?.y ?? 0) - (before?.y ?? 0))).toBeLessThan(1);
    await page.mouse.move(10, 10);
    await page.getByRole('button', { name: '2 new items' }).waitFor({ state: 'hidden' });
    expect(await page.locator('.wire').evaluate((list) => list.scrollTop)).toBe(0);
  });

  it('leaves a reader who has scrolled alone until the button is pressed', async () => {
    const { page, stub } = await open();
    await page.locator('.wire').evaluate((list) => list.scrollTo(0, 500));
    const line = page.locator('.wire li', { hasText: 'Headline 30' });
    const before = await line.boundingBox();
    stub.publish('add', makeItem(101));
    const button = page.getByRole('button', { name: '1 new item' });
    await button.waitFor();
    expect(Math.abs(((await line.boundingBox())?.y ?? 0) - (before?.y ?? 0))).toBeLessThan(1);
    await button.click();
    expect(await page.locator('.wire li').first().isVisible()).toBe(true);
    expect(await page.locator('.wire').evaluate((list) => list.scrollTop)).toBe(0);
  });

  it('says when it is cut off, and is live again by itself', async () => {
    const { page, stub, titles } = await open();
    stub.drop();
    await page.getByRole('status').getByText('reconnecting').waitFor();
    await page.getByRole('status').getByText('live', { exact: true }).waitFor();
    stub.publish('add', makeItem(101));
    await page.locator('.wire').getByText('Headline 101').waitFor();
    expect((await titles())[0]).toBe('Headline 101');
  });

  it('tells the age of what is new and the date of what is older', async () => {
    const { page, stub } = await open();
    const nowMs = await page.evaluate(() => Date.now());
    stub.publish('add', makeItem(101, { publishedMs: nowMs - 5 * 60_000, firstSeenMs: nowMs, sortMs: nowMs }));
    await page.locator('.wire').getByText('Headline 101').waitFor();
    expect(await page.locator('.wire time').first().textContent()).toBe('5 min ago');
    expect(await page.locator('.wire time').last().textContent()).toMatch(/^\d\d\.\d\d\.\d\d \d\d:\d\d$/);
  });
});

describe('pages without scripts', () => {
  it('show everything there is, and no sign that promises more', async () => {
    const stub = await startStubLiveServer(many, assetsDir);
    cleanups.push(() => stub.close());
    const context = await browser.newContext({ javaScriptEnabled: false });
    cleanups.push(() => context.close());
    const page = await context.newPage();
    await page.goto(stub.url);
    expect(await page.locator('.wire li').count()).toBe(40);
    expect(await page.locator('.sign').isVisible()).toBe(false);
    expect(await page.locator('.fresh').isVisible()).toBe(false);
  });
});

describe('pages for everybody', () => {
  const wide = { width: 1280, height: 800 };
  const narrow = { width: 390, height: 800 };
  const few = many.slice(0, 6);

  async function openAs(options: BrowserContextOptions): Promise<{ page: Page; stub: StubLiveServer }> {
    const stub = await startStubLiveServer(few, assetsDir);
    cleanups.push(() => stub.close());
    const context = await browser.newContext(options);
    cleanups.push(() => context.close());
    return { page: await context.newPage(), stub };
  }

  /** What breaks a rule of WCAG 2.2 AA that a machine can check. */
  async function faultsOf(page: Page): Promise<string[]> {
    // One page is looked at as it is; the other mode opens a second one for each check.
    const { violations } = await new AxeBuilder({ page }).withTags(rules).setLegacyMode(true).analyze();
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  }

  it.each(['/', '/sections/world', '/items/6', '/sources', '/nope'])('break no rule of access at %s', async (path) => {
    const { page, stub } = await openAs({ viewport: wide });
    await page.goto(`${stub.url}${path}`);
    expect(await faultsOf(page)).toEqual([]);
  });

  it.each(['/', '/items/6', '/sources'])('break none in the dark and on a telephone at %s', async (path) => {
    const { page, stub } = await openAs({ viewport: narrow, colorScheme: 'dark' });
    await page.goto(`${stub.url}${path}`);
    expect(await faultsOf(page)).toEqual([]);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  });

  it('let a keyboard skip the masthead', async () => {
    const { page, stub } = await openAs({ viewport: wide });
    await page.goto(stub.url);
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').textContent()).toBe('Skip to the news');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.locator('main :focus').count()).toBe(1);
  });
});
