import type { NormaliseOptions } from '../domain/items/normalise-task.ts';
import type { ParsedFeed, ParsedItem } from '../domain/items/parsed-feed.ts';
import { languageTag } from '../domain/language-tag.ts';
import { markupToText } from './html/html-to-text.ts';
import { baseUrlsOf, resolveLink } from './links/resolve-links.ts';
import { cleanText } from './text/clean-text.ts';
import { truncateBytes } from './text/truncate.ts';

const maxTitleBytes = 1024;
const maxAuthorBytes = 256;
const maxHubs = 10;

/** The metadata of a feed, cleaned. */
export interface FeedMetadata {
  readonly title: string | null;
  readonly siteUrl: string | null;
  readonly language: string | null;
  readonly author: string | null;
  /** The base URLs of items without an xml:base, in order of preference. */
  readonly baseUrls: readonly string[];
}

/** An author as text; only the name of `jane@example.org (Jane)`, the form of RSS. Null if it is empty. */
export function authorName(text: string | null): string | null {
  const clean = cleanText((text ?? '').slice(0, 4096));
  const named = /^[^\s@()]+@[^\s@()]+ \((.+)\)$/.exec(clean)?.[1];
  return truncateBytes(named ?? clean, maxAuthorBytes).trim() || null;
}

/** The base URLs of an item, or of the feed if `item` is null. */
export function baseUrlsFor(feed: ParsedFeed, item: ParsedItem | null, url: string): string[] {
  const own = item?.base ?? [];
  // A parser may repeat the base of the feed in each item.
  const around = feed.base === null || own[0] === feed.base ? [] : [feed.base];
  return baseUrlsOf({ xmlBases: [...around, ...own], feedLink: feed.link, url });
}

/** The base URLs of links about the document itself. The link of the feed is none: archives need not be on the site. */
export function documentBaseUrls(feed: ParsedFeed, url: string): string[] {
  return baseUrlsOf({ xmlBases: feed.base === null ? [] : [feed.base], feedLink: null, url });
}

/** Cleans the metadata of a feed. */
export function readFeedMetadata(feed: ParsedFeed, options: Pick<NormaliseOptions, 'url' | 'language'>): FeedMetadata {
  const bases = baseUrlsFor(feed, null, options.url);
  return {
    title: feed.title === null ? null : markupToText(feed.title, maxTitleBytes) || null,
    siteUrl: feed.link === null ? null : resolveLink(feed.link, bases),
    language: options.language ?? languageTag(feed.language),
    author: authorName(feed.author),
    baseUrls: bases,
  };
}

/** The WebSub hubs as absolute URLs, each once. */
export function hubUrls(feed: ParsedFeed, bases: readonly string[]): string[] {
  const urls = feed.links.hubs.map((hub) => resolveLink(hub, bases)).filter((url) => url !== null);
  return [...new Set(urls)].slice(0, maxHubs);
}
