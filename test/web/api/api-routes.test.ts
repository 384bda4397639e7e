import { describe, expect, it } from 'vitest';
import type { ItemsPage, WireItem } from '../../../src/domain/events/wire.ts';
import { anItem } from '../../support/builders.ts';
import { makeApp, makeEvent, makeSource, noon } from '../../support/web/test-app.ts';

async function json<T>(response: Response | Promise<Response>): Promise<T> {
  return (await (await response).json()) as T;
}

interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string };
}

describe('/api/items', () => {
  it('returns items with the URL of our page, the cursor of the same read, and the next page', async () => {
    const { get, reads } = makeApp([1, 2, 3].map((id) => anItem(id)));
    reads.log = [makeEvent(41, anItem(1)), makeEvent(42, anItem(2))];
    const page = await json<ItemsPage>(get('/api/items?limit=2'));
    expect(page.items.map(({ id }) => id)).toEqual([3, 2]);
    expect(page.items[0]?.page).toBe('https://news.example.com/items/3');
    expect(page.cursor).toBe('k3f9-42');
    const rest = await json<ItemsPage>(get(`/api/items?limit=2&before=${page.next}`));
    expect(rest.items.map(({ id }) => id)).toEqual([1]);
    expect(rest.next).toBeNull();
  });

  it('includes backfilled items by default, and does not limit the share of a source', async () => {
    const { get, reads } = makeApp([anItem(1, { backfill: true }), anItem(2)]);
    expect((await json<ItemsPage>(get('/api/items'))).items).toHaveLength(2);
    expect((await json<ItemsPage>(get('/api/items?backfill=false'))).items).toHaveLength(1);
    expect(reads.queries.every(({ limitPerSource }) => !limitPerSource)).toBe(true);
  });

  it('passes every filter to the store in its normalised form', async () => {
    const { get, reads } = makeApp();
    await get(
      '/api/items?section=Science+%26+Nature&section=World&source=b&source=a&category=EU&language=en-GB&q=+tax+',
    );
    expect(reads.queries[0]?.filter).toEqual({
      sections: ['science-nature', 'world'],
      sources: ['a', 'b'],
      categories: ['eu'],
      languages: ['en'],
      q: 'tax',
      backfill: true,
    });
  });

  it.each([
    ['limit=0', 'bad_limit'],
    ['limit=ten', 'bad_limit'],
    ['limit=-1', 'bad_limit'],
    ['before=yesterday', 'bad_before'],
    ['backfill=maybe', 'bad_filter'],
    ['q=!!!', 'bad_filter'],
    [`section=${'x'.repeat(300)}`, 'bad_filter'],
    ['sections=Elsewhere', 'unknown_parameter'],
    ['filter=Elsewhere', 'bad_filter'],
    ['filter=[]', 'bad_filter'],
    ['filter={"backfill":"yesterday"}', 'bad_filter'],
    ['filter={}&filter={}&filter={}&filter={}&filter={}', 'bad_filter'],
    ['filter={}&section=Elsewhere', 'unknown_parameter'],
    ['filter={}&limit=ten', 'bad_limit'],
    ['filter={"q":"tax"}&sort=relevance', 'bad_sort'],
  ])('refuses ?%s as %s without repeating it', async (query, code) => {
    const { get } = makeApp();
    const response = await get(`/api/items?${query}`);
    expect(response.status).toBe(400);
    const { error } = await json<ErrorBody>(response);
    expect(error.code).toBe(code);
    expect(error.message).not.toMatch(/yesterday|maybe|ten|xxx|!!!|Elsewhere/);
  });

  it.each([
    '/api/items',
    '/api/events',
    '/api/items/1/comments',
    '/feed.rss',
    '/sections/world/feed.atom',
    '/sources/example/feed.json',
  ])('refuses a limit above 500 with a message that names the maximum: %s', async (path) => {
    const { get } = makeApp([anItem(1)]);
    const refused = await get(`${path}?limit=501`);
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain(
      'limit must be a whole number from 1 to 500. For more items, request the next page.',
    );
    expect((await get(`${path}?limit=500`)).status).not.toBe(400);
  });

  it('accepts several filters as JSON and combines them with OR', async () => {
    const { get, reads } = makeApp();
    const filters = [{ sections: ['World'] }, { q: 'tax', backfill: false }];
    const query = filters.map((filter) => `filter=${encodeURIComponent(JSON.stringify(filter))}`).join('&');
    await get(`/api/items?${query}&limit=20`);
    expect(reads.queries).toMatchObject([
      {
        filter: { sections: ['world'], q: null, backfill: true },
        orFilters: [{ sections: [], q: 'tax', backfill: false }],
        limit: 20,
        before: null,
      },
    ]);
  });
});

describe('/api/items/:id', () => {
  it('returns one item with all of its text', async () => {
    const long = `<p>${'long '.repeat(20_000)}</p>`;
    const { get } = makeApp([anItem(5, { contentHtml: long })]);
    const list = await json<ItemsPage>(get('/api/items'));
    expect(list.items[0]).toMatchObject({ htmlOmitted: true });
    const item = await json<WireItem>(get('/api/items/5'));
    expect(item.html).toBe(long);
    expect(item).not.toHaveProperty('htmlOmitted');
    expect(item.page).toBe('https://news.example.com/items/5');
  });

  it.each(['7', 'x', '0', '-1', '5.0', '99999999999999999999'])('answers 404 in JSON for %s', async (id) => {
    const { get } = makeApp([anItem(5)]);
    const response = await get(`/api/items/${id}`);
    expect(response.status).toBe(404);
    expect((await json<ErrorBody>(response)).error.code).toBe('not_found');
  });

  it('answers 410 for a withdrawn item', async () => {
    const { get } = makeApp([anItem(5, { withdrawnMs: noon })]);
    const response = await get('/api/items/5');
    expect(response.status).toBe(410);
    expect(await response.text()).not.toContain('Headline 5');
  });
});

describe('/api/events', () => {
  const items = [1, 2, 3].map((id) => anItem(id));
  const log = items.map((item, index) => makeEvent(index + 10, item));

  it('reads the log from its oldest event, page by page with the cursor', async () => {
    const { get, reads } = makeApp();
    reads.log = log;
    reads.floor = 10;
    const first = await json<{ events: object[]; cursor: string }>(get('/api/events?limit=2'));
    expect(first).toMatchObject({ epoch: 'k3f9', head: 12, floor: 10, cursor: 'k3f9-11' });
    expect(first.events).toMatchObject([
      { seq: 10, prev: 9, op: 'add', item: { id: 1, page: 'https://news.example.com/items/1' } },
      { seq: 11, prev: 10, op: 'add', item: { id: 2 } },
    ]);
    const second = await json<{ events: object[]; cursor: string }>(get(`/api/events?after=${first.cursor}`));
    expect(second.events).toMatchObject([{ seq: 12 }]);
    const third = await json<{ events: object[]; cursor: string }>(get(`/api/events?after=${second.cursor}`));
    expect(third).toMatchObject({ events: [], cursor: 'k3f9-12' });
  });

  it('returns the changed fields of an update and only the URL of a removed item', async () => {
    const { get, reads } = makeApp();
    const gone = JSON.stringify({ id: 2, url: 'https://example.org/news/2' });
    reads.log = [
      makeEvent(1, anItem(1), { op: 'update', changed: ['title'] }),
      makeEvent(2, anItem(2), { op: 'remove', body: gone }),
    ];
    const { events } = await json<{ events: object[] }>(get('/api/events'));
    expect(events).toMatchObject([
      { op: 'update', changed: ['title'] },
      { op: 'remove', item: { id: 2, url: 'https://example.org/news/2' } },
    ]);
    expect(Object.keys((events[1] as { item: object }).item)).toEqual(['id', 'url']);
  });

  it('starts at the end on request, with a cursor to continue from', async () => {
    const { get, reads } = makeApp();
    reads.log = log;
    expect(await json(get('/api/events?after=head'))).toMatchObject({ events: [], cursor: 'k3f9-12' });
  });

  it.each([
    ['other-11', 'epoch_changed'],
    ['k3f9-99', 'cursor_in_future'],
    ['k3f9-8', 'cursor_too_old'],
  ])('answers 410 to the cursor %s: %s', async (cursor, reason) => {
    const { get, reads } = makeApp();
    reads.log = log;
    reads.floor = 10;
    const response = await get(`/api/events?after=${cursor}`);
    expect(response.status).toBe(410);
    expect(await json(response)).toMatchObject({
      error: { code: reason },
      reset: { reason, epoch: 'k3f9', floor: 10, head: 12 },
    });
  });

  it('accepts a cursor just before the oldest event of the log', async () => {
    const { get, reads } = makeApp();
    reads.log = log;
    reads.floor = 10;
    const { events } = await json<{ events: object[] }>(get('/api/events?after=k3f9-9'));
    expect(events).toHaveLength(3);
  });

  it('refuses an invalid cursor', async () => {
    const response = await makeApp().get('/api/events?after=12');
    expect(response.status).toBe(400);
    expect((await json<ErrorBody>(response)).error.code).toBe('bad_cursor');
  });
});

describe('/api/sources and /api/sections', () => {
  it('report the state of a source without its failure code and local path', async () => {
    const { get, reads } = makeApp();
    const failing = { outcome: 'failed', failure: 'connect_error', failures: 3, failingSinceMs: noon } as const;
    reads.known = [makeSource({ ...failing, url: 'file:///srv/feeds/welcome.xml' })];
    const text = await (await get('/api/sources')).text();
    expect(JSON.parse(text)).toMatchObject({
      sources: [{ id: 'example', url: null, state: 'failing', failures: 3, failingSince: '2026-01-15T12:00:00.000Z' }],
    });
    expect(text).not.toMatch(/connect|srv/);
  });

  it('leave out a removed source, whose items still have a page', async () => {
    const { get, reads } = makeApp([anItem(1)]);
    reads.known = [makeSource({ removed: true })];
    expect(await json(get('/api/sources'))).toEqual({ sources: [] });
    expect(await (await get('/sources')).text()).toContain('No sources are configured yet.');
    expect((await get('/sources/example')).status).toBe(200);
  });

  it('list the tabs first, then sections that only items have', async () => {
    const { get } = makeApp([anItem(1, { section: 'Old', sections: ['Old'] }), anItem(2)]);
    expect(await json(get('/api/sections'))).toEqual({
      sections: [
        { name: 'World', slug: 'world', items: 1 },
        { name: 'Science & Nature', slug: 'science-nature', items: 0 },
        { name: 'Old', slug: 'old', items: 1 },
      ],
    });
  });
});

describe('the API', () => {
  it.each([
    '/api/items',
    '/api/items/5',
    '/api/nope',
    '/api/sources',
    '/api/events?after=zzz',
    '/feed.rss',
  ])('allows every site to read %s', async (path) => {
    const response = await makeApp().get(path);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  });

  it.each([
    '/api/items/1',
    '/api/sources',
    '/api/sections',
    '/api/asyncapi.json',
  ])('refuses any parameter of %s, which has none', async (path) => {
    const { get } = makeApp([anItem(1)]);
    const refused = await get(`${path}?section=World`);
    expect(refused.status).toBe(400);
    const message = "The parameter 'section' is unknown. This address has no parameters.";
    expect(await refused.json()).toEqual({ error: { code: 'unknown_parameter', message } });
    expect((await get(path)).status).toBe(200);
  });

  it('answers 500 without details of an internal error, and logs it', async () => {
    const logged: object[] = [];
    const log = { debug() {}, info() {}, warn() {}, error: (facts: object) => void logged.push(facts) };
    const { get, reads } = makeApp([], { log });
    reads.fault = new Error('disk at /srv/secret is full');
    const response = await get('/api/items');
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(JSON.parse(text).error.code).toBe('internal_error');
    expect(text).not.toContain('disk');
    expect(logged).toMatchObject([{ err: reads.fault, path: '/api/items' }]);
  });

  it('sends an ETag and answers a conditional request with 304', async () => {
    const { get } = makeApp([anItem(1)]);
    const tag = (await get('/api/items')).headers.get('etag') ?? '';
    expect((await get('/api/items', { 'if-none-match': tag })).status).toBe(304);
  });
});
