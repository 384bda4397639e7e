import type { Digest, Unreadable } from '../domain/items/item.ts';
import type { Identity } from '../domain/polling/feed-continuity.ts';
import type { FetchedDocument, FetchOutcome } from '../domain/polling/fetch-outcome.ts';

/** A fetched document's facts; its bytes are no longer needed. */
export type Fetched = Omit<FetchedDocument, 'body' | 'kind'>;

/** The document was read, and its items are in the store. */
export interface Stored {
  readonly kind: 'stored';
  readonly fetched: Fetched;
  readonly digest: Pick<Digest, 'hints' | 'notes' | 'unchanged'> & {
    readonly drafts: readonly Pick<Digest['drafts'][number], 'publishedMs'>[];
  };
  readonly added: number;
  readonly updated: number;
  /** Edits that the store did not take yet, since the item changes too often. */
  readonly heldBack: number;
  /** Items that a complete document lacks for the first time. */
  readonly missing: readonly number[];
  /** Who the source was, when this document is the first of somebody else. */
  readonly formerly: Identity | null;
}

/** What one refresh came to, as far as the schedule needs to know. */
export type Happened =
  | Stored
  | { readonly kind: 'unreadable'; readonly fetched: Fetched; readonly unreadable: Unreadable }
  | { readonly kind: 'answered'; readonly outcome: Exclude<FetchOutcome, FetchedDocument> };
