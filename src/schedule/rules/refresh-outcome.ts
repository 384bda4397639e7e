import type { NormalisedFeed, Unreadable } from '../../domain/items/item.ts';
import type { FeedIdentity } from '../../domain/polling/feed-continuity.ts';
import type { FetchedDocument, FetchOutcome } from '../../domain/polling/fetch-outcome.ts';

/** A fetched document without its body. */
type FetchedMetadata = Omit<FetchedDocument, 'body' | 'kind'>;

/** The document was read and its items are stored. */
export interface StoredDocument {
  readonly kind: 'stored';
  readonly fetched: FetchedMetadata;
  readonly feed: Pick<NormalisedFeed, 'hints' | 'notes' | 'unchanged'> & {
    readonly drafts: readonly Pick<NormalisedFeed['drafts'][number], 'publishedMs'>[];
  };
  readonly added: number;
  readonly updated: number;
  /** Number of updates that the store deferred, since their items change too often. */
  readonly deferred: number;
  /** Items that a complete document omits for the first time. */
  readonly missingItemIds: readonly number[];
  /** The source's identity before this document, if the document changed it; else null. */
  readonly previousIdentity: FeedIdentity | null;
}

/** A refresh that brought no feed. */
export type FailedRefresh =
  | { readonly kind: 'unreadable'; readonly fetched: FetchedMetadata; readonly unreadable: Unreadable }
  | { readonly kind: 'no-document'; readonly outcome: Exclude<FetchOutcome, FetchedDocument> };

/** The outcome of one refresh, as far as the schedule needs it. */
export type RefreshOutcome = StoredDocument | FailedRefresh;
