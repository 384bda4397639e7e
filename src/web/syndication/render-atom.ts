import { Feed } from 'feed';
import { commonLanguage, type OutputEntry, type OutputFeed } from './output-feed.ts';
import { element, escapeXml, htmlForCdata, textElement, withStylesheet, XmlPlaceholders } from './xml-text.ts';

// The `feed` package declares its own namespaces only. Validators warn about one that is declared but not used.
const namespaces = { at: 'http://purl.org/atompub/tombstones/1.0', media: 'http://search.yahoo.com/mrss/' } as const;

/**
 * Atom 1.0 (RFC 4287) with paging links (RFC 5005 §3), withdrawals (RFC 6721), languages and pictures.
 */
export function renderAtom(output: OutputFeed): string {
  const placeholders = new XmlPlaceholders();
  const feed = new Feed({
    id: output.selfUrl,
    title: placeholders.add(textElement('title', output.title)),
    description: placeholders.add(textElement('subtitle', output.description)),
    link: output.homeUrl,
    updated: new Date(output.updatedMs),
    generator: 'Newswire',
    feedLinks: { atom: output.selfUrl },
    copyright: placeholders.add(feedElements(output)),
  });
  for (const entry of [...output.entries, ...output.withdrawalNotices]) {
    feed.addItem({
      // Titles are plain text. The `feed` package would label them as HTML.
      title: placeholders.add(textElement('title', entry.title)),
      id: entry.id,
      link: entry.url,
      date: new Date(entry.updatedMs),
      published: new Date(entry.publishedMs),
      ...(entry.summary === '' ? {} : { description: escapeXml(entry.summary) }),
      ...(entry.html === '' ? {} : { content: htmlForCdata(entry.html) }),
      copyright: placeholders.add(entryElements(entry)),
    });
  }
  return withStylesheet(placeholders.fill(withLanguages(feed.atom1(), output)), output.styleUrl);
}

/**
 * Adds attributes to the start tags that the `feed` package writes. A publisher's text cannot contain another `<entry>`:
 * it is escaped, in a CDATA section of sanitised HTML, or not yet in the document.
 */
function withLanguages(document: string, { entries, withdrawalNotices, tombstones }: OutputFeed): string {
  const shared = commonLanguage(entries);
  const languages = [...entries, ...withdrawalNotices].map(({ language }) => language);
  const declared = [
    ...(tombstones.length === 0 ? [] : [` xmlns:at="${namespaces.at}"`]),
    ...(entries.every(({ imageUrl }) => imageUrl === null) ? [] : [` xmlns:media="${namespaces.media}"`]),
  ].join('');
  let index = 0;
  return document.replace(/<(feed|entry)( [^>]*)?>/g, (_tag, name: string, attributes = '') => {
    if (name === 'feed') return `<feed${attributes}${declared}${xmlLang(shared)}>`;
    const language = languages[index++] ?? null;
    return `<entry${language === shared ? '' : xmlLang(language)}>`;
  });
}

function xmlLang(language: string | null): string {
  return language === null ? '' : ` xml:lang="${escapeXml(language)}"`;
}

/** RFC 4287 §4.1.1: a feed has an author unless each of its entries has one. */
function feedElements(output: OutputFeed): string {
  const { title, hubUrl, nextUrl, tombstones } = output;
  return [
    element('author', {}, textElement('name', title)),
    ...(hubUrl === null ? [] : [element('link', { rel: 'hub', href: hubUrl }, null)]),
    ...(nextUrl === null ? [] : [element('link', { rel: 'next', type: 'application/atom+xml', href: nextUrl }, null)]),
    ...tombstones.map(({ id, atMs }) =>
      element('at:deleted-entry', { ref: id, when: new Date(atMs).toISOString() }, null),
    ),
  ].join('');
}

/**
 * The elements of an entry that the `feed` package cannot write, or does not escape. An entry without an author inherits
 * that of the feed (RFC 4287 §4.2.1), and readers would attribute it to us, so the publisher is written as the author. The
 * readers that were tried look for the author in the entry, and few of them in its source.
 */
function entryElements(entry: OutputEntry): string {
  return [
    element('author', {}, textElement('name', entry.author ?? entry.source.title)),
    ...entry.categories.map((category) => element('category', { term: category }, null)),
    ...entry.enclosures.map(({ url, type, length }) =>
      element('link', { rel: 'enclosure', href: url, type, length }, null),
    ),
    ...entry.alsoIn.map(({ title, url }) => element('link', { rel: 'related', href: url, title }, null)),
    ...(entry.imageUrl === null ? [] : [element('media:thumbnail', { url: entry.imageUrl }, null)]),
    sourceOf(entry),
  ].join('');
}

/** The feed that an entry came from (RFC 4287 §4.2.11), with the time of the entry. */
function sourceOf({ source, updatedMs }: OutputEntry): string {
  const site = source.siteUrl === null ? '' : element('link', { rel: 'alternate', href: source.siteUrl }, null);
  const parts = [
    textElement('id', source.feedUrl),
    textElement('title', source.title),
    textElement('updated', new Date(updatedMs).toISOString()),
    element('author', {}, textElement('name', source.title)),
    // Not as `self`: a program that looks for the `self` link of the feed must find exactly one.
    element('link', { rel: 'via', href: source.feedUrl }, null),
    site,
  ];
  return element('source', {}, parts.join(''));
}
