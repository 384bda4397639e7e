import RssParser from 'rss-parser';
import { describe, expect, it } from 'vitest';
import type { Article } from '../../src/demo/editor.ts';
import { type Outlet, outlets } from '../../src/demo/outlets.ts';
import { feedPath, renderArticlePage, renderFeed, renderFrontPage } from '../../src/demo/render-outlet.ts';

const base = 'http://127.0.0.1:4711';
const outletWith = (format: Outlet['format']): Outlet => {
  const found = outlets.find((outlet) => outlet.format === format);
  if (found === undefined) throw new Error(`no outlet publishes ${format}`);
  return found;
};

function article(outlet: Outlet, over: Partial<Article> = {}): Article {
  return {
    number: 7,
    outlet,
    topic: 'Transport',
    headline: 'Rail & road: "a" < b',
    lead: 'A lead with <angle> brackets & more.',
    paragraphs: ['A second paragraph.'],
    byline: 'Night desk',
    publishedMs: Date.UTC(2024, 4, 1, 12),
    updatedMs: null,
    path: `/${outlet.id}/stories/7`,
    pictureSeed: 42,
    ...over,
  };
}

describe('renderFeed', () => {
  it.each(['rss', 'atom'] as const)('writes %s that a reader understands', async (format) => {
    const outlet = outletWith(format);
    const { body, type } = renderFeed(outlet, [article(outlet)], base);
    expect(type).toContain(`application/${format}+xml`);
    const feed = await new RssParser().parseString(body);
    expect(feed.title).toBe(outlet.title);
    expect(feed.items[0]).toMatchObject({
      title: 'Rail & road: "a" < b',
      link: `${base}/${outlet.id}/stories/7`,
      isoDate: '2024-05-01T12:00:00.000Z',
    });
    expect(body).toContain(`${base}/pictures/42.svg`);
    expect(body).toContain('Night desk');
    expect(body).toContain('Transport');
  });

  it('renders a JSON Feed', () => {
    const outlet = outletWith('json');
    const { body, type } = renderFeed(outlet, [article(outlet)], base);
    expect(type).toContain('application/feed+json');
    expect(JSON.parse(body)).toMatchObject({
      title: outlet.title,
      feed_url: `${base}${feedPath(outlet)}`,
      items: [
        {
          id: `tag:example.org,2024:${outlet.id}:7`,
          url: `${base}/${outlet.id}/stories/7`,
          title: 'Rail & road: "a" < b',
          content_html: '<p>A lead with &lt;angle&gt; brackets &amp; more.</p>\n<p>A second paragraph.</p>',
          image: `${base}/pictures/42.svg`,
          author: { name: 'Night desk' },
          tags: ['Transport'],
          date_published: '2024-05-01T12:00:00.000Z',
        },
      ],
    });
  });

  it('renders the same bytes for the same articles at any time', () => {
    for (const outlet of outlets) {
      const write = () => renderFeed(outlet, [article(outlet)], base).body;
      expect(write()).toBe(write());
    }
  });

  it('keeps the id of a corrected article and adds its update time', () => {
    const outlet = outletWith('atom');
    const before = renderFeed(outlet, [article(outlet)], base).body;
    const after = renderFeed(outlet, [article(outlet, { updatedMs: Date.UTC(2024, 4, 1, 13) })], base).body;
    const idOf = (body: string) => /<entry>.*?<id>(.*?)<\/id>/s.exec(body)?.[1];
    expect(idOf(after)).toBe(idOf(before));
    expect(after).toContain('<updated>2024-05-01T13:00:00.000Z</updated>');
    expect(after).toContain('<published>2024-05-01T12:00:00.000Z</published>');
  });

  it('omits the image of an article without one', () => {
    for (const outlet of outlets) {
      expect(renderFeed(outlet, [article(outlet, { pictureSeed: null })], base).body).not.toContain('/pictures/');
    }
  });

  it('renders a well-formed feed without articles', async () => {
    for (const outlet of outlets) {
      const { body } = renderFeed(outlet, [], base);
      if (outlet.format === 'json') expect(JSON.parse(body).items).toEqual([]);
      else expect((await new RssParser().parseString(body)).items).toEqual([]);
    }
  });
});

describe('renderArticlePage', () => {
  it('renders the article as escaped text', () => {
    const page = renderArticlePage(article(outletWith('rss')), base);
    expect(page).toContain('<h1>Rail &amp; road: &quot;a&quot; &lt; b</h1>');
    expect(page).toContain('<p>A lead with &lt;angle&gt; brackets &amp; more.</p>');
    expect(page).toContain(`src="${base}/pictures/42.svg"`);
    expect(renderArticlePage(article(outletWith('rss'), { pictureSeed: null }), base)).not.toContain('<img');
  });
});

describe('renderFrontPage', () => {
  it('links to every article', () => {
    const outlet = outletWith('rss');
    expect(renderFrontPage(outlet, [article(outlet)])).toContain(
      `<li><a href="/${outlet.id}/stories/7">Rail &amp; road: &quot;a&quot; &lt; b</a></li>`,
    );
  });
});
