import { describe, expect, it } from 'vitest';
import { withdrawItem } from '../../../src/store/items/withdraw-items.ts';
import { addComment, readComments } from '../../../src/store/readers/comment-repository.ts';
import { readAudit } from '../../support/read-audit.ts';
import { type StoreApp, type TestRequest, withStoreApp } from '../../support/web/store-app.ts';

const adminToken = 'a token of the operator';
const withAdmin = (work: (app: StoreApp) => Promise<void>) => () => withStoreApp({ adminToken }, work);

/** Signs in. @returns the cookie. */
async function signIn(app: StoreApp, options: TestRequest = {}): Promise<string> {
  const response = await app.request('/admin/sign-in', { form: { token: adminToken }, ...options });
  expect(response.status).toBe(303);
  return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}

async function comment({ store, item }: StoreApp, body: string, name = 'Ann'): Promise<number> {
  const added = await addComment(store, {
    ...{ itemId: item, name, body, atMs: 0, authorKey: null, postKey: body, textHash: body, mayRecur: false },
    decide: () => ({ state: 'pending', reason: null }),
  });
  return added.kind === 'stored' ? added.comment.id : 0;
}

async function formToken(app: StoreApp, cookie: string): Promise<string> {
  const html = await (await app.request('/admin/comments', { headers: { cookie } })).text();
  return /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? '';
}

async function states(app: StoreApp): Promise<string[]> {
  const all = await readComments(app.store.reader, { state: null, before: null, limit: 100 });
  return all.map(({ id, state }) => `${id} ${state}`).reverse();
}

describe('the admin pages without ADMIN_TOKEN', () => {
  it.each([
    '/admin',
    '/admin/',
    '/admin/comments',
    '/admin/sign-in',
    '/admin/sign-out',
    '/admin/x',
  ])('answer 404 at %s', (path) =>
    withStoreApp({}, async ({ request }) => {
      expect((await request(path)).status).toBe(404);
      expect((await request(path, { form: { token: '' } })).status).toBe(404);
      expect((await request(path, { method: 'DELETE' })).status).toBe(404);
    }));
});

describe('signing in', () => {
  it(
    'exchanges the token for an HttpOnly, SameSite=Strict cookie',
    withAdmin(async (app) => {
      const response = await app.request('/admin/sign-in', { form: { token: adminToken } });
      expect(response.headers.get('location')).toBe('/admin/comments');
      expect(response.headers.get('set-cookie')).toMatch(
        /^newswire-admin=[^;]+; Max-Age=43200; Path=\/admin; HttpOnly; Secure; SameSite=Strict$/,
      );
      expect(response.headers.get('set-cookie')).not.toContain(adminToken);
      const cookie = (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
      expect((await app.request('/admin/comments', { headers: { cookie } })).status).toBe(200);
      expect((await app.request('/admin', { headers: { cookie } })).headers.get('location')).toBe('/admin/comments');
    }),
  );

  it(
    'is required on every admin page',
    withAdmin(async (app) => {
      const page = await app.request('/admin');
      expect([page.status, page.headers.get('cache-control')]).toEqual([200, 'no-store']);
      expect(await page.text()).toContain('type="password"');
      expect((await app.request('/admin/comments')).headers.get('location')).toBe('/admin');
      const forged = { headers: { cookie: 'newswire-admin=zzzzzz.0123456789abcdef.0123456789012345678901' } };
      expect((await app.request('/admin/comments', forged)).headers.get('location')).toBe('/admin');
    }),
  );

  it(
    'rejects a wrong token and, after ten of them, every token for a while',
    withAdmin(async (app) => {
      const loopback = { address: '127.0.0.1' };
      for (let index = 0; index < 10; index += 1) {
        const response = await app.request('/admin/sign-in', { form: { token: `wrong ${index}` }, ...loopback });
        expect([response.status, response.headers.get('set-cookie')]).toEqual([401, null]);
      }
      const refused = await app.request('/admin/sign-in', { form: { token: adminToken }, ...loopback });
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(600);
      await signIn(app, { form: { token: adminToken }, address: '192.0.2.9' });
    }),
  );

  it(
    'is not limited by successful sign-ins',
    withAdmin(async (app) => {
      for (let index = 0; index < 15; index += 1) await signIn(app);
    }),
  );

  it(
    'is not possible from another site',
    withAdmin(async (app) => {
      const form = { token: adminToken };
      const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
      expect((await app.request('/admin/sign-in', { form, headers })).status).toBe(403);
    }),
  );

  it(
    'ends for all moderators when one signs out',
    withAdmin(async (app) => {
      const [one, two] = [await signIn(app), await signIn(app)];
      const csrf = await formToken(app, one);
      const response = await app.request('/admin/sign-out', { form: { csrf }, headers: { cookie: one } });
      expect(response.headers.get('set-cookie')).toContain('Max-Age=0');
      for (const cookie of [one, two]) {
        expect((await app.request('/admin/comments', { headers: { cookie } })).headers.get('location')).toBe('/admin');
      }
    }),
  );

  it(
    'expires after twelve hours',
    withAdmin(async (app) => {
      const cookie = await signIn(app);
      await app.clock.advance(12 * 3_600_000);
      expect((await app.request('/admin/comments', { headers: { cookie } })).status).toBe(303);
    }),
  );
});

describe('the moderation page', () => {
  it(
    'lists comments by state, as text, with item, state and reason',
    withAdmin(async (app) => {
      const cookie = await signIn(app);
      await comment(app, '<script>alert(1)</script>', '<img src=x>');
      await withdrawItem(app.store, app.item, 0);
      const html = await (await app.request('/admin/comments', { headers: { cookie } })).text();
      expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
      expect(html).toContain('&lt;img src=x&gt;');
      expect(html).toContain('(withdrawn)');
      expect(html).toContain('Pending (1)');
      const none = await (await app.request('/admin/comments?state=spam', { headers: { cookie } })).text();
      expect(none).toContain('No comments.');
    }),
  );

  it(
    'approves, rejects and restores comments singly and in bulk',
    withAdmin(async (app) => {
      const cookie = await signIn(app);
      const ids = [await comment(app, 'a'), await comment(app, 'b'), await comment(app, 'c')];
      const csrf = await formToken(app, cookie);
      const post = (fields: readonly (readonly [string, string])[]) =>
        app.request('/admin/comments', {
          form: [['csrf', csrf], ['state', 'pending'], ...fields],
          headers: { cookie },
        });
      const both = await post([
        ['action', 'approve'],
        ['id', `${ids[0]}`],
        ['id', `${ids[1]}`],
      ]);
      expect(both.headers.get('location')).toBe(`/admin/comments?state=pending&applied=approve.${ids[0]}.${ids[1]}`);
      expect(await states(app)).toEqual(['1 approved', '2 approved', '3 pending']);
      await post([['one', `spam ${ids[2]}`]]);
      const next = await app.request(both.headers.get('location') ?? '', { headers: { cookie } });
      expect(await next.text()).toContain('2 comments approved.');
      await post([
        ['action', 'undo'],
        ['id', `${ids[0]}`],
        ['id', `${ids[1]}`],
      ]);
      expect(await states(app)).toEqual(['1 pending', '2 pending', '3 spam']);
      expect((await readAudit(app.store.reader, ids[0] ?? 0)).map(({ actor, action }) => [actor, action])).toEqual([
        ['admin', 'approve'],
        ['admin', 'undo'],
      ]);
    }),
  );

  it(
    'shows fifty comments a page',
    withAdmin(async (app) => {
      const cookie = await signIn(app);
      for (let index = 0; index < 60; index += 1) await comment(app, `comment ${index}.`);
      const first = await (await app.request('/admin/comments', { headers: { cookie } })).text();
      const next = /comments\?state=pending&amp;before=\d+/.exec(first)?.[0].replace('&amp;', '&') ?? '';
      const second = await (await app.request(`/admin/${next}`, { headers: { cookie } })).text();
      const bodies = [first, second].flatMap((html) => html.match(/comment \d+\./g) ?? []);
      expect(new Set(bodies).size).toBe(60);
    }),
  );

  it.each<[string, Record<string, string>, string]>([
    ['without a CSRF token', { csrf: '' }, ''],
    ['with an invented CSRF token', { csrf: 'a'.repeat(22) }, ''],
    ['without a cookie', {}, 'no cookie'],
    ['from another site', {}, 'cross-site'],
  ])('rejects a decision %s', async (_, fields, how) => {
    await withAdmin(async (app) => {
      const cookie = await signIn(app);
      const id = await comment(app, 'a');
      const csrf = await formToken(app, cookie);
      const headers = {
        ...(how === 'no cookie' ? {} : { cookie }),
        ...(how === 'cross-site' ? { 'sec-fetch-site': 'cross-site' } : {}),
      };
      const form = { csrf, action: 'approve', id: `${id}`, ...fields };
      expect((await app.request('/admin/comments', { form, headers })).status).toBe(403);
      expect(await states(app)).toEqual(['1 pending']);
    })();
  });

  it(
    'changes nothing on GET',
    withAdmin(async (app) => {
      const cookie = await signIn(app);
      const id = await comment(app, 'a');
      const csrf = await formToken(app, cookie);
      for (const path of [
        `/admin/comments?action=approve&id=${id}&csrf=${csrf}&one=approve%20${id}`,
        '/admin/sign-out',
      ]) {
        await app.request(path, { headers: { cookie } });
      }
      expect(await states(app)).toEqual(['1 pending']);
      expect((await app.request('/admin/comments', { headers: { cookie } })).status).toBe(200);
    }),
  );
});
