import { Feed } from 'feed';
import { commonLanguage, type OutputEntry, type OutputFeed } from './output-feed.ts';
import { Slots } from './slots.ts';
import { element, escapeXml, htmlForCdata, styled, textElement, textToHtml } from './xml.ts';

// The `feed` package knows no namespace but its own.
const namespaces = 'xmlns:at="http://purl.org/atompub/tombstones/1.0" xmlns:media="http://search.yahoo.com/mrss/"';

/**
 * Atom 1.0 (RFC 4287) with paging links (RFC 5005 §3), withdrawals (RFC 6721), languages and
 * pictures.
 */
export function renderAtom(output: OutputFeed): string {
  const slots = new Slots();
  const times = distinctTimes(output.entries);
  const feed = new Feed({
    id: output.selfUrl,
    title: slots.put(textElement('title', output.title)),
    description: slots.put(textElement('subtitle', output.description)),
    link: output.homeUrl,
    updated: new Date(Math.max(output.updatedMs, ...times)),
    generator: 'Newswire',
    feedLinks: { atom: output.selfUrl },
    copyright: slots.put(feedParts(output)),
  });
  for (const [index, entry] of output.entries.entries()) {
    feed.addItem({
      // Titles are text, which the `feed` package would label as HTML.
      title: slots.put(textElement('title', entry.title)),
      id: entry.id,
      link: entry.url,
      date: new Date(times[index] ?? entry.updatedMs),
      published: new Date(entry.publishedMs),
      ...(entry.summary === '' ? {} : { description: textToHtml(entry.summary) }),
      ...(entry.html === '' ? {} : { content: htmlForCdata(entry.html) }),
      copyright: slots.put(moreOf(entry)),
    });
  }
  return styled(slots.fill(withLanguages(feed.atom1(), output)), output.styleUrl);
}

/**
 * When each entry was updated. Publishers give whole seconds, and validators warn of two entries with one time: a part
 * of the second that nobody gave tells those apart.
 */
function distinctTimes(entries: readonly OutputEntry[]): readonly number[] {
  const alike = Map.groupBy(entries, ({ updatedMs }) => updatedMs);
  return entries.map(({ updatedMs, itemId }) => {
    const alone = alike.get(updatedMs)?.length === 1 || updatedMs % 1000 !== 0;
    return alone ? updatedMs : updatedMs + (itemId % 1000);
  });
}

/**
 * The start tags as the `feed` package cannot write them. Everything that a publisher wrote is escaped, in a CDATA
 * section of sanitised HTML or still out of the document: no other `<entry>` can stand in it.
 */
function withLanguages(document: string, { entries }: OutputFeed): string {
  const shared = commonLanguage(entries);
  let index = 0;
  return document.replace(/<(feed|entry)( [^>]*)?>/g, (_tag, name: string, attributes = '') => {
    if (name === 'feed') return `<feed${attributes} ${namespaces}${xmlLang(shared)}>`;
    const language = entries[index++]?.language ?? null;
    return `<entry${language === shared ? '' : xmlLang(language)}>`;
  });
}

function xmlLang(language: string | null): string {
  return language === null ? '' : ` xml:lang="${escapeXml(language)}"`;
}

/** RFC 4287 §4.1.1: a feed has an author unless each of its entries has one. */
function feedParts(output: OutputFeed): string {
  const { title, hubUrl, nextUrl, deleted } = output;
  return [
    element('author', {}, textElement('name', title)),
    ...(hubUrl === null ? [] : [element('link', { rel: 'hub', href: hubUrl }, null)]),
    ...(nextUrl === null ? [] : [element('link', { rel: 'next', type: 'application/atom+xml', href: nextUrl }, null)]),
    ...deleted.map(({ id, atMs }) =>
      element('at:deleted-entry', { ref: id, when: new Date(atMs).toISOString() }, null),
    ),
  ].join('');
}

/** What the `feed` package cannot say of an entry, or does not escape. */
function moreOf(entry: OutputEntry): string {
  return [
    ...(entry.author === null ? [] : [element('author', {}, textElement('name', entry.author))]),
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
    // Not as `self`: whoever looks for the feed's own must find one.
    element('link', { rel: 'via', href: source.feedUrl }, null),
    site,
  ];
  return element('source', {}, parts.join(''));
}
