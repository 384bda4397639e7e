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
 * Renders the declared sources as OPML 2.0, with an outline for each section, so that other readers can import them.
 *
 * @param publicUrl without a trailing slash.
 */
export function renderOpml(list: OpmlList, publicUrl: string): string {
  const bySection = Map.groupBy(list.sources, ({ section }) => slug(section));
  const named = [...list.sections, ...list.sources.map(({ section }) => section)].map(slug);
  const order = [...new Set(named)].filter((key) => bySection.has(key));
  const outlines = order.map((key) => {
    const sources = bySection.get(key) ?? [];
    const name = xmlSafe(sources[0]?.section ?? key);
    const inside = sources.map((source) => outlineOf(source, publicUrl)).join('\n');
    return `    <outline text="${escapeXml(name)}" title="${escapeXml(name)}">\n${inside}\n    </outline>`;
  });
  const head = `  <head>\n    ${textElement('title', list.title)}\n    ${textElement('docs', 'http://opml.org/spec2.opml')}\n  </head>`;
  const body = `  <body>\n${outlines.join('\n')}\n  </body>`;
  const start = '<?xml version="1.0" encoding="utf-8"?>';
  const base = new URL(publicUrl).pathname.replace(/\/$/, '');
  return withStylesheet(`${start}\n<opml version="2.0">\n${head}\n${body}\n</opml>\n`, `${base}/feed.css`);
}

function outlineOf({ id, title, url, siteUrl }: OpmlSource, publicUrl: string): string {
  const text = xmlSafe(title).trim() || id;
  const xmlUrl = (isMasked(url) ? null : toWebUrl(url)) ?? `${publicUrl}/sources/${encodeURIComponent(id)}/feed.rss`;
  return `      ${element('outline', { type: 'rss', text, title: text, xmlUrl, htmlUrl: toWebUrl(siteUrl) }, null)}`;
}
