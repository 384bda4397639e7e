import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { type Entry, rssDocument } from '../support/documents.ts';
import { makeDue } from '../support/make-due.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { type Home, makeHome, runCommand, type ServerProcess, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const file = fileURLToPath(new URL('../../examples/dashboard.html', import.meta.url));

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Desk {
  readonly origin: Origin;
  readonly home: Home;
  readonly server: ServerProcess;
  /** Where the dashboard stands, on another origin than the server's. */
  readonly place: string;
  publish(...names: string[]): Promise<void>;
  open(options?: BrowserContextOptions): Promise<Page>;
}

function entry(name: string): Entry {
  return {
    guid: name,
    title: `Report on ${name}`,
    link: `https://www.example.org/${name}`,
    text: `All about ${name}.`,
  };
}

/** A server with one source that was read once, and the file on an origin of its own. */
async function openDesk(env: Record<string, string> = {}): Promise<Desk> {
  const origin = await startOrigin();
  cleanups.push(() => origin.close());
  const set = (names: readonly string[]) => {
    const channel = { title: 'Example Wire', link: 'https://www.example.org/' };
    const body = rssDocument(channel, names.map(entry));
    origin.on('/rss.xml', { headers: { 'content-type': 'application/rss+xml' }, body });
  };
  set(['quay']);
  origin.on('/desk', { headers: { 'content-type': 'text/html' }, body: readFileSync(file) });
  const home = makeHome(`sources:\n  - { url: "${origin.url}/rss.xml", id: wire, section: World }\n`);
  cleanups.push(() => home.remove());
  const server = await startServer(home, { ALLOWED_ORIGINS: origin.url, ...env });
  cleanups.push(() => server.end('SIGKILL'));
  await until('the first read', async () => (await (await fetch(`${server.url}/api/items`)).text()).includes('quay'));
  return {
    origin,
    home,
    server,
    place: `${origin.url}/desk?server=${server.url}`,
    async publish(...names) {
      set(names);
      await makeDue(home, 'wire');
    },
    async open(options = {}) {
      const context = await browser.newContext(options);
      cleanups.push(() => context.close());
      return context.newPage();
    },
  };
}

const live = (page: Page) => page.getByRole('status').getByText('live', { exact: true }).waitFor();
const titles = (page: Page) => page.locator('#news a').allTextContents();

describe('the example dashboard', () => {
  it('shows what there is, and what arrives while it is open', async () => {
    const desk = await openDesk();
    const page = await desk.open();
    await page.goto(desk.place);
    await live(page);
    expect(await titles(page)).toEqual(['Report on quay']);
    await desk.publish('ferry', 'quay');
    await page.getByRole('link', { name: 'Report on ferry' }).waitFor();
    expect(await titles(page)).toEqual(['Report on ferry', 'Report on quay']);
    expect(await page.locator('#hour').textContent()).toBe('2');
    expect(await page.locator('#sections button').allTextContents()).toEqual(['All 2', 'World 2']);

    const { items } = (await (await fetch(`${desk.server.url}/api/items`)).json()) as { items: { id: number }[] };
    await runCommand(desk.home, ['withdraw', String(items[0]?.id)]);
    await page.getByRole('link', { name: 'Report on ferry' }).waitFor({ state: 'detached' });
  });

  it('goes on where it was after a reload and after the server was away', async () => {
    const desk = await openDesk();
    const page = await desk.open();
    await page.goto(desk.place);
    await live(page);
    await page.goto('about:blank');
    await desk.publish('ferry', 'quay');
    await until('the item', async () => (await (await fetch(`${desk.server.url}/api/items`)).text()).includes('ferry'));
    const asked = page.waitForRequest(/\/api\/items/, { timeout: 2000 }).then(
      () => true,
      () => false,
    );
    await page.goto(desk.place);
    await page.getByRole('link', { name: 'Report on ferry' }).waitFor();
    expect(await titles(page)).toEqual(['Report on ferry', 'Report on quay']);
    // The log told what was missed: no snapshot was needed.
    expect(await asked).toBe(false);

    await desk.server.end('SIGTERM');
    await page.getByRole('status').getByText('reconnecting').waitFor();
    const again = await startServer(desk.home, {
      ALLOWED_ORIGINS: desk.origin.url,
      PORT: new URL(desk.server.url).port,
    });
    cleanups.push(() => again.end('SIGKILL'));
    await live(page);
    await desk.publish('bridge', 'ferry', 'quay');
    await page.getByRole('link', { name: 'Report on bridge' }).waitFor();
    expect(await titles(page)).toEqual(['Report on bridge', 'Report on ferry', 'Report on quay']);
  });

  it('begins anew with a snapshot when its place means nothing to the server', async () => {
    const desk = await openDesk();
    const page = await desk.open();
    await page.goto(desk.place);
    await live(page);
    await page.evaluate(() => {
      const name = localStorage.key(0) ?? '';
      const stale = {
        epoch: 'gone',
        last: 5,
        items: [{ id: 900, title: 'Stale', section: 'Old', source: 'x', summary: '', at: '' }],
      };
      localStorage.setItem(name, JSON.stringify(stale));
    });
    await page.reload();
    await page.getByRole('link', { name: 'Report on quay' }).waitFor();
    expect(await titles(page)).toEqual(['Report on quay']);
  });

  it('works from the disk once the server lets in pages without an origin', async () => {
    const desk = await openDesk({ ALLOWED_ORIGINS: '*' });
    const page = await desk.open();
    await page.goto(`file://${file}?server=${desk.server.url}&section=world`);
    await live(page);
    expect(await titles(page)).toEqual(['Report on quay']);
  });

  it('says what to look at when it is not let in', async () => {
    const desk = await openDesk({ ALLOWED_ORIGINS: 'https://other.example.org' });
    const page = await desk.open();
    await page.goto(desk.place);
    await page.getByRole('status').getByText(`does ALLOWED_ORIGINS name ${desk.origin.url}?`).waitFor();
  });

  it.each([
    ['light', 1280],
    ['dark', 390],
  ] as const)('is fit for everybody: %s, %i pixels wide', async (colorScheme, width) => {
    const desk = await openDesk();
    const page = await desk.open({ colorScheme, viewport: { width, height: 800 } });
    await page.goto(desk.place);
    await live(page);
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const { violations } = await new AxeBuilder({ page }).withTags(tags).setLegacyMode(true).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  });
});
