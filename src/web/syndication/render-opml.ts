import { isMasked } from '../../domain/masking.ts';
import { slug } from '../../domain/slug.ts';
import { element, escapeXml, textElement, toWebUrl, withStylesheet, xmlSafe } from './xml-text.ts';

/** The content of the OPML document. */
export interface OpmlList {
  readonly title: string;
  /** In their order. */
  readonly sections: readonly string[];
  readonly sources: readonly OpmlSource[];
}

/** A declared source. */
export interface OpmlSource {
  readonly id: string;
  readonly title: string;
  readonly section: string;
  /** As declared. Instead of a local URL, or of one with a secret, the list has the URL of our own feed of the source. */
  readonly url: string;
  readonly siteUrl: string | null;
}

/**
 * Renders the declared sources as OPML 2.0 with our stylesheet, for browsers and other readers.
 *
 * @param publicUrl without a trailing slash.
 */
export function renderOpml(list: OpmlList, publicUrl: string): string {
  const base = new URL(publicUrl).pathname.replace(/\/$/, '');
  return withStylesheet(
    opmlDocument(list, (id) => ownFeedUrl(publicUrl, id)),
    `${base}/feed.css`,
  );
}

/** The URL of our own feed of a source. @param publicUrl without a trailing slash. */
export function ownFeedUrl(publicUrl: string, id: string): string {
  return `${publicUrl}/sources/${encodeURIComponent(id)}/feed.rss`;
}

/** The URL of a source that others can request; null: it is a local file, or contains a secret. */
export function publicSourceUrl(url: string): string | null {
  return isMasked(url) ? null : toWebUrl(url);
}

/**
 * Renders the declared sources as OPML 2.0, with an outline for each section, so that other readers can import them.
 *
 * @param replacementUrl the URL for a source whose own is local or has a secret; null: the source is left out.
 */
export function opmlDocument(list: OpmlList, replacementUrl: (id: string) => string | null): string {
  const bySection = Map.groupBy(list.sources, ({ section }) => slug(section));
  const named = [...list.sections, ...list.sources.map(({ section }) => section)].map(slug);
  const order = [...new Set(named)].filter((key) => bySection.has(key));
  const outlines = order.flatMap((key) => {
    const sources = bySection.get(key) ?? [];
    const name = xmlSafe(sources[0]?.section ?? key);
    const inside = sources.flatMap((source) => outlineOf(source, replacementUrl) ?? []).join('\n');
    if (inside === '') return [];
    return `    <outline text="${escapeXml(name)}" title="${escapeXml(name)}">\n${inside}\n    </outline>`;
  });
  const head = `  <head>\n    ${textElement('title', list.title)}\n    ${textElement('docs', 'http://opml.org/spec2.opml')}\n  </head>`;
  const body = `  <body>\n${outlines.join('\n')}\n  </body>`;
  const start = '<?xml version="1.0" encoding="utf-8"?>';
  return `${start}\n<opml version="2.0">\n${head}\n${body}\n</opml>\n`;
}

function outlineOf(source: OpmlSource, replacementUrl: (id: string) => string | null): string | null {
  const { id, title, url, siteUrl } = source;
  const text = xmlSafe(title).trim() || id;
  const xmlUrl = publicSourceUrl(url) ?? replacementUrl(id);
  if (xmlUrl === null) return null;
  return `      ${element('outline', { type: 'rss', text, title: text, xmlUrl, htmlUrl: toWebUrl(siteUrl) }, null)}`;
}
