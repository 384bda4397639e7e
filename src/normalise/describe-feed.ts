import type { EntryDescription, FeedDescription } from '../domain/items/feed-description.ts';
import type { Markup, ParsedFeed, ParsedItem } from '../domain/items/parsed-feed.ts';
import { NoteCollector } from '../domain/notes/note-collector.ts';
import { parseDate } from './dates/parse-date.ts';
import { authorName, baseUrlsFor, readFeedMetadata } from './feed-metadata.ts';
import { markupToText, textToHtml } from './html/html-to-text.ts';
import { cleanHtml } from './html/sanitise.ts';
import { resolveLink } from './links/resolve-links.ts';
import { readCategories, readEnclosures } from './read-entry.ts';

const maxTitleBytes = 1024;

/** Describes each entry of a document by the rules of `normaliseFeed`, without identity, filters and limits. */
export function describeFeed(feed: ParsedFeed, options: { readonly url: string }): FeedDescription {
  const notes = new NoteCollector(feed.notes);
  const metadata = readFeedMetadata(feed, { url: options.url, language: null });
  const entries = feed.items.map((item) => describeEntry(item, baseUrlsFor(feed, item, options.url), notes));
  return {
    kind: 'described',
    format: feed.format,
    title: metadata.title,
    link: metadata.siteUrl,
    entries,
    notes: notes.list(),
  };
}

function describeEntry(item: ParsedItem, bases: readonly string[], notes: NoteCollector): EntryDescription {
  return {
    id: item.guid,
    title: item.title === null ? null : markupToText(item.title, maxTitleBytes) || null,
    link: item.link === null ? null : resolveLink(item.link, bases),
    published: isoDate(item.published),
    updated: isoDate(item.updated),
    author: authorName(item.author),
    summary: describeMarkup(item.summary, bases),
    content: describeMarkup(item.content, bases),
    categories: readCategories(item.categories),
    enclosures: readEnclosures(item.enclosures, bases, notes),
  };
}

function isoDate(text: string | null): string | null {
  const ms = text === null ? null : parseDate(text);
  return ms === null ? null : new Date(ms).toISOString();
}

function describeMarkup(markup: Markup | null, bases: readonly string[]): string | null {
  if (markup === null) return null;
  const html = markup.type === 'html' ? markup.value : textToHtml(markup.value);
  // Iframes are dropped: a link in their place would add text that is not the publisher's.
  return cleanHtml(html, bases, 'dropped').html || null;
}
