import { Feed } from 'feed';
import type { Article } from './editor.ts';
import type { Outlet } from './outlets.ts';

const contentTypes = {
  rss: 'application/rss+xml; charset=utf-8',
  atom: 'application/atom+xml; charset=utf-8',
  json: 'application/feed+json; charset=utf-8',
} as const;

/** The path of the feed of an outlet. */
export function feedPath(outlet: Outlet): string {
  return `/${outlet.id}/feed.${outlet.format === 'json' ? 'json' : 'xml'}`;
}

/** Renders the feed of an outlet in its format. */
export function renderFeed(
  outlet: Outlet,
  articles: readonly Article[],
  base: string,
): { readonly type: string; readonly body: string } {
  const changedMs = Math.max(0, ...articles.map((article) => article.updatedMs ?? article.publishedMs));
  const feed = new Feed({
    id: `tag:example.org,2024:${outlet.id}`,
    title: outlet.title,
    description: `Fictional news for a demonstration: ${outlet.section}`,
    link: `${base}/${outlet.id}/`,
    language: 'en',
    copyright: 'Fictional; free to use',
    updated: new Date(changedMs),
    feedLinks: { [outlet.format]: `${base}${feedPath(outlet)}` },
  });
  for (const article of articles) {
    feed.addItem({
      id: `tag:example.org,2024:${outlet.id}:${article.number}`,
      guid: `tag:example.org,2024:${outlet.id}:${article.number}`,
      title: article.headline,
      link: `${base}${article.path}`,
      description: article.lead,
      content: paragraphsHtml(article),
      ...(article.pictureSeed === null ? {} : { image: pictureUrl(article.pictureSeed, base) }),
      author: [{ name: article.byline }],
      category: [{ name: article.topic }],
      published: new Date(article.publishedMs),
      date: new Date(article.updatedMs ?? article.publishedMs),
    });
  }
  const write = { rss: () => feed.rss2(), atom: () => feed.atom1(), json: () => feed.json1() };
  return { type: contentTypes[outlet.format], body: write[outlet.format]() };
}

/** Renders the page of an article. */
export function renderArticlePage(article: Article, base: string): string {
  const picture =
    article.pictureSeed === null
      ? ''
      : `<p><img src="${pictureUrl(article.pictureSeed, base)}" alt="" width="480"></p>\n`;
  return page(
    article.headline,
    `<p><a href="/${article.outlet.id}/">${escapeHtml(article.outlet.title)}</a> · fictional, for a demonstration</p>
<h1>${escapeHtml(article.headline)}</h1>
<p>${escapeHtml(article.byline)}</p>
${picture}${paragraphsHtml(article)}`,
  );
}

/** Renders the home page of an outlet. */
export function renderFrontPage(outlet: Outlet, articles: readonly Article[]): string {
  const lines = articles.map((article) => `<li><a href="${article.path}">${escapeHtml(article.headline)}</a></li>`);
  return page(outlet.title, `<h1>${escapeHtml(outlet.title)}</h1>\n<ul>\n${lines.join('\n')}\n</ul>`);
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<body style="max-width:42rem;margin:2rem auto;padding:0 1rem;font:1rem/1.6 system-ui">
${body}
</body>
</html>
`;
}

function paragraphsHtml(article: Article): string {
  return [article.lead, ...article.paragraphs].map((text) => `<p>${escapeHtml(text)}</p>`).join('\n');
}

function pictureUrl(seed: number, base: string): string {
  return `${base}/pictures/${seed}.svg`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
