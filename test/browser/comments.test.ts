import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFormToken } from '../../src/web/readers/comment-form-token.ts';
import { accessibilityFaults, useBrowser } from '../support/browser.ts';
import { runCommand } from '../support/server.ts';
import { until } from '../support/until.ts';
import { type ItemServer, startItemServer } from '../support/web/item-server.ts';

const browser = useBrowser();

let server: ItemServer;
let openServer: ItemServer;
beforeAll(async () => {
  [server, openServer] = await Promise.all([startItemServer(), startItemServer({ comments: 'open' })]);
});
afterAll(() => Promise.all([server.close(), openServer.close()]));

const itemUrl = ({ url }: ItemServer) => `${url}/items/1`;

/** Removes the comments and read counts of earlier tests. */
function reset(target: ItemServer): void {
  for (const table of ['comment', 'item_count', 'counted_visit']) target.sql(`delete from ${table}`);
}

/** Opens a page in a context of its own, and collects its script errors and dialogs. */
async function openPage(
  target: ItemServer,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage(options);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('dialog', (dialog) => {
    errors.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(itemUrl(target));
  return { page, errors };
}

async function openLive(target: ItemServer): Promise<{ page: Page; errors: string[] }> {
  const opened = await openPage(target);
  await opened.page.getByText('live', { exact: true }).waitFor();
  return opened;
}

/** Replaces the token of the form by one that is ten seconds old, so that the test need not wait for its minimum age. */
async function ageForm(target: ItemServer, page: Page): Promise<void> {
  const [row] = target.sql(`select value from setting where name = 'readers-secret'`) as { value: string }[];
  const token = makeFormToken({ secret: row?.value ?? '', itemId: 1 }, Date.now() - 10_000, crypto.randomUUID());
  await page.locator('input[name=token]').evaluate((input, value) => input.setAttribute('value', value), token);
}

const textField = (page: Page) => page.getByLabel('Comment', { exact: true });
const send = (page: Page) => page.getByRole('button', { name: 'Send' }).click();

async function fill(page: Page, name: string, text: string): Promise<void> {
  await page.getByLabel('Name').fill(name);
  await textField(page).fill(text);
}

describe('a comment', () => {
  it('is held for a moderator and, once approved, appears on open pages of other readers', async () => {
    reset(server);
    const author = await openLive(server);
    const reader = await openLive(server);
    const text = '<img src=x onerror=alert(1)> & https://example.org/a';
    await fill(author.page, 'Bo <b>', text);
    // The only test that waits until the token of the page itself is old enough.
    await until('the form is old enough', async () => (await author.page.evaluate<number>('performance.now()')) > 3300);
    await send(author.page);
    await author.page.getByText('waiting for a moderator').waitFor();
    expect(await textField(author.page).inputValue()).toBe('');
    expect(await reader.page.locator('.comment-list li').count()).toBe(0);

    const [stored] = server.sql('select id from comment') as { id: number }[];
    const approved = await runCommand(server.home, ['comments', 'approve', String(stored?.id)]);
    expect(approved.stderr).toBe('');
    const shown = reader.page.locator('.comment-list li');
    await shown.waitFor();
    expect(await shown.locator('.comment-name').textContent()).toBe('Bo <b>');
    expect(await shown.locator('.comment-body').textContent()).toBe(text);
    const link = shown.locator('a');
    expect(await link.getAttribute('href')).toBe('https://example.org/a');
    expect(await link.getAttribute('rel')).toContain('nofollow ugc');
    expect(await reader.page.locator('.comment-total').textContent()).toBe('1');

    await runCommand(server.home, ['comments', 'spam', String(stored?.id)]);
    await shown.waitFor({ state: 'detached' });
    expect([...author.errors, ...reader.errors]).toEqual([]);
  });

  it('is replaced on an open page by another one although their number stays the same', async () => {
    reset(server);
    const insert = `insert into comment (id, item_id, author_name, body, state, at_ms) values (?, 1, 'Ann', ?, ?, 0)`;
    server.sql(insert, 101, 'old', 'approved');
    server.sql(insert, 102, 'new', 'pending');
    server.sql('insert into item_count (item_id, comments, comments_revision) values (1, 1, 1)');
    const { page } = await openLive(server);
    expect(await page.locator('.comment-body').allTextContents()).toEqual(['old']);
    await runCommand(server.home, ['comments', 'reject', '101']);
    await runCommand(server.home, ['comments', 'approve', '102']);
    await page.locator('.comment-body').getByText('new').waitFor();
    expect(await page.locator('.comment-body').allTextContents()).toEqual(['new']);
  });

  it('of an approved author appears at once on a site with open comments', async () => {
    reset(openServer);
    const { page } = await openLive(openServer);
    await fill(page, 'Ann', 'The first');
    await ageForm(openServer, page);
    await send(page);
    await page.getByText('waiting for a moderator').waitFor();
    const [stored] = openServer.sql('select id from comment') as { id: number }[];
    await runCommand(openServer.home, ['comments', 'approve', String(stored?.id)]);
    await page.locator('.comment-body').getByText('The first').waitFor();
    await textField(page).fill('The second');
    await ageForm(openServer, page);
    await send(page);
    await page.getByText('has been published').waitFor();
    await page.locator('.comment-body').getByText('The second').waitFor();
    expect(await page.locator('.comment-body').allTextContents()).toEqual(['The second', 'The first']);
  });

  it('that is rejected keeps its text and shows the reason', async () => {
    reset(server);
    const { page } = await openLive(server);
    await fill(page, 'Аdmin', 'Hello');
    await ageForm(server, page);
    await send(page);
    await page.getByRole('alert').getByText('site staff').waitFor();
    expect(await page.locator(':focus').getAttribute('id')).toBe('comment-name');
    expect(await textField(page).inputValue()).toBe('Hello');
    await page.getByLabel('Name').fill('Ann');
    await send(page);
    await page.getByText('waiting for a moderator').waitFor();
    expect(await page.getByRole('alert').textContent()).toBe('');
  });

  it('can be sent without scripts, rejected and accepted', async () => {
    reset(server);
    const { page } = await openPage(server, { javaScriptEnabled: false });
    expect(await page.getByText('512 characters at most').isVisible()).toBe(true);
    await fill(page, 'Editor', '\n<Kept> & "kept"\nas it is');
    await ageForm(server, page);
    await send(page);
    expect(await page.getByRole('alert').textContent()).toContain('site staff');
    expect(await textField(page).inputValue()).toBe('\n<Kept> & "kept"\nas it is');
    await page.getByLabel('Name').fill('Ann');
    await send(page);
    expect(await page.getByText('waiting for a moderator').isVisible()).toBe(true);
    expect(page.url()).toBe(`${itemUrl(server)}?comment=pending#write-comment`);
    await page.reload();
    expect(server.sql('select body from comment')).toEqual([{ body: '<Kept> & "kept"\nas it is' }]);
  });
});

describe('the character counter of a comment', () => {
  it('counts emoji, combining marks and line breaks like the server', async () => {
    reset(server);
    const { page } = await openLive(server);
    const text = textField(page);
    const remaining = page.locator('.comment-remaining');
    await page.getByLabel('Name').fill('Ann');
    for (const [index, full] of ['🙂'.repeat(512), 'e\u0301'.repeat(256), `${'a\n'.repeat(255)}aa`].entries()) {
      await text.fill(full);
      expect(await remaining.textContent()).toBe('0 characters left');
      await text.fill(`${full}x`);
      expect(await remaining.textContent()).toBe('1 character too many');
      await send(page);
      expect(await text.evaluate((area) => (area as unknown as { validationMessage: string }).validationMessage)).toBe(
        '1 character too many',
      );
      await text.fill(`  ${full}\n`);
      await ageForm(server, page);
      await send(page);
      await until('it is stored', () => server.sql('select * from comment').length === index + 1 || null);
      await until('the form is empty', async () => (await text.inputValue()) === '' || null);
    }
    const bodies = server.sql('select body from comment') as { body: string }[];
    // A letter and its mark are stored as one character (NFC).
    expect(bodies.map(({ body }) => [...body].length)).toEqual([512, 256, 512]);
  });
});

describe('a form on another site', () => {
  it('cannot send a comment in the name of a reader', async () => {
    reset(openServer);
    const { page } = await openPage(openServer);
    await ageForm(openServer, page);
    const token = await page.locator('input[name=token]').inputValue();
    // Another port is another origin of the same site; another host is another site.
    for (const from of [server.url, server.url.replace('127.0.0.1', 'localhost')]) {
      const evil = await page.context().newPage();
      await evil.route(`${from}/evil`, (route) =>
        route.fulfill({
          contentType: 'text/html',
          body: `<form method="post" action="${itemUrl(openServer)}/comments"><input name="name" value="Ann"><input name="text" value="Hi"><input name="token" value="${token}"><button>Go</button></form>`,
        }),
      );
      await evil.goto(`${from}/evil`);
      const answer = evil.waitForResponse((response) => response.request().method() === 'POST');
      await evil.getByRole('button').click();
      expect((await answer).status()).toBe(403);
    }
    expect(openServer.sql('select * from comment')).toEqual([]);
  });
});

describe('the read count', () => {
  it('grows on an open page when other readers open the item', async () => {
    reset(server);
    const { page } = await openLive(server);
    // The date of an item page is not replaced by its age.
    expect(await page.locator('.item-page .meta time').textContent()).toMatch(/^\d\d\.\d\d\.\d\d \d\d:\d\d$/);
    const reads = page.locator('.read-count');
    await until('the reader is counted', async () => (await reads.textContent()) === '1' || null);
    await openPage(server, {
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    });
    await until('the other reader is counted', async () => (await reads.textContent()) === '2' || null);
    await page.reload();
    expect(await reads.textContent()).toBe('2');
  });
});

describe('an item page with comments', () => {
  it.each<[string, BrowserContextOptions]>([
    ['on a desktop screen', { viewport: { width: 1280, height: 800 } }],
    ['on a phone in dark mode', { viewport: { width: 390, height: 800 }, colorScheme: 'dark' }],
  ])('breaks no accessibility rule %s, with errors and without', async (_, options) => {
    reset(server);
    server.sql(
      `insert into comment (item_id, author_name, body, state, at_ms) values (1, 'Ann', 'See https://example.org/', 'approved', 0)`,
    );
    const { page } = await openPage(server, options);
    expect(await accessibilityFaults(page)).toEqual([]);
    await fill(page, 'Moderator', 'a'.repeat(20));
    await ageForm(server, page);
    await send(page);
    await page.getByRole('alert').getByText('site staff').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
  });
});
