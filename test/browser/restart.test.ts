import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { rssDocument } from '../support/documents.ts';
import { makeDue } from '../support/make-due.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { type Home, makeHome, startServer } from '../support/server.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const channel = { title: 'Example Wire', link: 'https://www.example.org/' };
const story = (n: number) => ({
  guid: `${n}`,
  title: `Story ${n}`,
  link: `https://www.example.org/${n}`,
  text: 'Text.',
});

/** Publishes stories up to a number, the newest first, and has them read. */
async function publish(origin: Origin, home: Home, upTo: number): Promise<void> {
  const stories = Array.from({ length: upTo }, (_, index) => story(upTo - index));
  origin.on('/rss.xml', { headers: { 'content-type': 'text/xml' }, body: rssDocument(channel, stories) });
  await makeDue(home, 'wire');
}

function headlines(page: Page): Promise<string[]> {
  return page.locator('.wire a').allTextContents();
}

describe('pages that stay open while the server is restarted', () => {
  it('say so, come back by themselves, and have missed nothing', async () => {
    const origin = await startOrigin();
    cleanups.push(() => origin.close());
    const home = makeHome(`sources:\n  - { url: "${origin.url}/rss.xml", id: wire, section: World }\n`);
    cleanups.push(() => home.remove());
    origin.on('/rss.xml', { headers: { 'content-type': 'text/xml' }, body: rssDocument(channel, [story(1)]) });
    const first = await startServer(home);
    cleanups.push(() => first.end('SIGKILL'));

    const pages = [await browser.newPage(), await browser.newPage()];
    for (const page of pages) {
      cleanups.push(() => page.close());
      await page.goto(first.url);
      await page.locator('.wire').getByText('Story 1').waitFor();
      await page.getByRole('status').getByText('live', { exact: true }).waitFor();
    }
    await publish(origin, home, 2);
    for (const page of pages) await page.locator('.wire').getByText('Story 2').waitFor({ timeout: 20_000 });

    await first.end('SIGKILL');
    for (const page of pages) await page.getByRole('status').getByText('reconnecting').waitFor();
    await publish(origin, home, 4);
    const second = await startServer(home, { PORT: new URL(first.url).port });
    cleanups.push(() => second.end('SIGKILL'));
    await publish(origin, home, 6);
    for (const page of pages) {
      await page.locator('.wire').getByText('Story 6').waitFor({ timeout: 30_000 });
      await page.locator('.wire').getByText('Story 3').waitFor({ timeout: 30_000 });
      await page.getByRole('status').getByText('live', { exact: true }).waitFor({ timeout: 30_000 });
      const shown = await headlines(page);
      expect(shown.toSorted()).toEqual(['Story 1', 'Story 2', 'Story 3', 'Story 4', 'Story 5', 'Story 6']);
      await page.reload();
      expect(await headlines(page)).toEqual(shown);
    }
  });
});
