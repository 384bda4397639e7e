import type { NormalisedFeed } from '../../domain/items/item.ts';
import type { FeedIdentity } from '../../domain/polling/feed-continuity.ts';
import type { FailedRefresh, FetchedMetadata } from '../../domain/polling/poll.ts';

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

/** The outcome of one refresh, as far as the schedule needs it. */
export type RefreshOutcome = StoredDocument | FailedRefresh;
