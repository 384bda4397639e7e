import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityFaults, useBrowser } from '../support/browser.ts';
import { type ItemServer, startItemServer } from '../support/web/item-server.ts';

const adminToken = 'a-token-of-the-operator';

const browser = useBrowser();
let server: ItemServer;
beforeAll(async () => {
  server = await startItemServer({ env: { ADMIN_TOKEN: adminToken } });
});
afterAll(() => server.close());

/** Replaces all comments by five pending ones, `a` to `e`. */
function resetComments(): void {
  server.sql('delete from comment');
  const insert = `insert into comment (id, item_id, author_name, body, state, at_ms) values (?, 1, ?, ?, 'pending', 0)`;
  for (const [index, body] of ['a', 'b', 'c', 'd', 'e'].entries())
    server.sql(insert, index + 1, `<b>${body}</b>`, body);
}

function stateOf(): Record<string, string> {
  const rows = server.sql('select body, state from comment order by id') as { body: string; state: string }[];
  return Object.fromEntries(rows.map(({ body, state }) => [body, state]));
}

async function signIn(page: Page): Promise<void> {
  await page.goto(`${server.url}/admin`);
  await page.getByLabel('Token').fill(adminToken);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Comments' }).waitFor();
  // The page script handles keys only after it has run.
  await page.waitForLoadState('load');
}

describe('a moderator', () => {
  it('can sign in, decide and sign out without scripts', async () => {
    resetComments();
    const page = await browser.newPage({ javaScriptEnabled: false });
    await page.goto(`${server.url}/admin/comments`);
    await page.getByLabel('Token').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    expect(await page.getByRole('alert').textContent()).toContain('token is wrong');
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

  it('can decide with the keyboard alone', async () => {
    resetComments();
    const page = await browser.newPage({});
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

  it('does not decide by keys that are turned off or typed into a field', async () => {
    resetComments();
    const page = await browser.newPage({});
    await signIn(page);
    await page.keyboard.press('j');
    await page.locator('#search-box').focus();
    await page.keyboard.type('as');
    await page.getByRole('button', { name: 'Keyboard' }).click();
    await page.keyboard.press('a');
    await page.locator('#keyboard-enabled').uncheck();
    await page.keyboard.press('Escape');
    await page.locator('#comment-5').focus();
    for (const key of ['a', 'r', 's', 'x']) await page.keyboard.press(key);
    await page.reload();
    expect(Object.values(stateOf())).toEqual(Array(5).fill('pending'));
  });

  it('cannot be made to decide by a form on another site', async () => {
    resetComments();
    const page = await browser.newPage({});
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

describe('the admin pages', () => {
  it.each<[string, BrowserContextOptions]>([
    ['on a desktop screen', { viewport: { width: 1280, height: 800 } }],
    ['on a phone in dark mode', { viewport: { width: 390, height: 800 }, colorScheme: 'dark' }],
  ])('break no accessibility rule %s', async (_, options) => {
    resetComments();
    const page = await browser.newPage(options);
    await page.goto(`${server.url}/admin`);
    expect(await accessibilityFaults(page)).toEqual([]);
    await signIn(page);
    await page.getByRole('button', { name: 'Approve: comment 1' }).click();
    await page.getByRole('status').getByText('approved').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.goto(`${server.url}/admin/comments?state=all`);
    expect(await accessibilityFaults(page)).toEqual([]);
  });
});
