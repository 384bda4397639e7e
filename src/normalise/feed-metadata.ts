import type { NormaliseOptions } from '../domain/items/normalise-task.ts';
import type { ParsedFeed, ParsedItem } from '../domain/items/parsed-feed.ts';
import { languageTag } from '../domain/language-tag.ts';
import { markupToText } from './html/html-to-text.ts';
import { baseUrlsOf, resolveLink } from './links/resolve-links.ts';
import { cleanText, truncateBytes } from './text/clean-text.ts';

const maxTitleBytes = 1024;
const maxAuthorBytes = 256;
const maxHubs = 10;

/** What a document says of all its items, cleaned. */
export interface FeedMetadata {
  readonly title: string | null;
  readonly siteUrl: string | null;
  readonly language: string | null;
  readonly author: string | null;
  /** Where relative links in items start, unless an item says otherwise; the best first. */
  readonly bases: readonly string[];
}

/** A name as text; of `jane@example.org (Jane)`, the form of RSS, only the name. Null when nothing is left. */
export function authorName(text: string | null): string | null {
  const clean = cleanText((text ?? '').slice(0, 4096));
  const named = /^[^\s@()]+@[^\s@()]+ \((.+)\)$/.exec(clean)?.[1];
  return truncateBytes(named ?? clean, maxAuthorBytes).trim() || null;
}

/** Where relative links of an item start, or of the feed itself when there is none. */
export function baseUrlsFor(feed: ParsedFeed, item: ParsedItem | null, url: string): string[] {
  const own = item?.base ?? [];
  // Parsers may or may not repeat the feed's own base in the item's.
  const around = feed.base === null || own[0] === feed.base ? [] : [feed.base];
  return baseUrlsOf({ xmlBases: [...around, ...own], feedLink: feed.link, url });
}

/** Where links about the document itself start: its site has nothing to do with where its archives lie. */
export function documentBaseUrls(feed: ParsedFeed, url: string): string[] {
  return baseUrlsOf({ xmlBases: feed.base === null ? [] : [feed.base], feedLink: null, url });
}

/** Cleans what stands on the feed element. */
export function readFeedMetadata(feed: ParsedFeed, options: Pick<NormaliseOptions, 'url' | 'language'>): FeedMetadata {
  const bases = baseUrlsFor(feed, null, options.url);
  return {
    title: feed.title === null ? null : markupToText(feed.title, maxTitleBytes) || null,
    siteUrl: feed.link === null ? null : resolveLink(feed.link, bases),
    language: options.language ?? languageTag(feed.language),
    author: authorName(feed.author),
    bases,
  };
}

/** Hubs of WebSub, absolute, each once. */
export function hubUrls(feed: ParsedFeed, bases: readonly string[]): string[] {
  const urls = feed.links.hubs.map((hub) => resolveLink(hub, bases)).filter((url) => url !== null);
  return [...new Set(urls)].slice(0, maxHubs);
}
