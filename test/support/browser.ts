import { existsSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import sparticuz from '@sparticuz/chromium';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';

// The default arguments of the packed Chromium turn web security off. Tests of Origin, CORS and CSP would prove nothing.
const insecureArgs =
  /^--(disable-web-security|single-process|no-zygote|allow-running-insecure-content|disable-site-isolation-trials|disable-features=)/;
const quietArgs = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];
const installedBrowsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const accessibilityTags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Launches a Chromium with web security on: an installed one, else the one of the npm package. */
async function launchBrowser(): Promise<Browser> {
  const installed = installedBrowsers.find((file) => existsSync(file));
  if (installed !== undefined) {
    return chromium.launch({
      executablePath: installed,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', ...quietArgs],
    });
  }
  const args = sparticuz.args.filter((arg) => !insecureArgs.test(arg));
  return chromium.launch({
    executablePath: await sparticuz.executablePath(),
    args: [...args, ...quietArgs],
    headless: true,
  });
}

/** The browser of a test file. */
export interface TestBrowser {
  /** A page in a context of its own: no cookie or storage is shared with other pages. It is closed after the test. */
  newPage(options?: BrowserContextOptions): Promise<Page>;
  /** Runs after the test, before functions that were added earlier. */
  afterTest(cleanup: () => unknown): void;
}

/** Launches one browser for all tests of the calling file. */
export function useBrowser(): TestBrowser {
  let browser: Browser | null = null;
  const cleanups: (() => unknown)[] = [];
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  return {
    async newPage(options = {}) {
      if (browser === null) throw new Error('the browser is launched before the first test, not earlier');
      const context = await browser.newContext(options);
      cleanups.push(() => context.close());
      return context.newPage();
    },
    afterTest: (cleanup) => cleanups.push(cleanup),
  };
}

/** The violations of WCAG 2.2 AA and of best practices that axe finds on a page, and horizontal scrolling. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // Legacy mode analyses the page itself. The other mode opens a second page for each run.
  const axe = new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).withTags(accessibilityTags);
  const { violations } = await axe.setLegacyMode(true).analyze();
  const excessPx = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  const faults = violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  return excessPx > 0 ? [...faults, `the page is ${excessPx} px wider than its window`] : faults;
}
