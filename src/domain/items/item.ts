import type { Note } from '../notes/note.ts';
import type { FeedFormat, FeedHints } from './parsed-feed.ts';

/** How much of a source's content pages, feeds and pushes contain. */
export type Republish = 'full' | 'summary' | 'link';

export interface Enclosure {
  /** Absolute http(s) URL. */
  readonly url: string;
  readonly type: string | null;
  /** Bytes; null when absent or invalid. */
  readonly length: number | null;
}

/** One normalised entry of a document, as passed to the store. All its text and HTML is safe to display. */
export interface ItemDraft {
  /** Key within the source: 1 to 80 ASCII characters. */
  readonly entryKey: string;
  /**
   * Canonical URL if, within its document, the entry's link identifies this entry alone; else null. The key of the item
   * is this URL, or `source:entryKey`.
   */
  readonly canonicalUrl: string | null;
  /** Publisher's id as received, cut at 1 KB; null when absent. */
  readonly guid: string | null;
  /** Absolute http(s) link to the original, tracking parameters removed. */
  readonly url: string | null;
  /** Plain text, never empty: derived from the text when the entry has no title. */
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
  /** Epoch milliseconds; null when absent, invalid, before 1990 or more than 24 h in the future. */
  readonly publishedMs: number | null;
  readonly updatedMs: number | null;
  /** Hash of the normalised content. Advertising markup and white space do not affect it. */
  readonly contentHash: string;
}

/** A feed document, normalised for the store. */
export interface NormalisedFeed {
  readonly kind: 'normalised';
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
  /** Entry keys of the unchanged entries. */
  readonly unchanged: readonly string[];
  readonly deleted: readonly { readonly ref: string; readonly atMs: number | null }[];
  readonly complete: boolean;
  readonly archiveUrl: string | null;
  readonly notes: readonly Note[];
}

export interface Unreadable {
  readonly kind: 'unreadable';
  readonly failure: 'empty' | 'not_feed' | 'parse_error' | 'parse_timeout' | 'parse_limit' | 'internal_error';
  readonly detail: string;
}

/** Public name of a source. */
export interface SourceLabel {
  readonly id: string;
  readonly title: string;
}

/**
 * Why an item is withdrawn: by the operator, by a tombstone of its publisher (RFC 6721), or because a complete feed (RFC
 * 5005) lacks it. Only the last is undone when the feed lists the item again.
 */
export type WithdrawalReason = 'operator' | 'deleted' | 'omitted';

/** An item as the store returns it, with the current section, title and `republish` of its source applied. */
export interface Item
  extends Omit<ItemDraft, 'entryKey' | 'canonicalUrl' | 'guid' | 'contentHash' | 'summary' | 'contentHtml'> {
  readonly id: number;
  /** Never changes: output feeds derive their entry ids from it. */
  readonly key: string;
  readonly summary: string;
  /** Sanitised; empty when the source's `republish` forbids it. */
  readonly contentHtml: string;
  readonly section: string;
  /** The owner. */
  readonly source: SourceLabel & { readonly url: string; readonly siteUrl: string | null };
  readonly alsoIn: readonly SourceLabel[];
  /** Sections of all sources that list the item, the owner's first. */
  readonly sections: readonly string[];
  readonly republish: Republish;
  readonly firstSeenMs: number;
  readonly sortMs: number;
  readonly revision: number;
  readonly backfill: boolean;
  readonly withdrawnMs: number | null;
  readonly withdrawalReason: WithdrawalReason | null;
}
