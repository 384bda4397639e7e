/** Text as the publisher sent it, with the publisher's claim of what it is. */
export interface Markup {
  readonly type: 'text' | 'html';
  readonly value: string;
  /** xml:base of the element itself, unresolved; absent when it has none. */
  readonly base?: string;
}

export type FeedFormat = 'rss2' | 'rss0.9x' | 'rss1' | 'atom1' | 'atom0.3' | 'json1' | 'json1.1';

/** What the publisher asks of pollers. Raw, as found; `schedule/` judges it. */
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

/** A document off the wire: decoded and understood, not yet cleaned or trusted. */
export interface ParsedFeed {
  readonly format: FeedFormat;
  readonly title: Markup | null;
  /** The site's page, unresolved. */
  readonly link: string | null;
  /** xml:base in force on the feed element, unresolved. */
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
  /** What had to be mended: `recovered`, `partial_parse`, `dtd_dropped`, `charset_guess`, … */
  readonly notes: readonly string[];
}

export interface ParsedItem {
  readonly guid: string | null;
  readonly title: Markup | null;
  /** Unresolved. */
  readonly link: string | null;
  /** xml:base in force on the item, unresolved, outermost first. */
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
  /** Left untouched for later use: georss and the like, by canonical element name. */
  readonly data: Readonly<Record<string, string>>;
}

export interface ParsedEnclosure {
  readonly url: string;
  readonly type: string | null;
  /** As received; may be anything. */
  readonly length: string | null;
}

/** What parsing came to. */
export type ParseResult =
  | { readonly kind: 'parsed'; readonly feed: ParsedFeed }
  | {
      readonly kind: 'unreadable';
      readonly failure: 'empty' | 'not_feed' | 'parse_error' | 'parse_limit';
      readonly detail: string;
    };
