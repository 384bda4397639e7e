import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { type ItemServer, startItemServer } from '../support/web/item-server.ts';

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const adminToken = 'a-token-of-the-operator';

let browser: Browser;
let server: ItemServer;
beforeAll(async () => {
  browser = await launchBrowser();
  server = await startItemServer({ env: { ADMIN_TOKEN: adminToken } });
});
afterAll(async () => {
  await server.close();
  await browser.close();
});

/** Comments that wait, `a` to `e`; what was there before is gone. */
function fill(): void {
  server.sql('delete from comment');
  const insert = `insert into comment (id, item_id, author_name, body, state, at_ms) values (?, 1, ?, ?, 'pending', 0)`;
  for (const [index, body] of ['a', 'b', 'c', 'd', 'e'].entries())
    server.sql(insert, index + 1, `<b>${body}</b>`, body);
}

function stateOf(): Record<string, string> {
  const rows = server.sql('select body, state from comment order by id') as { body: string; state: string }[];
  return Object.fromEntries(rows.map(({ body, state }) => [body, state]));
}

async function withPage(options: BrowserContextOptions, work: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext(options);
  try {
    await work(await context.newPage());
  } finally {
    await context.close();
  }
}

async function signIn(page: Page): Promise<void> {
  await page.goto(`${server.url}/admin`);
  await page.getByLabel('Token').fill(adminToken);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Comments' }).waitFor();
  // The page's own script has run by then: keys pressed before it are nobody's.
  await page.waitForLoadState('load');
}

async function faultsOf(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(rules).setLegacyMode(true).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

describe('a moderator', () => {
  it('signs in, decides and signs out without scripts', async () => {
    fill();
    await withPage({ javaScriptEnabled: false }, async (page) => {
      await page.goto(`${server.url}/admin/comments`);
      await page.getByLabel('Token').fill('wrong');
      await page.getByRole('button', { name: 'Sign in' }).click();
      expect(await page.getByRole('alert').textContent()).toContain('not the token');
      await signIn(page);
      await page.getByLabel('Select comment 1', { exact: true }).check();
      await page.getByLabel('Select comment 2', { exact: true }).check();
      await page.getByRole('button', { name: 'Approve', exact: true }).click();
      expect(await page.getByRole('status').textContent()).toContain('2 comments approved.');
      await page.getByRole('button', { name: 'Spam: comment 3' }).click();
      expect(stateOf()).toEqual({ a: 'approved', b: 'approved', c: 'spam', d: 'pending', e: 'pending' });
      await page.locator('#undo-last').click();
      expect(stateOf()).toMatchObject({ c: 'pending' });
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.goto(`${server.url}/admin/comments`);
      expect(await page.getByLabel('Token').isVisible()).toBe(true);
    });
  });

  it('decides by the keyboard alone', async () => {
    fill();
    await withPage({}, async (page) => {
      await signIn(page);
      const decided = async (key: string): Promise<void> => {
        await Promise.all([page.waitForEvent('load'), page.keyboard.press(key)]);
      };
      await page.keyboard.press('j');
      expect(await page.locator(':focus').getAttribute('id')).toBe('comment-5');
      await page.keyboard.press('j');
      await decided('a');
      expect(stateOf()).toEqual({ a: 'pending', b: 'pending', c: 'pending', d: 'approved', e: 'pending' });
      expect(await page.locator(':focus').getAttribute('id')).toBe('comment-3');
      await page.keyboard.press('x');
      await page.keyboard.press('j');
      await page.keyboard.press('x');
      await decided('r');
      expect(stateOf()).toMatchObject({ b: 'rejected', c: 'rejected' });
      await decided('u');
      expect(stateOf()).toMatchObject({ b: 'pending', c: 'pending', d: 'approved' });
      await page.keyboard.press('k');
      await decided('s');
      expect(Object.values(stateOf()).filter((state) => state === 'spam')).toHaveLength(1);
    });
  });

  it('decides nothing by single keys that were switched off, or while something is typed', async () => {
    fill();
    await withPage({}, async (page) => {
      await signIn(page);
      await page.keyboard.press('j');
      await page.locator('#search-box').focus();
      await page.keyboard.type('as');
      await page.getByRole('button', { name: 'Keyboard' }).click();
      await page.keyboard.press('a');
      await page.locator('#keys-on').uncheck();
      await page.keyboard.press('Escape');
      await page.locator('#comment-5').focus();
      for (const key of ['a', 'r', 's', 'x']) await page.keyboard.press(key);
      await page.reload();
      expect(Object.values(stateOf())).toEqual(Array(5).fill('pending'));
    });
  });

  it('cannot be made to decide by another site that knows the addresses', async () => {
    fill();
    await withPage({}, async (page) => {
      await signIn(page);
      const evil = await page.context().newPage();
      const from = server.url.replace('127.0.0.1', 'localhost');
      await evil.route(`${from}/evil`, (route) =>
        route.fulfill({
          contentType: 'text/html',
          body: `<img src="${server.url}/admin/comments?one=approve+1"><form method="post" action="${server.url}/admin/comments"><input name="one" value="approve 1"><button>Go</button></form>`,
        }),
      );
      await evil.goto(`${from}/evil`);
      const answer = evil.waitForResponse((response) => response.request().method() === 'POST');
      await evil.getByRole('button').click();
      expect((await answer).status()).toBe(403);
      expect(Object.values(stateOf())).toEqual(Array(5).fill('pending'));
    });
  });
});

describe('the pages of moderators', () => {
  it.each<[string, BrowserContextOptions]>([
    ['on a desk', { viewport: { width: 1280, height: 800 } }],
    ['on a telephone in the dark', { viewport: { width: 390, height: 800 }, colorScheme: 'dark' }],
  ])('break no rule of access %s', async (_, options) => {
    fill();
    await withPage(options, async (page) => {
      await page.goto(`${server.url}/admin`);
      expect(await faultsOf(page)).toEqual([]);
      await signIn(page);
      await page.getByRole('button', { name: 'Approve: comment 1' }).click();
      await page.getByRole('status').getByText('approved').waitFor();
      expect(await faultsOf(page)).toEqual([]);
      expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
      await page.goto(`${server.url}/admin/comments?state=all`);
      expect(await faultsOf(page)).toEqual([]);
    });
  });
});
