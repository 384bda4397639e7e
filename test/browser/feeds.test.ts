import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useBrowser } from '../support/browser.ts';
import { anItem } from '../support/builders.ts';
import { type StubLiveServer, startStubLiveServer } from '../support/web/stub-live-server.ts';

const assetsDir = fileURLToPath(new URL('../../dist/public', import.meta.url));
const hostile = '<script>document.title="run"</script><b>Bold</b>';

/** What the browser displays of the document. */
interface Look {
  readonly note: string;
  readonly names: readonly string[];
  readonly scripts: number;
}

// A string, because test files are checked without the types of the browser.
const lookAround = `({
  note: getComputedStyle(document.documentElement, '::before').content,
  names: [...document.querySelectorAll('*')]
    .filter((element) => getComputedStyle(element).display !== 'none')
    .map(({ localName }) => localName),
  scripts: document.scripts.length,
})`;

const browser = useBrowser();
let stub: StubLiveServer;
beforeAll(async () => {
  const items = [1, 2, 3].map((id) => anItem(id, { title: `Headline ${id} ${hostile}`, contentHtml: '<p>Text</p>' }));
  stub = await startStubLiveServer(items, assetsDir);
});
afterAll(() => stub.close());

describe('an output feed opened in a browser', () => {
  it.each(['/feed.rss', '/feed.atom', '/opml.xml'])('is readable at %s and runs no script', async (path) => {
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
  });
});
