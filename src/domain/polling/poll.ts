import { dayMs } from '../durations.ts';
import type { Failure } from '../failure.ts';
import type { Unreadable } from '../items/item.ts';
import { rulesVersion } from '../items/normalise-task.ts';
import type { FeedHints } from '../items/parsed-feed.ts';
import type { FeedIdentity } from './feed-continuity.ts';
import type { FetchedDocument, FetchFacts, FetchOutcome, Validators } from './fetch-outcome.ts';
import type { NextCheckReason } from './next-check-reason.ts';

/** The exclusive right to refresh a source until a time. Lost when it expires or the declaration changes. */
export interface Lease {
  readonly sourceId: string;
  readonly token: string;
  readonly untilMs: number;
  readonly declarationHash: string;
}

/** The short name of a refresh, which all of its log lines contain. */
export function refreshId({ token }: Pick<Lease, 'token'>): string {
  return token.slice(0, 8);
}

/** A host that answered 429, which applies to all its sources: no request before `untilMs`. */
export interface HostPause {
  /** Including the port. */
  readonly host: string;
  readonly untilMs: number;
}

/** The longest pause of a host. */
export const maxHostPauseMs = 15 * 60 * 1000;

/** The history of a source's polls that is not queried by column. Stored as JSON. */
export interface PollHistory {
  /** Freshness lifetime in milliseconds (RFC 9111 section 4.2), kept across 304s that do not repeat it. */
  readonly freshnessLifetimeMs: number | null;
  readonly hints: FeedHints | null;
  /** Retry-After: no request before this time, whatever else applies. */
  readonly retryAfterUntilMs: number | null;
  /** The pause of the whole host that this source's 429 caused; null: none is active. */
  readonly hostPause: HostPause | null;
  /** Times of the last polls with new items, newest first, at most 20. */
  readonly newItemsAtMs: readonly number[];
  /** Consecutive 200 responses with an unchanged body: the origin ignores validators. */
  readonly unchangedBodies: number;
  /** Consecutive timeouts. Two move a source to the slow lane. */
  readonly consecutiveTimeouts: number;
  /** A permanent redirect that is not adopted yet. */
  readonly redirectCandidate: { readonly url: string; readonly sinceMs: number; readonly successes: number } | null;
  /** Time of the first of consecutive 410 responses. */
  readonly goneSinceMs: number | null;
  /** The guids of this source are not unique: items are identified by link instead. */
  readonly idsDistrusted: boolean;
  /** Consecutive leases lost because a process died. */
  readonly lostLeases: number;
  /** Consecutive polls with new items, up to the last: items arrive at least as often as we poll. */
  readonly newItemsStreak: number;
  /** Consecutive polls whose document contained no known item: a feed faster than our polls, or a flood. */
  readonly disjointDocuments: number;
  /** Time of the last successful poll, from which freshness and hints count. */
  readonly lastSuccessMs: number | null;
  /** Presumed dead: after long failure the source is polled once a week. */
  readonly dead: boolean;
  /** Number of entries in the last document; null: unknown. */
  readonly documentEntries: number | null;
  /** Items absent from the last complete document. They are withdrawn if the next one omits them too. */
  readonly missingItemIds: readonly number[];
  /** The identity before the last identity change, and the time of the change. */
  readonly previousIdentity: (FeedIdentity & { readonly untilMs: number }) | null;
  /** The version of the normalisation rules with which the document of the stored validators was read. */
  readonly rulesVersion: number;
}

export const emptyPollHistory: PollHistory = {
  freshnessLifetimeMs: null,
  hints: null,
  retryAfterUntilMs: null,
  hostPause: null,
  newItemsAtMs: [],
  unchangedBodies: 0,
  consecutiveTimeouts: 0,
  redirectCandidate: null,
  goneSinceMs: null,
  idsDistrusted: false,
  lostLeases: 0,
  newItemsStreak: 0,
  disjointDocuments: 0,
  lastSuccessMs: null,
  dead: false,
  documentEntries: null,
  missingItemIds: [],
  previousIdentity: null,
  rulesVersion,
};

/**
 * The maximum delay of a next check: a week of Retry-After or of the weekly probe, its jitter, and up to a week of
 * skipDays and skipHours. A later next check means that the clock was set back.
 */
export const maxNextCheckDelayMs = 15 * dayMs;

/** The state of a source between two polls. */
export interface PollState {
  readonly validators: Validators;
  readonly bodyHash: string | null;
  readonly nextCheckMs: number;
  readonly nextCheckReason: NextCheckReason;
  readonly failures: number;
  readonly firstFailedMs: number | null;
  /** False until a first successful read was stored completely: its items are backfill. */
  readonly firstReadDone: boolean;
  readonly goneMs: number | null;
  /** The adopted address, which is polled instead of the declared one; null: none. */
  readonly movedTo: string | null;
  readonly history: PollHistory;
}

/** A due source, with what the scheduler needs to be fair among hosts. */
export interface DueSource {
  readonly id: string;
  /** The host with its port; the folder for a `file:` source. */
  readonly host: string;
  readonly nextCheckMs: number;
  readonly consecutiveTimeouts: number;
}

/** What a poll stores on its source, together with the last batch of items. */
export interface PollResult {
  readonly outcome: 'fresh' | 'not-modified' | 'throttled' | 'gone' | 'failed';
  readonly failure: Failure | null;
  readonly detail: string | null;
  readonly facts: FetchFacts;
  /** Null: unchanged. */
  readonly validators: Validators | null;
  /** Null: unchanged. */
  readonly bodyHash: string | null;
  readonly nextCheckMs: number;
  readonly nextCheckReason: NextCheckReason;
  readonly failures: number;
  readonly firstFailedMs: number | null;
  readonly goneMs: number | null;
  /** The adopted address; null: as declared. */
  readonly movedTo: string | null;
  /** Pause of the whole host after a 429; null: none. */
  readonly hostPauseMs: number | null;
  readonly history: PollHistory;
}

/** The result of a refresh, for logs, metrics and the command line. */
export interface RefreshResult {
  readonly sourceId: string;
  readonly outcome: PollResult['outcome'] | 'dropped';
  readonly failure: Failure | null;
  readonly added: number;
  readonly updated: number;
  /** Head of the event log after the last batch; null: no event was written. */
  readonly head: number | null;
  /** As in `PollResult`, for the log: why the poll failed, without secrets. */
  readonly detail?: string | null;
  /** As in `PollResult`, for the polling loop. */
  readonly hostPauseMs?: number | null;
}

/** Whether a due source is a local file: its `host` is then a folder, and no politeness limits apply. */
export function isLocal(source: Pick<DueSource, 'host'>): boolean {
  return source.host.includes('/');
}

/** A fetched document without its body. */
export type FetchedMetadata = Omit<FetchedDocument, 'body' | 'kind'>;

/** A refresh that brought no feed. */
export type FailedRefresh =
  | { readonly kind: 'unreadable'; readonly fetched: FetchedMetadata; readonly unreadable: Unreadable }
  | { readonly kind: 'no-document'; readonly outcome: Exclude<FetchOutcome, FetchedDocument> };
