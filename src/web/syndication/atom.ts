import { Feed } from 'feed';
import type { OutputEntry, OutputFeed } from './output-feed.ts';
import { Slots } from './slots.ts';
import { element, htmlForCdata, textElement, textToHtml } from './xml.ts';

// The `feed` package knows no namespace but its own.
const startTag = '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0">';

/** Atom 1.0 (RFC 4287) with paging links (RFC 5005 §3) and withdrawals (RFC 6721). */
export function renderAtom(output: OutputFeed): string {
  const slots = new Slots();
  const feed = new Feed({
    id: output.selfUrl,
    title: slots.put(textElement('title', output.title)),
    description: slots.put(textElement('subtitle', output.description)),
    link: output.homeUrl,
    updated: new Date(output.updatedMs),
    generator: 'Newswire',
    feedLinks: { atom: output.selfUrl },
    copyright: slots.put(feedParts(output)),
  });
  for (const entry of output.entries) {
    feed.addItem({
      // Titles are text, which the `feed` package would label as HTML.
      title: slots.put(textElement('title', entry.title)),
      id: entry.id,
      link: entry.url,
      date: new Date(entry.updatedMs),
      published: new Date(entry.publishedMs),
      ...(entry.summary === '' ? {} : { description: textToHtml(entry.summary) }),
      ...(entry.html === '' ? {} : { content: htmlForCdata(entry.html) }),
      copyright: slots.put(moreOf(entry)),
    });
  }
  return slots.fill(feed.atom1()).replace(/<feed [^>]*>/, startTag);
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
    sourceOf(entry),
  ].join('');
}

function sourceOf({ source }: OutputEntry): string {
  const site = source.siteUrl === null ? '' : element('link', { rel: 'alternate', href: source.siteUrl }, null);
  return element('source', {}, textElement('id', source.feedUrl) + textElement('title', source.title) + site);
}
