import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { useBrowser } from '../support/browser.ts';
import { rssDocument } from '../support/documents.ts';
import { makeDue } from '../support/make-due.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { type Home, makeHome, startServer } from '../support/server.ts';

const browser = useBrowser();

const channel = { title: 'Example Wire', link: 'https://www.example.org/' };
const story = (n: number) => ({
  guid: `${n}`,
  title: `Story ${n}`,
  link: `https://www.example.org/${n}`,
  text: 'Text.',
});

/** Publishes the stories 1 to `upTo`, newest first, and makes the source due for a poll. */
async function publish(origin: Origin, home: Home, upTo: number): Promise<void> {
  const stories = Array.from({ length: upTo }, (_, index) => story(upTo - index));
  origin.on('/rss.xml', { headers: { 'content-type': 'text/xml' }, body: rssDocument(channel, stories) });
  await makeDue(home, 'wire');
}

function headlines(page: Page): Promise<string[]> {
  return page.locator('.news-feed-list a').allTextContents();
}

describe('a page that is open while the server restarts', () => {
  it('shows the interruption, reconnects and misses no item', async () => {
    const origin = await startOrigin();
    browser.afterTest(() => origin.close());
    const home = makeHome(`sources:\n  - { url: "${origin.url}/rss.xml", id: wire, section: World }\n`);
    browser.afterTest(() => home.remove());
    origin.on('/rss.xml', { headers: { 'content-type': 'text/xml' }, body: rssDocument(channel, [story(1)]) });
    const first = await startServer(home);
    browser.afterTest(() => first.end('SIGKILL'));

    const pages = [await browser.newPage(), await browser.newPage()];
    for (const page of pages) {
      await page.goto(first.url);
      await page.locator('.news-feed-list').getByText('Story 1').waitFor();
      await page.getByRole('status').getByText('live', { exact: true }).waitFor();
    }
    await publish(origin, home, 2);
    for (const page of pages) await page.locator('.news-feed-list').getByText('Story 2').waitFor({ timeout: 20_000 });

    await first.end('SIGKILL');
    for (const page of pages) await page.getByRole('status').getByText('reconnecting').waitFor();
    await publish(origin, home, 4);
    const second = await startServer(home, { PORT: new URL(first.url).port });
    browser.afterTest(() => second.end('SIGKILL'));
    await publish(origin, home, 6);
    for (const page of pages) {
      await page.locator('.news-feed-list').getByText('Story 6').waitFor({ timeout: 30_000 });
      await page.locator('.news-feed-list').getByText('Story 3').waitFor({ timeout: 30_000 });
      await page.getByRole('status').getByText('live', { exact: true }).waitFor({ timeout: 30_000 });
      const shown = await headlines(page);
      expect(shown.toSorted()).toEqual(['Story 1', 'Story 2', 'Story 3', 'Story 4', 'Story 5', 'Story 6']);
      await page.reload();
      expect(await headlines(page)).toEqual(shown);
    }
  });
});
