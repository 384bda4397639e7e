import type { ItemDraft, NormalisedFeed, Unreadable } from './domain/items/item.ts';
import type { FeedIdentity } from './domain/polling/feed-continuity.ts';
import type { FetchedDocument, FetchOutcome } from './domain/polling/fetch-outcome.ts';
import type { Lease, PollState, RefreshResult } from './domain/polling/poll.ts';
import type { Source } from './domain/polling/source.ts';

/** One turn of one source: what was declared, the right to refresh it, and what earlier polls left behind. */
export interface Poll {
  readonly source: Source;
  readonly lease: Lease;
  readonly state: PollState;
}

/** A document that could be read. */
export interface FetchedFeed {
  readonly document: FetchedDocument;
  readonly digest: NormalisedFeed;
}

/** A document with what was found out about how it joins on to the one before. */
export interface FeedToStore extends FetchedFeed {
  /** Out of the publisher's archives, oldest first: what may have come and gone since the document before. */
  readonly history: readonly ItemDraft[];
  /** Who the source was, when this is the first document of somebody else. */
  readonly formerly: FeedIdentity | null;
  /** No request to the host for so long, since it has been asked more than once. */
  readonly hostPauseMs: number | null;
}

/** The rooms an item passes through, as functions. `intake.ts` builds them; a test may bring its own. */
export interface Stages {
  fetchSource(poll: Poll, signal: AbortSignal): Promise<FetchOutcome>;
  digest(poll: Poll, document: FetchedDocument): Promise<NormalisedFeed | Unreadable>;
  /** Looks whether news was missed since the document before, and reads it out of the publisher's archives. */
  fillGap(poll: Poll, reading: FetchedFeed, signal: AbortSignal): Promise<FeedToStore>;
  /** Writes that there is no document, why, and when the next poll is due. */
  recordOutcome(poll: Poll, answer: Exclude<FetchOutcome, FetchedDocument>): Promise<RefreshResult>;
  /** The same for a document that could not be read. */
  recordUnreadable(poll: Poll, document: FetchedDocument, unreadable: Unreadable): Promise<RefreshResult>;
  /** The same, with the items and their events, in batches; the last one carries the outcome. */
  storeItems(poll: Poll, reading: FeedToStore): Promise<RefreshResult>;
  /** Tells every reader of the log that events up to head can be read. May be lost or doubled. */
  ring(head: number): void;
}

/**
 * The way of an item, whole: one source, once. Remote trouble comes back as a value on the way; what throws here is a
 * fault of ours and is caught by the loop that called.
 */
export async function refreshSource(stages: Stages, poll: Poll, signal: AbortSignal): Promise<RefreshResult> {
  const fetched = await stages.fetchSource(poll, signal);
  if (fetched.kind !== 'fresh') return stages.recordOutcome(poll, fetched);
  const digest = await stages.digest(poll, fetched);
  if (digest.kind === 'unreadable') return stages.recordUnreadable(poll, fetched, digest);
  const reading = await stages.fillGap(poll, { document: fetched, digest }, signal);
  const stored = await stages.storeItems(poll, reading);
  if (stored.head !== null) stages.ring(stored.head);
  return stored;
}
