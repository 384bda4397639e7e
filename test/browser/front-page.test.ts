import { describe, expect, it } from 'vitest';
import { useBrowser } from '../support/browser.ts';
import { rssDocument } from '../support/documents.ts';
import { makeDue } from '../support/make-due.ts';
import { startOrigin } from '../support/origin.ts';
import { makeHome, startServer } from '../support/server.ts';

const browser = useBrowser();

describe('the front page', () => {
  it('shows an item that was published after it was opened, without a reload', async () => {
    const origin = await startOrigin();
    browser.afterTest(() => origin.close());
    const channel = { title: 'Example Wire', link: 'https://www.example.org/' };
    const old = { guid: '1', title: 'Already there', link: 'https://www.example.org/1', text: 'Old text.' };
    const fresh = {
      guid: '2',
      title: 'Arrived while "reading" & waiting',
      link: 'https://www.example.org/2',
      text: 'New text.',
    };
    origin.on('/rss.xml', { headers: { 'content-type': 'text/xml' }, body: rssDocument(channel, [old]) });
    const home = makeHome(`sources:\n  - { url: "${origin.url}/rss.xml", id: wire, section: World }\n`);
    browser.afterTest(() => home.remove());
    const server = await startServer(home);
    browser.afterTest(() => server.end('SIGKILL'));

    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    page.on('pageerror', (error) => errors.push(error.message));
    let loads = 0;
    page.on('load', () => {
      loads += 1;
    });
    await page.goto(server.url);
    await page.getByText(old.title).first().waitFor();

    origin.on('/rss.xml', { headers: { 'content-type': 'text/xml' }, body: rssDocument(channel, [fresh, old]) });
    await makeDue(home, 'wire');
    const feed = page.getByRole('complementary', { name: 'News feed' });
    await feed.getByText(fresh.title).waitFor({ timeout: 20_000 });
    expect(loads).toBe(1);
    expect(errors).toEqual([]);

    await feed.getByText(fresh.title).click();
    await page.getByRole('heading', { level: 1, name: fresh.title }).waitFor();
    expect(await page.textContent('body')).toContain('New text.');
  });
});
