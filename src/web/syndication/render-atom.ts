import { Feed } from 'feed';
import { commonLanguage, type OutputEntry, type OutputFeed } from './output-feed.ts';
import { XmlPlaceholders } from './xml-placeholders.ts';
import { element, escapeXml, htmlForCdata, textElement, textToHtml, withStylesheet } from './xml-text.ts';

// The `feed` package knows no namespace but its own. Validators warn of one that is declared and not used.
const namespaces = { at: 'http://purl.org/atompub/tombstones/1.0', media: 'http://search.yahoo.com/mrss/' } as const;

/**
 * Atom 1.0 (RFC 4287) with paging links (RFC 5005 §3), withdrawals (RFC 6721), languages and
 * pictures.
 */
export function renderAtom(output: OutputFeed): string {
  const slots = new XmlPlaceholders();
  const feed = new Feed({
    id: output.selfUrl,
    title: slots.add(textElement('title', output.title)),
    description: slots.add(textElement('subtitle', output.description)),
    link: output.homeUrl,
    updated: new Date(output.updatedMs),
    generator: 'Newswire',
    feedLinks: { atom: output.selfUrl },
    copyright: slots.add(feedParts(output)),
  });
  for (const entry of [...output.entries, ...output.withdrawalNotices]) {
    feed.addItem({
      // Titles are text, which the `feed` package would label as HTML.
      title: slots.add(textElement('title', entry.title)),
      id: entry.id,
      link: entry.url,
      date: new Date(entry.updatedMs),
      published: new Date(entry.publishedMs),
      ...(entry.summary === '' ? {} : { description: textToHtml(entry.summary) }),
      ...(entry.html === '' ? {} : { content: htmlForCdata(entry.html) }),
      copyright: slots.add(moreOf(entry)),
    });
  }
  return withStylesheet(slots.fill(withLanguages(feed.atom1(), output)), output.styleUrl);
}

/**
 * The start tags as the `feed` package cannot write them. Everything that a publisher wrote is escaped, in a CDATA
 * section of sanitised HTML or still out of the document: no other `<entry>` can stand in it.
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
function feedParts(output: OutputFeed): string {
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
 * What the `feed` package cannot say of an entry, or does not escape. An entry without an author would have the feed's
 * (RFC 4287 §4.2.1), and readers would ascribe it to us: its publisher is its author. Those that were tried look for
 * the author in the entry, few in its source.
 */
function moreOf(entry: OutputEntry): string {
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

/** The feed that an entry came from (RFC 4287 §4.2.11), as it was when it said this. */
function sourceOf({ source, updatedMs }: OutputEntry): string {
  const site = source.siteUrl === null ? '' : element('link', { rel: 'alternate', href: source.siteUrl }, null);
  const parts = [
    textElement('id', source.feedUrl),
    textElement('title', source.title),
    textElement('updated', new Date(updatedMs).toISOString()),
    element('author', {}, textElement('name', source.title)),
    // Not as `self`: whoever looks for the feed's own must find one.
    element('link', { rel: 'via', href: source.feedUrl }, null),
    site,
  ];
  return element('source', {}, parts.join(''));
}
