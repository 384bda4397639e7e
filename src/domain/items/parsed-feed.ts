import type { Note } from '../notes/note.ts';

/** Text as published, with the type that the publisher declares. */
export interface Markup {
  readonly type: 'text' | 'html';
  readonly value: string;
  /** xml:base of the element itself, unresolved; absent when it has none. */
  readonly base?: string;
}

export type FeedFormat = 'rss2' | 'rss0.9x' | 'rss1' | 'atom1' | 'atom0.3' | 'json1' | 'json1.1';

/** Polling hints of the publisher, as found; `schedule/` validates them. */
export interface FeedHints {
  readonly ttlMinutes: number | null;
  readonly updatePeriod: string | null;
  readonly updateFrequency: number | null;
  readonly skipHours: readonly number[];
  readonly skipDays: readonly string[];
}

export const noHints: FeedHints = {
  ttlMinutes: null,
  updatePeriod: null,
  updateFrequency: null,
  skipHours: [],
  skipDays: [],
};

/** A parsed feed document: decoded, not yet sanitised or trusted. */
export interface ParsedFeed {
  readonly format: FeedFormat;
  readonly title: Markup | null;
  /** The site's page, unresolved. */
  readonly link: string | null;
  /** The xml:base that applies to the feed element, unresolved. */
  readonly base: string | null;
  readonly language: string | null;
  readonly author: string | null;
  readonly imageUrl: string | null;
  readonly hints: FeedHints;
  readonly links: {
    readonly self: string | null;
    readonly hubs: readonly string[];
    readonly next: string | null;
    readonly prevArchive: string | null;
  };
  /** RFC 5005 section 2: the document holds all the feed's items. */
  readonly complete: boolean;
  /** In document order. */
  readonly items: readonly ParsedItem[];
  /** RFC 6721 tombstones. */
  readonly deleted: readonly { readonly ref: string; readonly when: string | null }[];
  /** What was guessed, repaired or left out. */
  readonly notes: readonly Note[];
}

export interface ParsedItem {
  readonly guid: string | null;
  readonly title: Markup | null;
  /** Unresolved. */
  readonly link: string | null;
  /** The xml:base values that apply to the item, unresolved, outermost first. */
  readonly base: readonly string[];
  readonly author: string | null;
  readonly summary: Markup | null;
  readonly content: Markup | null;
  /** Date texts as received. */
  readonly published: string | null;
  readonly updated: string | null;
  readonly language: string | null;
  readonly categories: readonly string[];
  readonly enclosures: readonly ParsedEnclosure[];
  readonly imageUrl: string | null;
  /** Unprocessed extension elements such as GeoRSS, by canonical element name. */
  readonly data: Readonly<Record<string, string>>;
}

export interface ParsedEnclosure {
  readonly url: string;
  readonly type: string | null;
  /** As received; may be invalid. */
  readonly length: string | null;
}

/** Result of parsing. */
export type ParseResult =
  | { readonly kind: 'parsed'; readonly feed: ParsedFeed }
  | {
      readonly kind: 'unreadable';
      readonly failure: 'empty' | 'not_feed' | 'parse_error' | 'parse_limit';
      readonly detail: string;
    };
