import type { FeedFormat, FeedHints } from './parsed-feed.ts';

/** How much of a source's content pages, feeds and pushes contain. */
export type Republish = 'full' | 'summary' | 'link';

export interface Enclosure {
  /** Absolute http(s) URL. */
  readonly url: string;
  readonly type: string | null;
  /** Bytes, null when absent or nonsense. */
  readonly length: number | null;
}

/** One entry of one document, cleaned: what the store is asked to keep. Everything in it is safe to show. */
export interface ItemDraft {
  /** Our key within the source: 1 to 80 ASCII characters. */
  readonly entryKey: string;
  /**
   * Canonical URL when the entry's link names this one entry as far as its document can tell, else null. The store
   * makes the item's key of it: this, or `source:entryKey`.
   */
  readonly canonicalUrl: string | null;
  /** Publisher's id as received, cut at 1 KB; null when absent. */
  readonly guid: string | null;
  /** Absolute http(s) link to the original, tracking parameters removed. */
  readonly url: string | null;
  /** Plain text, never empty (a title is made of the text when the publisher gave none). */
  readonly title: string;
  /** Plain text, may be empty. */
  readonly summary: string;
  /** Sanitised HTML, may be empty. */
  readonly contentHtml: string;
  readonly author: string | null;
  readonly language: string | null;
  readonly categories: readonly string[];
  readonly enclosures: readonly Enclosure[];
  readonly imageUrl: string | null;
  /** Epoch milliseconds; null when absent, unreadable, before 1990 or more than 24 h ahead. */
  readonly publishedMs: number | null;
  readonly updatedMs: number | null;
  /** Same hash, same news: of normalised text, not of ad markup or white space. */
  readonly contentHash: string;
}

/** A document made ready for the store. */
export interface NormalisedFeed {
  readonly kind: 'digested';
  readonly format: FeedFormat;
  /** Plain text. */
  readonly feedTitle: string | null;
  /** Absolute URL of the publisher's site. */
  readonly siteUrl: string | null;
  readonly language: string | null;
  readonly hints: FeedHints;
  readonly hubs: readonly string[];
  readonly selfUrl: string | null;
  /** Only entries that are new or changed against the known hashes; oldest first (see `storeOrder`). */
  readonly drafts: readonly ItemDraft[];
  /** Entry keys of the rest, unchanged. */
  readonly unchanged: readonly string[];
  readonly deleted: readonly { readonly ref: string; readonly atMs: number | null }[];
  readonly complete: boolean;
  readonly archiveUrl: string | null;
  readonly notes: readonly string[];
}

export interface Unreadable {
  readonly kind: 'unreadable';
  readonly failure: 'empty' | 'not_feed' | 'parse_error' | 'parse_timeout' | 'parse_limit' | 'internal_error';
  readonly detail: string;
}

/** A source as a reader may see it. */
export interface SourceLabel {
  readonly id: string;
  readonly title: string;
}

/**
 * Why an item is withdrawn: by hand, by its publisher's word (RFC 6721), or for a complete feed (RFC 5005) lacks it.
 * Only the last ends when the feed lists the item again.
 */
export type WithdrawalReason = 'operator' | 'deleted' | 'omitted';

/** An item as the store gives it out, its source's present section, title and `republish` already applied. */
export interface Item {
  readonly id: number;
  /** Stable for ever: what output feeds make their ids of. */
  readonly key: string;
  readonly url: string | null;
  readonly title: string;
  readonly summary: string;
  /** Sanitised; empty when the source's `republish` forbids it. */
  readonly contentHtml: string;
  readonly author: string | null;
  readonly language: string | null;
  readonly section: string;
  /** The owner. */
  readonly source: SourceLabel & { readonly url: string; readonly siteUrl: string | null };
  readonly alsoIn: readonly SourceLabel[];
  /** Sections of every appearance, the owner's first. */
  readonly sections: readonly string[];
  readonly republish: Republish;
  readonly categories: readonly string[];
  readonly enclosures: readonly Enclosure[];
  readonly imageUrl: string | null;
  readonly publishedMs: number | null;
  readonly updatedMs: number | null;
  readonly firstSeenMs: number;
  readonly sortMs: number;
  readonly revision: number;
  readonly backfill: boolean;
  readonly withdrawnMs: number | null;
  readonly withdrawalReason: WithdrawalReason | null;
}
