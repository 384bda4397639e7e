import { describe, expect, it } from 'vitest';
import { anItem } from '../../support/builders.ts';
import { getPage } from '../../support/page-elements.ts';
import { makeApp } from '../../support/web/test-app.ts';

const library = [
  anItem(1, {
    title: 'Budget vote postponed',
    summary: 'The council met.',
    contentHtml: '<p>No <b>budget</b> yet.</p>',
  }),
  anItem(2, {
    title: 'Other news',
    summary: 'Nothing of it.',
    contentHtml: '<p>At the end the BÜDGET came &amp; went.</p>',
  }),
  anItem(3, { title: 'Cricket', summary: 'A game.', contentHtml: '' }),
];

describe('the search page', () => {
  it('lists the results, newest first, with matches highlighted', async () => {
    const { byClass, textOf, byName } = await getPage(makeApp(library), '/search?q=budget');
    expect(textOf('h1')).toEqual(['Search: budget']);
    expect(byClass('headline').map(({ text }) => text)).toEqual(['Other news', 'Budget vote postponed']);
    expect(textOf('mark')).toEqual(['BÜDGET', 'Budget', 'budget']);
    expect(byClass('summary').map(({ text }) => text)).toEqual([
      'At the end the BÜDGET came & went.',
      'No budget yet.',
    ]);
    expect(byName('input').find(({ attributes }) => attributes['name'] === 'q')?.attributes['value']).toBe('budget');
  });

  it('escapes the query and the results', async () => {
    const title = '"><script>alert("budget")</script>';
    const { html, textOf } = await getPage(makeApp([anItem(1, { title })]), `/search?q=${encodeURIComponent(title)}`);
    expect(html).not.toContain('<script>alert');
    expect(textOf('h1')).toEqual([`Search: ${title}`]);
    expect(textOf('script')).toHaveLength(1);
  });

  it('offers the search as a feed and as a live stream', async () => {
    const { byName, byClass } = await getPage(makeApp(library), '/search?q=budget+-cricket');
    const feeds = byName('link').filter(({ attributes }) => attributes['rel'] === 'alternate');
    expect(feeds.map(({ attributes }) => attributes['href'])).toEqual(
      ['rss', 'atom', 'json'].map((format) => `/feed.${format}?q=budget+-cricket`),
    );
    expect(byClass('follow-search')[0]?.text).toContain('wss://news.example.com/live?q=budget+-cricket');
    expect(byClass('new-items-notice')[0]?.attributes).toMatchObject({
      'data-q': 'budget -cricket',
      'data-cursor': 'k3f9-0',
    });
  });

  it('sorts by relevance on request and keeps the order on further pages', async () => {
    const app = makeApp(library);
    const { byName } = await getPage(app, '/search?q=budget&sort=relevance');
    expect(app.reads.queries.at(-1)).toMatchObject({ byRelevance: true, filter: { q: 'budget' } });
    const current = byName('a').filter(({ attributes }) => attributes['aria-current'] === 'true');
    expect(current.map(({ text }) => text)).toEqual(['Best match first']);
    await app.get('/search?q=budget&sort=relevance&before=r30-7');
    expect(app.reads.queries.at(-1)?.before).toBe('r30-7');
  });

  it('links to further results of the same query', async () => {
    const many = Array.from({ length: 35 }, (_, index) => anItem(index + 1));
    const { all } = await getPage(makeApp(many), '/search?q=headline');
    const next = all.find(({ attributes }) => attributes['rel'] === 'next')?.attributes['href'] ?? '';
    expect(next).toMatch(/^\/search\?q=headline&before=\d+-6$/);
    const second = await getPage(makeApp(many), next);
    expect(second.byClass('item')).toHaveLength(5);
    expect(second.byClass('new-items-notice')).toEqual([]);
  });

  it('explains the search syntax when the query is empty', async () => {
    const { response, byClass, textOf } = await getPage(makeApp(library), '/search');
    expect(response.status).toBe(200);
    expect(textOf('h1')).toEqual(['Search']);
    expect(byClass('search-help')[0]?.text).toContain('"budget vote"');
  });

  it('suggests what to change when nothing is found', async () => {
    const { byClass, byName } = await getPage(makeApp(library), '/search?q=zebra');
    expect(byClass('empty')[0]?.text).toContain('remove a word');
    expect(byName('mark')).toEqual([]);
  });

  it.each([
    ['q=!!', 'q must contain words to search for'],
    [`q=${'x'.repeat(201)}`, 'at most 200 characters'],
    ['q=a&before=nonsense', 'next'],
    ['q=a&sort=best', 'sort must be newest or relevance'],
  ])('explains what is wrong with ?%s next to the search box', async (query, why) => {
    const { response, byClass, all } = await getPage(makeApp(library), `/search?${query}`);
    expect(response.status).toBe(400);
    expect(byClass('empty')[0]?.text).toContain(why);
    expect(all.some(({ attributes }) => attributes['id'] === 'search-box')).toBe(true);
  });
});
