import { dayMs } from '../durations.ts';
import { rulesVersion } from '../items/normalise-task.ts';
import type { FeedHints } from '../items/parsed-feed.ts';
import type { FeedIdentity } from './feed-continuity.ts';
import type { Failure, FetchFacts, Validators } from './fetch-outcome.ts';

/** The right to refresh one source, until a time. Lost when it runs out or the declaration changes under it. */
export interface Lease {
  readonly sourceId: string;
  readonly token: string;
  readonly untilMs: number;
  readonly declarationHash: string;
}

/** A host that has answered 429, which speaks for all its sources: no request to it before a time. */
export interface HostPause {
  /** With its port. */
  readonly host: string;
  readonly untilMs: number;
}

/** No host is paused for longer. */
export const maxHostPauseMs = 15 * 60 * 1000;

/** What a source's polls have taught, beyond what the database is asked for by column. Kept as JSON. */
export interface PollHistory {
  /** The publisher's freshness lifetime, kept through 304s that do not repeat it. */
  readonly freshForMs: number | null;
  readonly hints: FeedHints | null;
  /** Retry-After: no request before this, whatever else is asked. */
  readonly retryUntilMs: number | null;
  /** The pause that this source's 429 brought upon its whole host; null: none that still runs. */
  readonly hostPause: HostPause | null;
  /** Times of the newest polls that brought something new, newest first, at most 20. */
  readonly newsAtMs: readonly number[];
  /** Full 200s in a row whose body had not changed: the origin does not honour validators. */
  readonly repeatedBodies: number;
  /** Deadline failures in a row: two put a source on the slow lane. */
  readonly slowStrikes: number;
  /** A permanent redirect that is being watched for stability. */
  readonly redirect: { readonly url: string; readonly sinceMs: number; readonly successes: number } | null;
  /** First 410 of a run. */
  readonly goneSinceMs: number | null;
  /** The guids of this source were found to be worthless: the ladder stays a rung down. */
  readonly idsDistrusted: boolean;
  /** Leases lost in a row by a process that died. */
  readonly lostLeases: number;
  /** Polls in a row, up to the last, that each brought something new: news comes at least as fast as we ask. */
  readonly newsStreak: number;
  /** Polls in a row whose document held nothing known: a feed faster than we ask, or a flood. */
  readonly strangeDocuments: number;
  /** When the source last answered well; its freshness and hints run from here. */
  readonly lastGoodMs: number | null;
  /** Failing for so long that only a weekly probe is left. */
  readonly dead: boolean;
  /** Entries in its last document; null: not known. */
  readonly documentEntries: number | null;
  /** Items that its last complete document lacked: gone, if the next lacks them too. */
  readonly missing: readonly number[];
  /** Who it was before it began to speak as somebody else, and when that was. */
  readonly formerly: (FeedIdentity & { readonly untilMs: number }) | null;
  /** By which rules the document was read that the validators stand for. By others it would come out otherwise. */
  readonly rulesVersion: number;
}

export const emptyPollHistory: PollHistory = {
  freshForMs: null,
  hints: null,
  retryUntilMs: null,
  hostPause: null,
  newsAtMs: [],
  repeatedBodies: 0,
  slowStrikes: 0,
  redirect: null,
  goneSinceMs: null,
  idsDistrusted: false,
  lostLeases: 0,
  newsStreak: 0,
  strangeDocuments: 0,
  lastGoodMs: null,
  dead: false,
  documentEntries: null,
  missing: [],
  formerly: null,
  rulesVersion,
};

/**
 * No schedule lies further ahead than this: a week of Retry-After or of the weekly probe, its jitter, and up to a week
 * of skipDays and skipHours. A next check beyond it means that the clock was turned back.
 */
export const maxNextCheckDelayMs = 15 * dayMs;

/** What the store keeps of a source between two polls. */
export interface PollState {
  readonly validators: Validators;
  readonly bodyHash: string | null;
  readonly nextCheckMs: number;
  /** The reason in words for the operator: `adaptive interval`, `max-age`, `Retry-After`, … */
  readonly nextCheckWhy: string;
  readonly failures: number;
  readonly firstFailedMs: number | null;
  /** False until the first successful read was stored whole: its items are backfill. */
  readonly firstReadDone: boolean;
  readonly goneMs: number | null;
  /** The adopted address, which is asked instead of the declared one; null: none. */
  readonly movedTo: string | null;
  readonly memory: PollHistory;
}

/** A due source as the scheduler sees it: enough to choose fairly among hosts. */
export interface DueSource {
  readonly id: string;
  /** Host that is asked; the path's folder for a `file:` source. */
  readonly host: string;
  readonly nextCheckMs: number;
  readonly slowStrikes: number;
}

/** What one refresh leaves on its source, written with the last batch. */
export interface PollResult {
  readonly outcome: 'fresh' | 'not-modified' | 'throttled' | 'gone' | 'failed';
  readonly failure: Failure | null;
  readonly detail: string | null;
  readonly facts: FetchFacts;
  /** Null: keep what is stored. */
  readonly validators: Validators | null;
  /** Null: keep what is stored. */
  readonly bodyHash: string | null;
  readonly nextCheckMs: number;
  readonly nextCheckWhy: string;
  readonly failures: number;
  readonly firstFailedMs: number | null;
  readonly goneMs: number | null;
  /** The adopted address; null: as declared. */
  readonly movedTo: string | null;
  /** A 429 speaks for its whole host: no request to it for so long. */
  readonly hostPauseMs: number | null;
  readonly memory: PollHistory;
}

/** What a refresh came to, for logs, metrics and the command line. */
export interface RefreshResult {
  readonly sourceId: string;
  readonly outcome: PollResult['outcome'] | 'dropped';
  readonly failure: Failure | null;
  readonly added: number;
  readonly updated: number;
  /** Head of the log after the last batch; null when no event was written. */
  readonly head: number | null;
  /** The settlement's, so that the loop can spare the host. */
  readonly hostPauseMs?: number | null;
}

/** Whether a due source is a local feed: its `host` is a folder then, and nobody has to be spared. */
export function isLocal(source: Pick<DueSource, 'host'>): boolean {
  return source.host.includes('/');
}
