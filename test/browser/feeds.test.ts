import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { type StubLiveServer, startStubLiveServer } from '../support/web/stub-live-server.ts';
import { makeItem } from '../support/web/test-app.ts';

const assetsDir = fileURLToPath(new URL('../../dist/public', import.meta.url));
const hostile = '<script>document.title="run"</script><b>Bold</b>';

/** What of the document is shown. */
interface Look {
  readonly note: string;
  readonly names: readonly string[];
  readonly scripts: number;
}

// As text: it runs in the browser, whose names this program does not know.
const lookAround = `({
  note: getComputedStyle(document.documentElement, '::before').content,
  names: [...document.querySelectorAll('*')]
    .filter((element) => getComputedStyle(element).display !== 'none')
    .map(({ localName }) => localName),
  scripts: document.scripts.length,
})`;

let browser: Browser;
let stub: StubLiveServer;
beforeAll(async () => {
  browser = await launchBrowser();
  const items = [1, 2, 3].map((id) => makeItem(id, { title: `Headline ${id} ${hostile}`, contentHtml: '<p>Text</p>' }));
  stub = await startStubLiveServer(items, assetsDir);
});
afterAll(async () => {
  await browser.close();
  await stub.close();
});

describe('an output feed that is opened in a browser', () => {
  it.each(['/feed.rss', '/feed.atom', '/opml.xml'])('is shown to read, and nothing of %s runs', async (path) => {
    const page = await browser.newPage();
    const refused: string[] = [];
    page.on('console', (message) => refused.push(message.text()));
    await page.goto(`${stub.url}${path}`);
    const look = await page.evaluate<Look>(lookAround);
    expect(look.note).toMatch(/This is (a feed|the list of our sources)/);
    expect(look.names).toContain(path === '/opml.xml' ? 'outline' : 'title');
    expect(look.names).not.toContain('encoded');
    expect(look.names).not.toContain('guid');
    expect(look.scripts).toBe(0);
    expect(refused).toEqual([]);
    await page.close();
  });
});
