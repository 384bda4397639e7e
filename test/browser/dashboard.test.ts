import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityFaults, useBrowser } from '../support/browser.ts';
import { type Entry, rssDocument } from '../support/documents.ts';
import { makeDue } from '../support/make-due.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { type Home, makeHome, runCommand, type ServerProcess, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const file = fileURLToPath(new URL('../../examples/dashboard.html', import.meta.url));
const browser = useBrowser();

/** A server with one source, and the dashboard on an origin of its own. */
interface Setup {
  readonly origin: Origin;
  readonly home: Home;
  readonly server: ServerProcess;
  /** Address of the dashboard, with the server as parameter. */
  readonly dashboardUrl: string;
  publish(...names: string[]): Promise<void>;
  close(): Promise<void>;
}

function entry(name: string): Entry {
  return {
    guid: name,
    title: `Report on ${name}`,
    link: `https://www.example.org/${name}`,
    text: `All about ${name}.`,
  };
}

async function startSetup(allowedOrigins?: string): Promise<Setup> {
  const origin = await startOrigin();
  const serve = (names: readonly string[]) => {
    const channel = { title: 'Example Wire', link: 'https://www.example.org/' };
    const body = rssDocument(channel, names.map(entry));
    origin.on('/rss.xml', { headers: { 'content-type': 'application/rss+xml' }, body });
  };
  serve(['quay']);
  origin.on('/dashboard', { headers: { 'content-type': 'text/html' }, body: readFileSync(file) });
  const home = makeHome(`sources:\n  - { url: "${origin.url}/rss.xml", id: wire, section: World }\n`);
  const server = await startServer(home, { ALLOWED_ORIGINS: allowedOrigins ?? origin.url });
  await until('the first poll', async () => (await (await fetch(`${server.url}/api/items`)).text()).includes('quay'));
  return {
    origin,
    home,
    server,
    dashboardUrl: `${origin.url}/dashboard?server=${server.url}`,
    async publish(...names) {
      serve(names);
      await makeDue(home, 'wire');
    },
    async close() {
      await server.end('SIGKILL');
      await origin.close();
      home.remove();
    },
  };
}

const live = (page: Page) => page.getByRole('status').getByText('live', { exact: true }).waitFor();
const titles = (page: Page) => page.locator('#news a').allTextContents();

describe('the example dashboard with a running server', () => {
  let setup: Setup;
  beforeAll(async () => {
    setup = await startSetup();
  });
  afterAll(() => setup.close());

  it('starts from a snapshot when the server does not know its stored cursor', async () => {
    const page = await browser.newPage();
    await page.goto(setup.dashboardUrl);
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

  it('shows the reason when the server rejects its origin', async () => {
    const other = await startOrigin();
    browser.afterTest(() => other.close());
    other.on('/dashboard', { headers: { 'content-type': 'text/html' }, body: readFileSync(file) });
    const page = await browser.newPage();
    await page.goto(`${other.url}/dashboard?server=${setup.server.url}`);
    await page.getByRole('status').getByText(`is ${other.url} listed in ALLOWED_ORIGINS?`).waitFor();
  });

  it.each([
    ['light', 1280],
    ['dark', 390],
  ] as const)('breaks no accessibility rule in %s mode at %i px', async (colorScheme, width) => {
    const page = await browser.newPage({ colorScheme, viewport: { width, height: 800 } });
    await page.goto(setup.dashboardUrl);
    await live(page);
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  // The last test of the group: it adds an item, withdraws it, and changes what the others would see.
  it('shows stored items, and new ones while it is open', async () => {
    const page = await browser.newPage();
    await page.goto(setup.dashboardUrl);
    await live(page);
    expect(await titles(page)).toEqual(['Report on quay']);
    await setup.publish('ferry', 'quay');
    await page.getByRole('link', { name: 'Report on ferry' }).waitFor();
    expect(await titles(page)).toEqual(['Report on ferry', 'Report on quay']);
    expect(await page.locator('#hour').textContent()).toBe('2');
    expect(await page.locator('#sections button').allTextContents()).toEqual(['All 2', 'World 2']);

    const { items } = (await (await fetch(`${setup.server.url}/api/items`)).json()) as { items: { id: number }[] };
    await runCommand(setup.home, ['withdraw', String(items[0]?.id)]);
    await page.getByRole('link', { name: 'Report on ferry' }).waitFor({ state: 'detached' });
  });
});

describe('the example dashboard', () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  const start = async (allowedOrigins?: string): Promise<Setup> => {
    const setup = await startSetup(allowedOrigins);
    cleanups.push(() => setup.close());
    return setup;
  };

  it('resumes from its cursor after a reload and after a restart of the server', async () => {
    const setup = await start();
    const page = await browser.newPage();
    const snapshots: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/api/items')) snapshots.push(request.url());
    });
    await page.goto(setup.dashboardUrl);
    await live(page);
    await page.goto('about:blank');
    await setup.publish('ferry', 'quay');
    await until('the item', async () =>
      (await (await fetch(`${setup.server.url}/api/items`)).text()).includes('ferry'),
    );
    snapshots.length = 0;
    await page.goto(setup.dashboardUrl);
    await page.getByRole('link', { name: 'Report on ferry' }).waitFor();
    await live(page);
    expect(await titles(page)).toEqual(['Report on ferry', 'Report on quay']);
    // The missed item came from the log: no snapshot was read.
    expect(snapshots).toEqual([]);

    await setup.server.end('SIGTERM');
    await page.getByRole('status').getByText('reconnecting').waitFor();
    const restarted = await startServer(setup.home, {
      ALLOWED_ORIGINS: setup.origin.url,
      PORT: new URL(setup.server.url).port,
    });
    cleanups.push(() => restarted.end('SIGKILL'));
    await live(page);
    await setup.publish('bridge', 'ferry', 'quay');
    await page.getByRole('link', { name: 'Report on bridge' }).waitFor();
    expect(await titles(page)).toEqual(['Report on bridge', 'Report on ferry', 'Report on quay']);
  });

  it('works from a local file when the server allows pages without an origin', async () => {
    const setup = await start('*');
    const page = await browser.newPage();
    await page.goto(`file://${file}?server=${setup.server.url}&section=world`);
    await live(page);
    expect(await titles(page)).toEqual(['Report on quay']);
  });
});
