/** An entry of a feed document for a test. */
export interface Entry {
  readonly guid?: string;
  readonly title: string;
  readonly link?: string;
  readonly date?: Date;
  readonly text?: string;
  readonly author?: string;
}

/** Escapes text for XML. */
export function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

function element(name: string, text: string | undefined): string {
  return text === undefined ? '' : `<${name}>${escapeXml(text)}</${name}>`;
}

/** An RSS 2.0 document. */
export function rssDocument(
  channel: { readonly title: string; readonly link: string },
  entries: readonly Entry[],
): string {
  const items = entries.map((entry) =>
    [
      '<item>',
      element('title', entry.title),
      element('link', entry.link),
      entry.guid === undefined ? '' : `<guid isPermaLink="false">${escapeXml(entry.guid)}</guid>`,
      element('pubDate', entry.date?.toUTCString()),
      element('description', entry.text),
      element('dc:creator', entry.author),
      '</item>',
    ].join(''),
  );
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>',
    element('title', channel.title),
    element('link', channel.link),
    '<description>made for a test</description>',
    ...items,
    '</channel></rss>',
  ].join('\n');
}
