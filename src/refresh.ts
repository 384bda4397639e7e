import type { ItemDraft, NormalisedFeed, Unreadable } from './domain/items/item.ts';
import type { FeedIdentity } from './domain/polling/feed-continuity.ts';
import type { FetchedDocument, FetchOutcome } from './domain/polling/fetch-outcome.ts';
import type { FailedRefresh, Lease, PollState, RefreshResult } from './domain/polling/poll.ts';
import type { Source } from './domain/polling/source.ts';

/** One poll of one source: its declaration, the lease that permits the poll, and the state after earlier polls. */
export interface Poll {
  readonly source: Source;
  readonly lease: Lease;
  readonly state: PollState;
}

/** A fetched document and the feed that was parsed from it. */
export interface FetchedFeed {
  readonly document: FetchedDocument;
  readonly feed: NormalisedFeed;
}

/** A fetched feed with the result of comparing it with what is stored of its source. */
export interface FeedToStore extends FetchedFeed {
  /** Entries of the publisher's archives that no earlier poll has seen, oldest first. */
  readonly archivedEntries: readonly ItemDraft[];
  /** The former title and site, when this document is the first of another publisher at the same URL. */
  readonly previousIdentity: FeedIdentity | null;
  /** Time without requests to the host after this refresh; null: no archive was requested. */
  readonly hostPauseMs: number | null;
}

/** The stages of a refresh. `server/stages/create-stages.ts` builds them. */
export interface Stages {
  fetchSource(poll: Poll, signal: AbortSignal): Promise<FetchOutcome>;
  /** Parses, sanitises and bounds a document in a worker process. */
  normalise(poll: Poll, document: FetchedDocument): Promise<NormalisedFeed | Unreadable>;
  /** Detects entries missed since the last poll and reads them from the publisher's archives. */
  fillGap(poll: Poll, fetched: FetchedFeed, signal: AbortSignal): Promise<FeedToStore>;
  /** Writes items, events and the poll result, and notifies the readers of the event log once per commit. */
  storeItems(poll: Poll, feed: FeedToStore): Promise<RefreshResult>;
  /** Writes the result of a poll that brought no feed: why, and when the next poll is due. */
  recordOutcome(poll: Poll, outcome: FailedRefresh): Promise<RefreshResult>;
}

/**
 * Refreshes one source once. Failures of the network or the publisher are values of the stages. An exception is a
 * fault of this program; the polling loop catches it.
 */
export async function refreshSource(stages: Stages, poll: Poll, signal: AbortSignal): Promise<RefreshResult> {
  const fetched = await stages.fetchSource(poll, signal);
  if (fetched.kind !== 'fresh') return stages.recordOutcome(poll, { kind: 'no-document', outcome: fetched });
  const feed = await stages.normalise(poll, fetched);
  if (feed.kind === 'unreadable') return stages.recordOutcome(poll, { kind: 'unreadable', fetched, unreadable: feed });
  const complete = await stages.fillGap(poll, { document: fetched, feed }, signal);
  return stages.storeItems(poll, complete);
}
