import type { NormalisedFeed, Unreadable } from '../../domain/items/item.ts';
import type { FeedIdentity } from '../../domain/polling/feed-continuity.ts';
import type { FetchedDocument, FetchOutcome } from '../../domain/polling/fetch-outcome.ts';

/** A fetched document's facts; its bytes are no longer needed. */
export type FetchedMetadata = Omit<FetchedDocument, 'body' | 'kind'>;

/** The document was read, and its items are in the store. */
export interface StoredDocument {
  readonly kind: 'stored';
  readonly fetched: FetchedMetadata;
  readonly digest: Pick<NormalisedFeed, 'hints' | 'notes' | 'unchanged'> & {
    readonly drafts: readonly Pick<NormalisedFeed['drafts'][number], 'publishedMs'>[];
  };
  readonly added: number;
  readonly updated: number;
  /** Edits that the store did not take yet, since the item changes too often. */
  readonly heldBack: number;
  /** Items that a complete document lacks for the first time. */
  readonly missing: readonly number[];
  /** Who the source was, when this document is the first of somebody else. */
  readonly formerly: FeedIdentity | null;
}

/** What one refresh came to, as far as the schedule needs to know. */
export type RefreshOutcome =
  | StoredDocument
  | { readonly kind: 'unreadable'; readonly fetched: FetchedMetadata; readonly unreadable: Unreadable }
  | { readonly kind: 'answered'; readonly outcome: Exclude<FetchOutcome, FetchedDocument> };
