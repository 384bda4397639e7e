import { describe, expect, it } from 'vitest';
import { addComment, type NewComment } from '../../../src/store/readers/comment-repository.ts';
import { readCounts } from '../../../src/store/readers/read-counts.ts';
import { anItem } from '../../support/builders.ts';
import { browserAgent, type StoreApp, withStoreApp } from '../../support/web/store-app.ts';
import { makeApp, site } from '../../support/web/test-app.ts';

async function readsOf({ store, item, flush }: StoreApp): Promise<number | undefined> {
  await flush();
  return (await readCounts(store.reader, [item]))[0]?.reads;
}

/** Stores approved comments. */
async function publish({ store, item }: StoreApp, comments: readonly { name: string; body: string }[]) {
  for (const [index, { name, body }] of comments.entries()) {
    const comment: NewComment = {
      ...{ itemId: item, name, body, atMs: index, authorKey: null, postKey: `${index}`, textHash: `${index}` },
      mayRecur: false,
      decide: () => ({ state: 'approved', reason: null }),
    };
    await addComment(store, comment);
  }
}

describe('the head of an item page', () => {
  const item = anItem(7, {
    title: 'A </script><!-- <script> & "title"',
    author: 'A. Writer',
    updatedMs: Date.UTC(2026, 0, 15),
    imageUrl: 'https://example.org/a.jpg',
  });

  async function ld(over: Parameters<typeof anItem>[1] = {}) {
    const html = await (await makeApp([{ ...item, ...over }]).get('/items/7')).text();
    const json = /<script type="application\/ld\+json">(.*?)<\/script>/s.exec(html)?.[1] ?? '';
    return { html, json, article: JSON.parse(json) as Record<string, unknown> };
  }

  it('contains a NewsArticle that a title cannot break out of', async () => {
    const { json, article } = await ld();
    expect(json).not.toMatch(/[<>&]/);
    expect(article).toEqual({
      '@context': 'https://schema.org',
      '@type': 'NewsArticle',
      headline: item.title,
      datePublished: '2026-01-14T19:27:00.000Z',
      dateModified: '2026-01-15T00:00:00.000Z',
      articleSection: 'World',
      mainEntityOfPage: 'https://news.example.com/items/7',
      isBasedOn: 'https://example.org/news/7',
      description: 'Summary of 7.',
      inLanguage: 'en',
      image: ['https://example.org/a.jpg'],
      author: [{ '@type': 'Person', name: 'A. Writer' }],
      publisher: { '@type': 'Organization', name: 'Example', url: 'https://example.org/' },
    });
  });

  it('omits what the item does not have', async () => {
    const bare = { author: null, updatedMs: null, imageUrl: null, url: null, language: null, summary: '' };
    expect(Object.keys((await ld(bare)).article)).toEqual([
      '@context',
      '@type',
      'headline',
      'datePublished',
      'articleSection',
      'mainEntityOfPage',
      'publisher',
    ]);
  });

  it('contains the same values as Open Graph elements', async () => {
    const { html } = await ld();
    expect(html).toContain('<meta property="og:type" content="article"/>');
    expect(html).toContain(
      '<meta property="og:title" content="A &lt;/script&gt;&lt;!-- &lt;script&gt; &amp; &quot;title&quot;"/>',
    );
    expect(html).toContain('<meta property="og:url" content="https://news.example.com/items/7"/>');
    expect(html).toContain('<meta property="og:image" content="https://example.org/a.jpg"/>');
    expect(html).toContain('<meta property="article:published_time" content="2026-01-14T19:27:00.000Z"/>');
  });
});

describe('the read count of an item', () => {
  it('is shown on the page and grows by one per visitor and day', () =>
    withStoreApp({}, async (app) => {
      await app.request(`/items/${app.item}`);
      await app.request(`/items/${app.item}`);
      await app.request(`/items/${app.item}`, { address: '192.0.2.2' });
      expect(await readsOf(app)).toBe(2);
      expect(await (await app.request(`/items/${app.item}`)).text()).toContain(
        'Read: <span class="read-count">2</span>',
      );
    }));

  it.each([
    ['a robot', { headers: { 'user-agent': 'Mozilla/5.0 (compatible; Examplebot/1.0)' } }],
    ['a program', { headers: { 'user-agent': 'curl/8.15.0' } }],
    ['a prefetch', { headers: { 'sec-purpose': 'prefetch' } }],
    ['a HEAD', { method: 'HEAD' }],
  ])('does not count %s', (_, options) =>
    withStoreApp({}, async (app) => {
      expect((await app.request(`/items/${app.item}`, options)).status).toBe(200);
      expect(await readsOf(app)).toBe(0);
    }));

  it('does not count a page that the browser has cached', () =>
    withStoreApp({}, async (app) => {
      const tag =
        (await app.request(`/items/${app.item}`, { headers: { 'user-agent': 'curl/8' } })).headers.get('etag') ?? '';
      expect((await app.request(`/items/${app.item}`, { headers: { 'if-none-match': tag } })).status).toBe(304);
      expect(await readsOf(app)).toBe(0);
    }));

  it('uses X-Forwarded-For only from a trusted proxy', () =>
    withStoreApp({}, async (app) => {
      for (const index of [1, 2, 3]) {
        await app.request(`/items/${app.item}`, { headers: { 'x-forwarded-for': `198.51.100.${index}` } });
      }
      for (const index of [1, 2, 3]) {
        const headers = { 'x-forwarded-for': `203.0.113.9, 198.51.100.${index}` };
        await app.request(`/items/${app.item}`, { address: '10.0.0.1', headers });
      }
      expect(await readsOf(app)).toBe(4);
    }));

  it('stores neither the address nor the user agent of a visitor', () =>
    withStoreApp({}, async (app) => {
      await app.request(`/items/${app.item}`);
      await readsOf(app);
      const rows = await app.store.reader.selectFrom('counted_visit').selectAll().execute();
      expect(rows).toHaveLength(1);
      expect(JSON.stringify(rows)).not.toContain('192.0.2.1');
      expect(JSON.stringify(rows)).not.toContain(browserAgent);
    }));
});

describe('the comments of an item page', () => {
  it('are listed newest first, escaped, with nofollow links', () =>
    withStoreApp({}, async (app) => {
      const body = '<img src=x onerror=alert(1)> https://example.org/?a=1&b="2';
      await publish(app, [
        { name: 'Ann', body: 'first' },
        { name: '<b>Bo</b>\u202e', body },
      ]);
      const html = await (await app.request(`/items/${app.item}`)).text();
      expect(html).toContain('<bdi class="comment-name">&lt;b&gt;Bo&lt;/b&gt;\u202e</bdi>');
      expect(html).toContain(
        '&lt;img src=x onerror=alert(1)&gt; <a href="https://example.org/?a=1&amp;b=" rel="noopener noreferrer nofollow ugc"',
      );
      expect(html.indexOf('Bo')).toBeLessThan(html.indexOf('>first<'));
      expect(html).toContain('Comments: <span class="comment-total">2</span>');
    }));

  it('are shown fifty a page, with a link to older ones', () =>
    withStoreApp({}, async (app) => {
      await publish(
        app,
        Array.from({ length: 120 }, (_, index) => ({ name: 'Ann', body: `comment ${index}.` })),
      );
      const bodies = (html: string) => [...html.matchAll(/comment (\d+)\./g)].map((match) => Number(match[1]));
      const seen: number[] = [];
      for (let path = `/items/${app.item}`; path !== ''; ) {
        const html = await (await app.request(path)).text();
        seen.push(...bodies(html));
        const next = /comments-older"><a href="([^"#]+)/.exec(html)?.[1];
        path = next ?? '';
      }
      expect(seen).toEqual(Array.from({ length: 120 }, (_, index) => 119 - index));
      expect((await app.request(`/items/${app.item}?comments=x`)).status).toBe(400);
    }));

  it('are available as JSON with the position of the next page', () =>
    withStoreApp({}, async (app) => {
      await publish(app, [
        { name: 'Ann', body: 'first' },
        { name: 'Bo', body: 'second' },
      ]);
      const answer = await (await app.request(`/api/items/${app.item}/comments?limit=1`)).json();
      expect(answer).toEqual({
        total: 2,
        revision: 2,
        next: 2,
        comments: [{ id: 2, name: 'Bo', at: '1970-01-01T00:00:00.001Z', parts: [{ text: 'second', href: null }] }],
      });
      expect((await app.request(`/api/items/${app.item}/comments?before=x`)).status).toBe(400);
      expect((await app.request('/api/items/999/comments')).status).toBe(404);
    }));

  it('have the notice of the operator above their form', () =>
    withStoreApp({ site: { commentsNotice: 'Be <kind>.' } }, async (app) => {
      const html = await (await app.request(`/items/${app.item}`)).text();
      expect(html).toContain('<p class="comment-notice">Be &lt;kind&gt;.</p>');
    }));
});

describe('the ETag of an item page', () => {
  it('does not depend on the form token', () =>
    withStoreApp({}, async (app) => {
      const first = await app.request(`/items/${app.item}`);
      const second = await app.request(`/items/${app.item}`);
      expect(await first.text()).not.toBe(await second.text());
      expect(first.headers.get('etag')).toMatch(/^W\/"/);
      expect(second.headers.get('etag')).toBe(first.headers.get('etag'));
    }));

  it('changes with a comment, a read, and the age of the form', () =>
    withStoreApp({}, async (app) => {
      const tags = new Set<string | null>();
      const look = async () => tags.add((await app.request(`/items/${app.item}`)).headers.get('etag'));
      await look();
      await publish(app, [{ name: 'Ann', body: 'first' }]);
      await look();
      await app.flush();
      await look();
      await app.clock.advance(13 * 3_600_000);
      await look();
      expect(tags.size).toBe(4);
    }));

  it('is strong where there are no comments, since the bytes do not change', async () => {
    const { get } = makeApp([anItem(1)], { site: () => site });
    const [first, second] = [await get('/items/1'), await get('/items/1')];
    expect(await first.text()).toBe(await second.text());
    expect(first.headers.get('etag')).toMatch(/^"/);
  });
});
