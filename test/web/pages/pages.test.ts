import { describe, expect, it } from 'vitest';
import { anItem } from '../../support/builders.ts';
import { getPage } from '../../support/page-elements.ts';
import { makeApp, makeSource, noon, site } from '../../support/web/test-app.ts';

const titled = { title: '<script>alert("&")</script>', summary: 'a < b & "c"', author: "O'Neil <o@example.org>" };

describe('the front page', () => {
  it('leads with the newest picture near the top and lists the rest, newest first', async () => {
    const app = makeApp([anItem(1), anItem(2, { imageUrl: 'https://example.org/2.jpg' }), anItem(3)]);
    const { byClass } = await getPage(app, '/');
    expect(byClass('lead')[0]?.text).toContain('Headline 2');
    expect(byClass('item').map(({ text }) => text)).toEqual([
      expect.stringContaining('Headline 3'),
      expect.stringContaining('Headline 1'),
    ]);
  });

  it('shows section, headline, date in the format of the site, source and summary of each item', async () => {
    const app = makeApp([anItem(1), anItem(2)], {
      site: () => ({ ...site, timezone: 'Asia/Tokyo', dateline: 'yyyy/MM/dd HH.mm' }),
    });
    const { byClass } = await getPage(app, '/');
    expect(byClass('item')[0]?.text).toBe('World Headline 1 2026/01/15 04.21 Example Summary of 1.');
  });

  it('contains the title of the site, a tab for each section, and links to the feeds', async () => {
    const { byName, byClass } = await getPage(makeApp(), '/');
    expect(byName('title')[0]?.text).toBe('The Daily Example');
    expect(byName('h1').map(({ text }) => text)).toEqual(['The Daily Example']);
    expect(byClass('tabs')[0]?.text).toBe('Front page World Science & Nature');
    const links = byName('link').filter(({ attributes }) => attributes['rel'] === 'alternate');
    expect(links.map(({ attributes }) => attributes['href'])).toEqual(['/feed.rss', '/feed.atom', '/feed.json']);
  });

  it('contains the News feed with the log cursor from which it continues', async () => {
    const app = makeApp([anItem(1), anItem(2)]);
    const { byName, byClass } = await getPage(app, '/');
    const [aside] = byName('aside');
    expect(aside?.attributes).toMatchObject({ 'data-cursor': 'k3f9-0', 'data-timezone': 'UTC' });
    const lines = byClass('news-feed-list')[0]?.text;
    expect(lines).toContain('Headline 2');
    expect(lines?.indexOf('Headline 2')).toBeLessThan(lines?.indexOf('Headline 1') ?? 0);
  });

  it('escapes everything that publishers wrote', async () => {
    const { html, byClass, byName } = await getPage(makeApp([anItem(1, titled), anItem(2, titled)]), '/');
    expect(byClass('headline')[1]?.text).toBe(titled.title);
    expect(byName('script')).toHaveLength(1);
    expect(html).not.toContain('<script>alert');
  });

  it('loads no picture over http', async () => {
    const { byName } = await getPage(makeApp([anItem(1, { imageUrl: 'http://example.org/1.jpg' })]), '/');
    expect(byName('img')).toEqual([]);
  });

  it('shows pictures of a configured origin and allows them in the Content-Security-Policy', async () => {
    const items = [
      anItem(1, { imageUrl: 'http://127.0.0.1:81/a.jpg' }),
      anItem(2, { imageUrl: 'http://127.0.0.1:8/b' }),
    ];
    const { byName, response } = await getPage(makeApp(items, { pictureOrigins: ['http://127.0.0.1:8'] }), '/');
    expect(byName('img').map(({ attributes }) => attributes['src'])).toEqual(['http://127.0.0.1:8/b']);
    expect(response.headers.get('content-security-policy')).toContain("img-src 'self' https: http://127.0.0.1:8;");
  });

  it('links to older items, on a page without a lead', async () => {
    const app = makeApp(Array.from({ length: 35 }, (_, index) => anItem(index + 1)));
    const first = await getPage(app, '/');
    const older = first.all.find(({ attributes }) => attributes['rel'] === 'next')?.attributes['href'] ?? '';
    const second = await getPage(app, older.replace('https://news.example.com', ''));
    expect(second.byClass('lead')).toEqual([]);
    expect(second.byClass('item').map(({ text }) => text)).toHaveLength(5);
  });

  it('shows a message when there are no items', async () => {
    expect((await getPage(makeApp(), '/')).byClass('empty')).toHaveLength(1);
  });

  it('contains no inline script, style or event handler', async () => {
    const { all, byName } = await getPage(makeApp([anItem(1)]), '/');
    expect(byName('script').map(({ text, attributes }) => [text, attributes['type']])).toEqual([['', 'module']]);
    expect(byName('style')).toEqual([]);
    const names = all.flatMap(({ attributes }) => Object.keys(attributes));
    expect(names.filter((name) => name === 'style' || name.startsWith('on'))).toEqual([]);
  });
});

describe('a section page', () => {
  it('lists the items of the section only, under its name and tab', async () => {
    const app = makeApp([anItem(1), anItem(2, { section: 'Science & Nature', sections: ['Science & Nature'] })]);
    const { byName, byClass, all } = await getPage(app, '/sections/science-nature');
    expect(byName('h1')[0]?.text).toBe('Science & Nature');
    expect([...byClass('lead'), ...byClass('item')].map(({ text }) => text)).toEqual([
      expect.stringContaining('Headline 2'),
    ]);
    expect(all.filter(({ attributes }) => attributes['aria-current'] === 'page').map(({ text }) => text)).toEqual([
      'Science & Nature',
    ]);
  });

  it('answers 404 for an unknown section, and 200 while a stored item has it', async () => {
    const app = makeApp([anItem(1, { section: 'Old', sections: ['Old'] })]);
    expect((await app.get('/sections/nope')).status).toBe(404);
    expect((await app.get('/sections/old')).status).toBe(200);
  });
});

describe('an item page', () => {
  const item = anItem(7, {
    author: 'A. Writer',
    updatedMs: noon,
    alsoIn: [{ id: 'other', title: 'Other <Paper>' }],
    categories: ['rail & road'],
  });

  it('shows section, headline, dates, byline, text and other sources of the item', async () => {
    const { byClass, byName } = await getPage(makeApp([item]), '/items/7');
    expect(byName('h1')[0]?.text).toBe('Headline 7');
    expect(byClass('kicker')[0]?.text).toBe('World');
    expect(byClass('meta')[0]?.text).toBe('14.01.26 19:27 updated 15.01.26 12:00');
    expect(byClass('byline')[0]?.text).toBe('By A. Writer, Example');
    expect(byClass('item-text')[0]?.text).toBe('Text of 7.');
    expect(byClass('also-in')[0]?.text).toBe('Also in Other <Paper>');
    expect(byClass('categories')[0]?.text).toBe('rail & road');
    expect(byName('aside')).toHaveLength(1);
  });

  it('links to the original without a referrer', async () => {
    const { byClass, all } = await getPage(makeApp([item]), '/items/7');
    const link = all.find(({ attributes }) => attributes['href'] === item.url);
    expect(byClass('original')[0]?.text).toBe('Read the original at example.org');
    expect(link?.attributes).toMatchObject({
      rel: 'noopener noreferrer nofollow ugc',
      referrerpolicy: 'no-referrer',
    });
  });

  it('shows the summary when the text may not be republished', async () => {
    const { byClass } = await getPage(makeApp([anItem(7, { contentHtml: '', summary: 'a < b' })]), '/items/7');
    expect(byClass('item-text')[0]?.text).toBe('a < b');
  });

  it('plays audio over https and links to all enclosures', async () => {
    const enclosures = [
      { url: 'https://example.org/a.mp3', type: 'audio/mpeg', length: 12_400_000 },
      { url: 'http://example.org/b.pdf', type: null, length: null },
    ];
    const { byClass, byName } = await getPage(makeApp([anItem(7, { enclosures })]), '/items/7');
    expect(byName('audio').map(({ attributes }) => attributes['src'])).toEqual(['https://example.org/a.mp3']);
    expect(byClass('enclosures')[0]?.text).toBe(
      'Attachment at example.org (audio/mpeg, 12.4 MB) Attachment at example.org',
    );
  });

  it('does not list the shown picture among the enclosures', async () => {
    const imageUrl = 'https://example.org/quay.jpg';
    const enclosures = [{ url: imageUrl, type: 'image/jpeg', length: null }];
    const { byClass, byName } = await getPage(makeApp([anItem(7, { imageUrl, enclosures })]), '/items/7');
    expect(byName('img').map(({ attributes }) => attributes['src'])).toContain(imageUrl);
    expect(byClass('enclosures')).toEqual([]);
  });

  it('answers 410 for a withdrawn item and 404 for an unknown one', async () => {
    const app = makeApp([anItem(7, { withdrawnMs: noon })]);
    const gone = await app.get('/items/7');
    expect(gone.status).toBe(410);
    expect(await gone.text()).toContain('This item was withdrawn.');
    expect((await app.get('/items/8')).status).toBe(404);
    expect((await app.get('/items/seven')).status).toBe(404);
  });
});

describe('the sources page', () => {
  it('shows each source with its state', async () => {
    const app = makeApp();
    app.reads.known = [
      makeSource(),
      makeSource({ id: 'b', title: 'B & Co', outcome: 'failed', failure: 'dns_error', failingSinceMs: noon }),
      makeSource({ id: 'c', title: 'C', outcome: null, checkedMs: null, items: 0 }),
      makeSource({ id: 'd', title: 'D', publishedToStoredMs: 245_000, storedToPushedMs: 12.4 }),
      makeSource({ id: 'e', title: 'E', publishedToStoredMs: 200_000_000 }),
      makeSource({ id: 'f', title: 'F', storedToPushedMs: 0.2 }),
    ];
    const next = '15.01.26 12:15 adaptive interval 15 min';
    const { byName, html } = await getPage(app, '/sources');
    expect(byName('tr').map(({ text }) => text)).toEqual([
      'Source Section State Last poll Next poll Delay Items Feeds',
      `Example World OK 15.01.26 12:00 ${next} – 3 RSS Atom JSON`,
      'B & Co World Failing since 15.01.26 12:00 15.01.26 12:00 15.01.26 12:15 polled less often while failing – 3 RSS Atom JSON',
      `C World Not polled yet – ${next} – 0 RSS Atom JSON`,
      `D World OK 15.01.26 12:00 ${next} 4 min, then 12 ms 3 RSS Atom JSON`,
      `E World OK 15.01.26 12:00 ${next} 2 d 3 RSS Atom JSON`,
      `F World OK 15.01.26 12:00 ${next} –, then 1 ms 3 RSS Atom JSON`,
    ]);
    expect(html).not.toContain('dns_error');
  });

  it('links to a page for each source with its items', async () => {
    const { byName, byClass } = await getPage(makeApp([anItem(1)]), '/sources/example');
    expect(byName('h1')[0]?.text).toBe('Example');
    expect(byClass('item')).toHaveLength(1);
  });
});

describe('error pages', () => {
  it.each([
    '/nope',
    '/items/<script>',
    '/sections/%3Cscript%3Ealert(1)',
    '/%E0%A4%A',
    '/public/x/secret',
  ])('reflect nothing of %s', async (path) => {
    const { response, html, byName } = await getPage(makeApp(), path);
    expect(response.status).toBe(404);
    expect(html).not.toMatch(/nope|alert|secret|%E0/);
    expect(byName('h1')[0]?.text).toBe('Not found');
  });

  it('are shown when the store fails', async () => {
    const app = makeApp();
    app.reads.fault = new Error('no such table: item');
    const { response, html, byClass } = await getPage(app, '/');
    expect(response.status).toBe(500);
    expect(html).not.toContain('table');
    expect(byClass('tabs')[0]?.text).toContain('World');
  });

  it('answer 405 for an unsupported method', async () => {
    const response = await makeApp().app.request('/', { method: 'DELETE' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });
});

describe('a page', () => {
  it.each([
    '/',
    '/sections/world',
    '/sources',
    '/items/1',
    '/nope',
  ])('at %s has one main, one heading of the first rank and a way past the masthead', async (path) => {
    const { all, byName, byClass } = await getPage(makeApp([anItem(1)]), path);
    expect(byName('main').map(({ attributes }) => attributes['id'])).toEqual(['main']);
    expect(byName('h1')).toHaveLength(1);
    expect(byClass('skip-link')[0]?.attributes['href']).toBe('#main');
    expect(all[0]?.attributes['lang']).toBe('en');
  });

  it('prefixes every address with the path of the public URL', async () => {
    const app = makeApp([anItem(1)], { publicUrl: 'https://example.org/news' });
    const { all } = await getPage(app, '/items/1');
    const own = all
      .map(({ attributes }) => attributes['href'] ?? attributes['src'] ?? '')
      .filter((address) => address.startsWith('/'));
    expect(own.length).toBeGreaterThan(10);
    expect(own.filter((address) => !address.startsWith('/news/'))).toEqual([]);
  });

  it('is answered with 304 while it has not changed', async () => {
    const { get, reads } = makeApp([anItem(1)]);
    const tag = (await get('/')).headers.get('etag') ?? '';
    expect((await get('/', { 'if-none-match': tag })).status).toBe(304);
    reads.list = [anItem(1), anItem(2)];
    expect((await get('/', { 'if-none-match': tag })).status).toBe(200);
  });
});
