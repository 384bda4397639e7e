import { describe, expect, it } from 'vitest';
import { getPage } from '../../support/page-elements.ts';
import { makeApp, makeItem } from '../../support/web/test-app.ts';

const library = [
  makeItem(1, {
    title: 'Budget vote postponed',
    summary: 'The council met.',
    contentHtml: '<p>No <b>budget</b> yet.</p>',
  }),
  makeItem(2, {
    title: 'Other news',
    summary: 'Nothing of it.',
    contentHtml: '<p>At the end the BÜDGET came &amp; went.</p>',
  }),
  makeItem(3, { title: 'Cricket', summary: 'A game.', contentHtml: '' }),
];

describe('the search page', () => {
  it('lists what was found, newest first, with what was searched for marked', async () => {
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

  it('shows a question and what it finds as text, whatever they look like', async () => {
    const title = '"><script>alert("budget")</script>';
    const { html, textOf } = await getPage(makeApp([makeItem(1, { title })]), `/search?q=${encodeURIComponent(title)}`);
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
    expect(byClass('follow')[0]?.text).toContain('wss://news.example.com/live?q=budget+-cricket');
    expect(byClass('arrivals')[0]?.attributes).toMatchObject({ 'data-q': 'budget -cricket', 'data-cursor': 'k3f9-0' });
  });

  it('ranks by relevance when it is asked to, and pages on in that order', async () => {
    const app = makeApp(library);
    const { byName } = await getPage(app, '/search?q=budget&sort=relevance');
    expect(app.reads.queries.at(-1)).toMatchObject({ byRelevance: true, filter: { q: 'budget' } });
    const current = byName('a').filter(({ attributes }) => attributes['aria-current'] === 'true');
    expect(current.map(({ text }) => text)).toEqual(['Best match first']);
    await app.get('/search?q=budget&sort=relevance&before=r30-7');
    expect(app.reads.queries.at(-1)?.before).toBe('r30-7');
  });

  it('leads on to more results and keeps the question', async () => {
    const many = Array.from({ length: 35 }, (_, index) => makeItem(index + 1));
    const { all } = await getPage(makeApp(many), '/search?q=headline');
    const next = all.find(({ attributes }) => attributes['rel'] === 'next')?.attributes['href'] ?? '';
    expect(next).toMatch(/^\/search\?q=headline&before=\d+-6$/);
    const second = await getPage(makeApp(many), next);
    expect(second.byClass('item')).toHaveLength(5);
    expect(second.byClass('arrivals')).toEqual([]);
  });

  it('says how to search when nothing is asked', async () => {
    const { response, byClass, textOf } = await getPage(makeApp(library), '/search');
    expect(response.status).toBe(200);
    expect(textOf('h1')).toEqual(['Search']);
    expect(byClass('help')[0]?.text).toContain('"budget vote"');
  });

  it('says what to try when nothing is found', async () => {
    const { byClass, byName } = await getPage(makeApp(library), '/search?q=zebra');
    expect(byClass('empty')[0]?.text).toContain('leave a word out');
    expect(byName('mark')).toEqual([]);
  });

  it.each([
    ['q=!!', 'q must contain words to search for'],
    [`q=${'x'.repeat(201)}`, 'at most 200 characters'],
    ['q=a&before=nonsense', 'next'],
    ['q=a&sort=best', 'sort must be newest or relevance'],
  ])('says what is wrong with ?%s, with the box to mend it in', async (query, why) => {
    const { response, byClass, all } = await getPage(makeApp(library), `/search?${query}`);
    expect(response.status).toBe(400);
    expect(byClass('empty')[0]?.text).toContain(why);
    expect(all.some(({ attributes }) => attributes['id'] === 'search-box')).toBe(true);
  });
});
