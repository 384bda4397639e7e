import { Feed } from 'feed';
import { commonLanguage, type OutputEntry, type OutputFeed } from './output-feed.ts';
import { XmlPlaceholders } from './xml-placeholders.ts';
import { element, escapeXml, htmlForCdata, textElement, textToHtml, withStylesheet } from './xml-text.ts';

const ttlMinutes = 5;

// The `feed` package declares a namespace only for what it writes itself, and we write more.
const startTag = `<rss version="2.0" ${[
  'xmlns:atom="http://www.w3.org/2005/Atom"',
  'xmlns:content="http://purl.org/rss/1.0/modules/content/"',
  'xmlns:dc="http://purl.org/dc/elements/1.1/"',
  'xmlns:media="http://search.yahoo.com/mrss/"',
].join(' ')}>`;

/** RSS 2.0 with content:encoded, dc:creator, dc:language, source, media:content and media:thumbnail. */
export function renderRss(output: OutputFeed): string {
  const slots = new XmlPlaceholders();
  const language = commonLanguage(output.entries);
  const feed = new Feed({
    title: slots.add(titleElement(output.title)),
    description: slots.add(textElement('description', output.description)),
    link: output.homeUrl,
    updated: new Date(output.updatedMs),
    generator: 'Newswire',
    ttl: ttlMinutes,
    ...(language === null ? {} : { language }),
    copyright: slots.add(feedLinks(output)),
  });
  for (const entry of [...output.entries, ...output.withdrawalNotices]) {
    feed.addItem({
      title: slots.add(titleElement(entry.title)),
      link: entry.url,
      guid: entry.id,
      date: new Date(entry.publishedMs),
      // Some readers show nothing of an item that has no description, whatever else it has.
      description: textToHtml(entry.description),
      ...(entry.html === '' ? {} : { content: htmlForCdata(entry.html) }),
      extensions: [{ name: 'more', objects: { _text: slots.add(moreOf(entry)) } }],
    });
  }
  return withStylesheet(slots.fill(feed.rss2()).replace(/<rss [^>]*>/, startTag), output.styleUrl);
}

/**
 * A title as a reader shows it that takes titles for text, and one that takes them for HTML: RSS does not say which they
 * are, and either escaping spoils them for the others. A zero-width space keeps a `<` from beginning a tag and an `&`
 * from beginning a reference. docs/adr/0015 has the readers that were tried.
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

/** What the `feed` package cannot say of an RSS item, or does not escape. */
function moreOf(entry: OutputEntry): string {
  return [
    ...(entry.author === null ? [] : [textElement('dc:creator', entry.author)]),
    ...(entry.language === null ? [] : [textElement('dc:language', entry.language)]),
    ...entry.categories.map((category) => textElement('category', category)),
    ...attached(entry),
    element('source', { url: entry.source.feedUrl }, escapeXml(entry.source.title)),
  ].join('');
}

function attached({ enclosures: [first, ...rest], imageUrl }: OutputEntry): string[] {
  const picture = imageUrl !== null && imageUrl !== first?.url && !rest.some(({ url }) => url === imageUrl);
  return [
    // RSS 2.0 knows one enclosure an item, and demands a length: 0 stands for unknown.
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
