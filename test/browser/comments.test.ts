import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { runCommand } from '../support/server.ts';
import { until } from '../support/until.ts';
import { type ItemServer, type ItemServerOptions, startItemServer } from '../support/web/item-server.ts';

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options: ItemServerOptions = {}): Promise<ItemServer> {
  const server = await startItemServer(options);
  cleanups.push(() => server.close());
  return server;
}

/** A page of a reader of its own, with what went wrong in it. */
async function openPage(url: string, options: BrowserContextOptions = {}): Promise<{ page: Page; errors: string[] }> {
  const context = await browser.newContext(options);
  cleanups.push(() => context.close());
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('dialog', (dialog) => {
    errors.push(`a dialog said ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return { page, errors };
}

async function openLive(url: string): Promise<{ page: Page; errors: string[] }> {
  const opened = await openPage(url);
  await opened.page.getByText('live', { exact: true }).waitFor();
  return opened;
}

/** Waits until the form of the page is older than a program's would be; again after each comment that was taken. */
async function mayBeSent(page: Page, time = 1): Promise<void> {
  const start = time === 1 ? 0 : await page.evaluate<number>('performance.now()');
  await until('the form is old enough', async () => (await page.evaluate<number>('performance.now()')) > start + 3300);
}

/** Writes into the form and sends it, as soon as it may be sent. */
async function write(page: Page, name: string, text: string): Promise<void> {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Comment', { exact: true }).fill(text);
  await mayBeSent(page);
  await page.getByRole('button', { name: 'Send' }).click();
}

const item = (server: ItemServer) => `${server.url}/items/1`;

describe('a comment', () => {
  it("is written, held, approved, and appears on another reader's open page", async () => {
    const server = await start();
    const writer = await openLive(item(server));
    const reader = await openLive(item(server));
    const text = '<img src=x onerror=alert(1)> & https://example.org/a';
    await write(writer.page, 'Bo <b>', text);
    await writer.page.getByText('waiting for a moderator').waitFor();
    expect(await writer.page.getByLabel('Comment', { exact: true }).inputValue()).toBe('');
    expect(await reader.page.locator('.comment-list li').count()).toBe(0);

    const approved = await runCommand(server.home, ['comments', 'approve', '1']);
    expect(approved.stderr).toBe('');
    const shown = reader.page.locator('.comment-list li');
    await shown.waitFor();
    expect(await shown.locator('.comment-name').textContent()).toBe('Bo <b>');
    expect(await shown.locator('.comment-body').textContent()).toBe(text);
    const link = shown.locator('a');
    expect(await link.getAttribute('href')).toBe('https://example.org/a');
    expect(await link.getAttribute('rel')).toContain('nofollow ugc');
    expect(await reader.page.locator('.comment-total').textContent()).toBe('1');

    await runCommand(server.home, ['comments', 'spam', '1']);
    await shown.waitFor({ state: 'detached' });
    expect([...writer.errors, ...reader.errors]).toEqual([]);
  });

  it('is seen to be gone and another to have come, though they are as many', async () => {
    const server = await start();
    const insert = `insert into comment (item_id, author_name, body, state, at_ms) values (1, 'Ann', ?, ?, 0)`;
    server.sql(insert, 'old', 'approved');
    server.sql(insert, 'new', 'pending');
    server.sql(
      'insert into item_count (item_id, comments, comments_revision) values (1, 1, 1) on conflict do update set comments = 1, comments_revision = 1',
    );
    const { page } = await openLive(item(server));
    expect(await page.locator('.comment-body').allTextContents()).toEqual(['old']);
    await runCommand(server.home, ['comments', 'reject', '1']);
    await runCommand(server.home, ['comments', 'approve', '2']);
    await page.locator('.comment-body').getByText('new').waitFor();
    expect(await page.locator('.comment-body').allTextContents()).toEqual(['new']);
  });

  it('of an approved writer is on the page at once where comments are open', async () => {
    const server = await start({ comments: 'open' });
    const { page } = await openLive(item(server));
    await write(page, 'Ann', 'The first');
    await page.getByText('waiting for a moderator').waitFor();
    await runCommand(server.home, ['comments', 'approve', '1']);
    await page.locator('.comment-body').getByText('The first').waitFor();
    await mayBeSent(page, 2);
    await page.getByLabel('Comment', { exact: true }).fill('The second');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('has been published').waitFor();
    await page.locator('.comment-body').getByText('The second').waitFor();
    expect(await page.locator('.comment-body').allTextContents()).toEqual(['The second', 'The first']);
  });

  it('that is refused says why and is kept', async () => {
    const server = await start();
    const { page } = await openLive(item(server));
    await write(page, 'Аdmin', 'Hello');
    await page.getByRole('alert').getByText('speaks for this site').waitFor();
    expect(await page.locator(':focus').getAttribute('id')).toBe('comment-name');
    expect(await page.getByLabel('Comment', { exact: true }).inputValue()).toBe('Hello');
    await page.getByLabel('Name').fill('Ann');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('waiting for a moderator').waitFor();
    expect(await page.getByRole('alert').textContent()).toBe('');
  });

  it('can be sent without scripts, refused and taken', async () => {
    const server = await start();
    const { page } = await openPage(item(server), { javaScriptEnabled: false });
    expect(await page.getByText('512 characters at most').isVisible()).toBe(true);
    await page.getByLabel('Name').fill('Editor');
    await page.getByLabel('Comment', { exact: true }).fill('\n<Kept> & "kept"\nas it is');
    await new Promise((resolve) => setTimeout(resolve, 3100));
    await page.getByRole('button', { name: 'Send' }).click();
    expect(await page.getByRole('alert').textContent()).toContain('speaks for this site');
    expect(await page.getByLabel('Comment', { exact: true }).inputValue()).toBe('\n<Kept> & "kept"\nas it is');
    await page.getByLabel('Name').fill('Ann');
    await page.getByRole('button', { name: 'Send' }).click();
    expect(await page.getByText('waiting for a moderator').isVisible()).toBe(true);
    expect(page.url()).toBe(`${item(server)}?comment=held#write-comment`);
    await page.reload();
    expect(server.sql('select body from comment')).toEqual([{ body: '<Kept> & "kept"\nas it is' }]);
  });
});

describe('the counter of a comment', () => {
  it('counts emoji, combining marks and line breaks as the server does', async () => {
    const server = await start();
    const { page } = await openLive(item(server));
    const text = page.getByLabel('Comment', { exact: true });
    const left = page.locator('.comment-left');
    await page.getByLabel('Name').fill('Ann');
    for (const [index, full] of ['🙂'.repeat(512), 'e\u0301'.repeat(256), `${'a\n'.repeat(255)}aa`].entries()) {
      await text.fill(full);
      expect(await left.textContent()).toBe('0 characters left');
      await text.fill(`${full}x`);
      expect(await left.textContent()).toBe('1 character too many');
      await page.getByRole('button', { name: 'Send' }).click();
      expect(await text.evaluate((area) => (area as unknown as { validationMessage: string }).validationMessage)).toBe(
        '1 character too many',
      );
      await text.fill(`  ${full}\n`);
      await mayBeSent(page, index + 1);
      await page.getByRole('button', { name: 'Send' }).click();
      await until('it is stored', () => server.sql('select * from comment').length === index + 1 || null);
      await until('the form is empty', async () => (await text.inputValue()) === '' || null);
    }
    const bodies = server.sql('select body from comment') as { body: string }[];
    // A letter and its mark are stored as one character (NFC).
    expect(bodies.map(({ body }) => [...body].length)).toEqual([512, 256, 512]);
  });
});

describe('a form on another site', () => {
  it("sends nothing in a reader's name", async () => {
    const server = await start({ comments: 'open' });
    const { page } = await openPage(item(server));
    const token = await page.locator('input[name=token]').inputValue();
    // Another port is another origin, and another host another site.
    const foreign = await start();
    for (const from of [foreign.url, foreign.url.replace('127.0.0.1', 'localhost')]) {
      const evil = await page.context().newPage();
      await evil.route(`${from}/evil`, (route) =>
        route.fulfill({
          contentType: 'text/html',
          body: `<form method="post" action="${item(server)}/comments"><input name="name" value="Ann"><input name="text" value="Hi"><input name="token" value="${token}"><button>Go</button></form>`,
        }),
      );
      await evil.goto(`${from}/evil`);
      const answer = evil.waitForResponse((response) => response.request().method() === 'POST');
      await evil.getByRole('button').click();
      expect((await answer).status()).toBe(403);
    }
    expect(server.sql('select * from comment')).toEqual([]);
  });
});

describe('the read count', () => {
  it('grows on an open page as others come', async () => {
    const server = await start();
    const { page } = await openLive(item(server));
    // The dateline of a page is a date, however young.
    expect(await page.locator('.full .meta time').textContent()).toMatch(/^\d\d\.\d\d\.\d\d \d\d:\d\d$/);
    const reads = page.locator('.read-count');
    await until('the reader counts', async () => (await reads.textContent()) === '1' || null);
    await openPage(item(server), {
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    });
    await until('another one counts', async () => (await reads.textContent()) === '2' || null);
    await page.reload();
    expect(await reads.textContent()).toBe('2');
  });
});

describe('an item page with comments', () => {
  it.each<[string, BrowserContextOptions]>([
    ['on a desk', { viewport: { width: 1280, height: 800 } }],
    ['on a telephone in the dark', { viewport: { width: 390, height: 800 }, colorScheme: 'dark' }],
  ])('breaks no rule of access %s, with errors and without', async (_, options) => {
    const server = await start();
    server.sql(
      `insert into comment (item_id, author_name, body, state, at_ms) values (1, 'Ann', 'See https://example.org/', 'approved', 0)`,
    );
    const { page } = await openPage(item(server), options);
    const faults = async () => {
      const { violations } = await new AxeBuilder({ page }).withTags(rules).setLegacyMode(true).analyze();
      return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
    };
    expect(await faults()).toEqual([]);
    await write(page, 'Moderator', 'a'.repeat(20));
    await page.getByRole('alert').getByText('speaks for this site').waitFor();
    expect(await faults()).toEqual([]);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  });
});
