import { Feed } from 'feed';
import { commonLanguage, type OutputEntry, type OutputFeed } from './output-feed.ts';
import { element, escapeXml, htmlForCdata, textElement, withStylesheet, XmlPlaceholders } from './xml-text.ts';

const ttlMinutes = 5;

// The `feed` package declares the namespaces of its own elements only.
const startTag = `<rss version="2.0" ${[
  'xmlns:atom="http://www.w3.org/2005/Atom"',
  'xmlns:content="http://purl.org/rss/1.0/modules/content/"',
  'xmlns:dc="http://purl.org/dc/elements/1.1/"',
  'xmlns:media="http://search.yahoo.com/mrss/"',
].join(' ')}>`;

/** RSS 2.0 with content:encoded, dc:creator, dc:language, source, media:content and media:thumbnail. */
export function renderRss(output: OutputFeed): string {
  const placeholders = new XmlPlaceholders();
  const language = commonLanguage(output.entries);
  const feed = new Feed({
    title: placeholders.add(titleElement(output.title)),
    description: placeholders.add(textElement('description', output.description)),
    link: output.homeUrl,
    updated: new Date(output.updatedMs),
    generator: 'Newswire',
    ttl: ttlMinutes,
    ...(language === null ? {} : { language }),
    copyright: placeholders.add(feedLinks(output)),
  });
  for (const entry of [...output.entries, ...output.withdrawalNotices]) {
    feed.addItem({
      title: placeholders.add(titleElement(entry.title)),
      link: entry.url,
      guid: entry.id,
      date: new Date(entry.publishedMs),
      // Some readers show nothing of an item without a description.
      description: escapeXml(entry.description),
      ...(entry.html === '' ? {} : { content: htmlForCdata(entry.html) }),
      extensions: [{ name: 'more', objects: { _text: placeholders.add(itemElements(entry)) } }],
    });
  }
  return withStylesheet(placeholders.fill(feed.rss2()).replace(/<rss [^>]*>/, startTag), output.styleUrl);
}

/**
 * A title that is correct in readers that treat titles as text and in readers that treat them as HTML: RSS does not
 * specify which, and escaping for one is wrong for the other. A zero-width space keeps `<` from starting a tag and `&` from
 * starting a reference. docs/adr/0015 lists the readers that were tried.
 */
function titleElement(title: string): string {
  const text = title.replace(/<(?=[a-z/!?])|&(?=#?\w+;)/gi, '$&\u200b');
  return textElement('title', text);
}

function feedLinks(output: OutputFeed): string {
  const self = element('atom:link', { rel: 'self', type: 'application/rss+xml', href: output.selfUrl }, null);
  const hub = output.hubUrl === null ? '' : element('atom:link', { rel: 'hub', href: output.hubUrl }, null);
  if (output.nextUrl === null) return self + hub;
  return self + hub + element('atom:link', { rel: 'next', type: 'application/rss+xml', href: output.nextUrl }, null);
}

/** The elements of an item that the `feed` package cannot write, or does not escape. */
function itemElements(entry: OutputEntry): string {
  return [
    ...(entry.author === null ? [] : [textElement('dc:creator', entry.author)]),
    ...(entry.language === null ? [] : [textElement('dc:language', entry.language)]),
    ...entry.categories.map((category) => textElement('category', category)),
    ...mediaElements(entry),
    element('source', { url: entry.source.feedUrl }, escapeXml(entry.source.title)),
  ].join('');
}

function mediaElements({ enclosures: [first, ...rest], imageUrl }: OutputEntry): string[] {
  const picture = imageUrl !== null && imageUrl !== first?.url && !rest.some(({ url }) => url === imageUrl);
  return [
    // RSS 2.0 allows one enclosure for each item and requires a length. 0 means unknown.
    ...(first === undefined
      ? []
      : [element('enclosure', { url: first.url, length: first.length ?? 0, type: typeOf(first.type) }, null)]),
    ...rest.map((more) => element('media:content', { url: more.url, type: more.type, fileSize: more.length }, null)),
    ...(picture ? [element('media:content', { url: imageUrl, medium: 'image' }, null)] : []),
    ...(imageUrl === null ? [] : [element('media:thumbnail', { url: imageUrl }, null)]),
  ];
}

function typeOf(type: string | null): string {
  return type ?? 'application/octet-stream';
}
