import { describe, expect, it } from 'vitest';
import type { CommentState } from '../../../src/domain/comments/comment.ts';
import { withdrawItem } from '../../../src/store/items/withdraw-items.ts';
import { readComments } from '../../../src/store/readers/comment-repository.ts';
import { moderateComments } from '../../../src/store/readers/moderate-comments.ts';
import { anItemDraft } from '../../support/builders.ts';
import { type StoreApp, type TestRequest, withStoreApp } from '../../support/web/store-app.ts';

const json = { accept: 'application/json' };

/** The token of the form on the item page, which was opened `ageMs` ago (default: ten seconds). */
async function openForm(app: StoreApp, waitMs = 10_000, item = app.item): Promise<string> {
  const html = await (await app.request(`/items/${item}`)).text();
  const token = /name="token" value="([^"]+)"/.exec(html)?.[1] ?? '';
  await app.clock.advance(waitMs);
  return token;
}

interface Sent {
  readonly name?: string;
  readonly text?: string;
  readonly token?: string;
  readonly subject?: string;
}

async function send(app: StoreApp, sent: Sent = {}, options: TestRequest = {}): Promise<Response> {
  const { name = 'Ann', text = 'Well said.', token = await openForm(app), subject = '' } = sent;
  return app.request(`/items/${app.item}/comments`, { form: { name, text, token, subject }, ...options });
}

async function stored(app: StoreApp, state: CommentState | null = null) {
  const all = await readComments(app.store.reader, { state, before: null, limit: 1000 });
  return all.map((comment) => [comment.name, comment.body, comment.state, comment.reason]);
}

describe('submitting a comment', () => {
  it('stores it as pending and redirects to a page that shows this', () =>
    withStoreApp({}, async (app) => {
      const response = await send(app);
      expect(response.status).toBe(303);
      const next = response.headers.get('location') ?? '';
      expect(next).toBe(`/items/${app.item}?comment=pending#write-comment`);
      expect(await (await app.request(next.replace(/#.*/, ''))).text()).toContain('waiting for a moderator');
      expect(await stored(app)).toEqual([['Ann', 'Well said.', 'pending', null]]);
    }));

  it('answers a script in JSON with the token of the next form', () =>
    withStoreApp({}, async (app) => {
      const response = await send(
        app,
        {},
        { form: { name: 'Ann', text: 'Hi', token: await openForm(app) }, headers: json },
      );
      expect(response.status).toBe(202);
      const answer = (await response.json()) as { token: string };
      expect(answer).toMatchObject({ outcome: 'pending', comment: null });
      await app.clock.advance(5000);
      expect((await send(app, { text: 'More', token: answer.token })).status).toBe(303);
    }));

  it('publishes the comment of an approved author at once on a site with open comments', () =>
    withStoreApp({ site: { comments: 'open' } }, async (app) => {
      const first = await send(app, { text: 'One' });
      expect(first.headers.get('location')).toContain('comment=pending');
      expect(await stored(app)).toEqual([['Ann', 'One', 'pending', 'first comment of this author']]);
      const [pending] = await readComments(app.store.reader, { state: 'pending', before: null, limit: 1 });
      await moderateComments(app.store, { ids: [pending?.id ?? 0], action: 'approve', actor: 'a', nowMs: 0 });
      const cookie = (first.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
      const second = await send(
        app,
        {},
        {
          form: { name: 'Ann', text: 'Two https://example.org', token: await openForm(app) },
          headers: { ...json, cookie },
        },
      );
      expect(second.status).toBe(201);
      expect(await second.json()).toMatchObject({
        outcome: 'published',
        comment: { name: 'Ann', parts: [{ text: 'Two ', href: null }, { href: 'https://example.org/' }] },
      });
      const linked = await send(app, { text: 'https://a.example https://b.example www.c.example' }, undefined);
      expect(linked.headers.get('location')).toContain('comment=pending');
    }));

  it('recognises an author by an HttpOnly, SameSite=Strict cookie', () =>
    withStoreApp({}, async (app) => {
      const cookie = (await send(app)).headers.get('set-cookie');
      expect(cookie).toMatch(
        /^newswire-author=[\w-]{22}; Max-Age=15552000; Path=\/items; HttpOnly; Secure; SameSite=Strict$/,
      );
    }));

  it('stores one comment when the same form is sent twice, even concurrently', () =>
    withStoreApp({}, async (app) => {
      const token = await openForm(app);
      const both = await Promise.all([send(app, { token }), send(app, { token })]);
      expect(both.map(({ status }) => status)).toEqual([303, 303]);
      expect(await stored(app)).toHaveLength(1);
    }));

  it('stores a line break as one character and markup as text', () =>
    withStoreApp({}, async (app) => {
      await send(app, { name: '__proto__', text: '<script>alert(1)</script>\r\n"quoted" & more' });
      expect(await stored(app)).toEqual([['__proto__', '<script>alert(1)</script>\n"quoted" & more', 'pending', null]]);
    }));
});

describe('a rejected comment', () => {
  it.each([
    ['text_too_long', { text: 'a'.repeat(513) }],
    ['text_empty', { text: ' ' }],
    ['name_empty', { name: '' }],
    ['name_like_staff', { name: 'Admin' }],
    ['too_many_links', { text: 'http://a '.repeat(6) }],
  ])('is answered with 422, the reason %s and the form as filled in', (code, sent) =>
    withStoreApp({}, async (app) => {
      const text = 'text' in sent ? sent.text : 'My <words> & "all"';
      const response = await send(app, { text, ...sent });
      const html = await response.text();
      expect(response.status).toBe(422);
      expect(html).toMatch(/<p class="comment-error" id="comment-error" role="alert">[^<]+</);
      expect(html).toContain(
        text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
      );
      expect(html).toMatch(/aria-invalid="true"/);
      const asJson = await send(
        app,
        {},
        { form: { name: 'Ann', text, token: await openForm(app), ...sent }, headers: json },
      );
      expect([asJson.status, await asJson.json()]).toEqual([
        422,
        expect.objectContaining({ outcome: 'refused', error: { code, message: expect.any(String) } }),
      ]);
      expect(await stored(app)).toEqual([]);
    }));

  it('can be sent again from the returned form, whose age counts from the first page', () =>
    withStoreApp({}, async (app) => {
      const token = await openForm(app, 1000);
      const fast = await send(app, { token });
      expect([fast.status, fast.headers.get('retry-after')]).toEqual([422, '2']);
      const again = /name="token" value="([^"]+)"/.exec(await fast.text())?.[1];
      expect(again).toBe(token);
      await app.clock.advance(2000);
      expect((await send(app, { token: again ?? '' })).status).toBe(303);
    }));

  it('gets a new form when its form is older than a day', () =>
    withStoreApp({}, async (app) => {
      const old = await openForm(app, 25 * 3_600_000);
      const response = await send(app, { token: old });
      expect(response.status).toBe(422);
      const fresh = /name="token" value="([^"]+)"/.exec(await response.text())?.[1] ?? '';
      expect(fresh).not.toBe(old);
      expect((await send(app, { token: fresh })).status).toBe(303);
    }));

  it('is refused as a duplicate within a day, from the same author or another', () =>
    withStoreApp({}, async (app) => {
      await send(app, { text: 'The very same words' });
      const response = await send(app, { text: 'the VERY same words!' }, {});
      expect(response.status).toBe(422);
      expect(await response.text()).toContain('within the last 24 hours');
    }));

  it('gets the time to wait when too many come from one network, including loopback', () =>
    withStoreApp({}, async (app) => {
      const from = async (address: string, text: string) => {
        const form = { name: 'Ann', text, token: await openForm(app) };
        return app.request(`/items/${app.item}/comments`, { form, address });
      };
      for (const [index, address] of ['127.0.0.1', '::1'].flatMap((one) => Array(5).fill(one)).entries()) {
        expect((await from(address, `comment ${index}`)).status).toBe(303);
      }
      const refused = await from('127.0.0.1', 'one too many');
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(500);
      expect(await refused.text()).toMatch(/Too many comments .* in \d+ minutes.*one too many/s);
      expect((await from('192.0.2.9', 'from elsewhere')).status).toBe(303);
    }));

  it('is counted by the network of the client, not by addresses that it invents', () =>
    withStoreApp({}, async (app) => {
      const statuses: number[] = [];
      for (let index = 0; index < 11; index += 1) {
        const form = { name: 'Ann', text: `comment ${index}`, token: await openForm(app) };
        const response = await app.request(`/items/${app.item}/comments`, {
          form,
          address: `2001:db8:1:2::${index + 1}`,
          headers: { 'x-forwarded-for': `198.51.100.${index}` },
        });
        statuses.push(response.status);
      }
      expect(statuses).toEqual([...Array(10).fill(303), 429]);
    }));

  it('does not count against the limit when nothing was stored', () =>
    withStoreApp({}, async (app) => {
      await send(app, { text: 'The very same words' });
      for (let index = 0; index < 15; index += 1) await send(app, { text: 'The very same words' });
      expect((await send(app, { text: 'Others' })).status).toBe(303);
    }));
});

describe('a form that was not sent by an item page', () => {
  it.each([
    ['neither Origin nor Sec-Fetch-Site', { origin: '', 'sec-fetch-site': '' }],
    ['another origin', { origin: 'https://evil.example', 'sec-fetch-site': '' }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another host of the same site', { 'sec-fetch-site': 'same-site' }],
    ['only Origin: null', { origin: 'null', 'sec-fetch-site': '' }],
  ])('is rejected: %s', (_, headers) =>
    withStoreApp({}, async (app) => {
      const form = { name: 'Ann', text: 'Hi', token: await openForm(app) };
      const response = await app.request(`/items/${app.item}/comments`, { form, headers });
      expect(response.status).toBe(403);
      expect(await stored(app)).toEqual([]);
    }));

  it.each([
    ['only our own origin', { origin: 'https://news.example.com', 'sec-fetch-site': '' }],
    ['the requested host under another name', { origin: 'http://lan:3000', host: 'lan:3000', 'sec-fetch-site': '' }],
    ['Origin: null with Sec-Fetch-Site: same-origin', { origin: 'null', 'sec-fetch-site': 'same-origin' }],
  ])('is accepted: %s', (_, headers) =>
    withStoreApp({}, async (app) => {
      const form = { name: 'Ann', text: 'Hi', token: await openForm(app) };
      expect((await app.request(`/items/${app.item}/comments`, { form, headers })).status).toBe(303);
    }));

  it.each(['', 'forged', 'kx.abc.0123456789012345678901'])('is rejected with the token %j', (token) =>
    withStoreApp({}, async (app) => {
      expect((await send(app, { token })).status).toBe(403);
      expect(await stored(app)).toEqual([]);
    }));

  it('is rejected with the token of another item', () =>
    withStoreApp({}, async (app) => {
      await app.fixture.read('a', [anItemDraft('one'), anItemDraft('two')]);
      const token = await openForm(app, 10_000, app.item + 1);
      expect((await send(app, { token })).status).toBe(403);
    }));

  it('is rejected when it is too large or not form data', () =>
    withStoreApp({}, async (app) => {
      expect((await send(app, { text: 'a'.repeat(70_000) })).status).toBe(413);
      for (const type of ['application/json', 'multipart/form-data; boundary=x', 'text/plain', '']) {
        const headers = { 'sec-fetch-site': 'same-origin', 'content-type': type };
        expect((await app.request(`/items/${app.item}/comments`, { method: 'POST', headers })).status).toBe(415);
      }
    }));
});

describe('the honeypot field', () => {
  it('stores the comment that fills it in as spam and confirms it', () =>
    withStoreApp({ site: { comments: 'open' } }, async (app) => {
      const token = await openForm(app, 10);
      const response = await send(app, { token, subject: 'x', text: 'http://a '.repeat(20) });
      expect(response.headers.get('location')).toContain('comment=pending');
      const [[, , state, reason] = []] = await stored(app);
      expect([state, reason]).toEqual(['spam', 'filled in the honeypot field']);
    }));
});

describe('a site with a path prefix', () => {
  const below = { parts: { publicUrl: 'http://example.org/news' } };

  it('redirects and sets cookies below the prefix, also over plain http', () =>
    withStoreApp(below, async (app) => {
      const form = { name: 'Ann', text: 'Hi', token: await openForm(app) };
      const headers = { origin: 'http://example.org', 'sec-fetch-site': '' };
      const response = await app.request(`/items/${app.item}/comments`, { form, headers });
      expect(response.headers.get('location')).toBe(`/news/items/${app.item}?comment=pending#write-comment`);
      expect(response.headers.get('set-cookie')).toMatch(/; Path=\/news\/items; HttpOnly; SameSite=Strict$/);
      const html = await (await app.request(`/items/${app.item}`)).text();
      expect(html).toContain(`action="/news/items/${app.item}/comments#write-comment"`);
      expect(html).toContain('<meta name="referrer" content="same-origin"/>');
    }));

  it('lets a moderator sign in below the prefix', () =>
    withStoreApp({ ...below, adminToken: 'a-token' }, async (app) => {
      const headers = { origin: 'http://example.org', 'sec-fetch-site': '' };
      const response = await app.request('/admin/sign-in', { form: { token: 'a-token' }, headers });
      expect(response.headers.get('location')).toBe('/news/admin/comments');
      expect(response.headers.get('set-cookie')).toMatch(/; Path=\/news\/admin; HttpOnly; SameSite=Strict$/);
      const html = await (await app.request('/admin')).text();
      expect(html).toContain('action="/news/admin/sign-in"');
      expect(html).toContain('<meta name="referrer" content="same-origin"/>');
    }));
});

describe('comments', () => {
  it('are neither shown nor accepted where they are turned off', () =>
    withStoreApp({ site: { comments: 'off' } }, async (app) => {
      const html = await (await app.request(`/items/${app.item}`)).text();
      expect(html).not.toContain('comment-form');
      const response = await app.request(`/items/${app.item}/comments`, {
        form: { name: 'Ann', text: 'Hi', token: 'x' },
      });
      expect(response.status).toBe(403);
      expect((await app.request(`/api/items/${app.item}/comments`)).status).toBe(404);
    }));

  it('of a withdrawn item are neither shown nor accepted', () =>
    withStoreApp({}, async (app) => {
      const token = await openForm(app);
      await withdrawItem(app.store, app.item, 0);
      expect((await send(app, { token })).status).toBe(410);
      for (const path of [`/items/${app.item}`, `/items/${app.item}/comments`, `/api/items/${app.item}/comments`]) {
        expect((await app.request(path)).status).toBe(410);
      }
    }));

  it('redirect to the item page when their form address is opened', () =>
    withStoreApp({}, async (app) => {
      const response = await app.request(`/items/${app.item}/comments`);
      expect([response.status, response.headers.get('location')]).toEqual([303, `/items/${app.item}#comments`]);
    }));
});
