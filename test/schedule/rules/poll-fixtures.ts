import type { Failure } from '../../../src/domain/failure.ts';
import { noHints } from '../../../src/domain/items/parsed-feed.ts';
import type { Note } from '../../../src/domain/notes/note.ts';
import type { FetchFacts, FetchOutcome, Validators } from '../../../src/domain/polling/fetch-outcome.ts';
import {
  emptyPollHistory,
  type PollHistory,
  type PollResult,
  type PollState,
} from '../../../src/domain/polling/poll.ts';
import { nextPollState, type PollInput } from '../../../src/schedule/rules/next-poll-state.ts';
import type { StoredDocument } from '../../../src/schedule/rules/refresh-outcome.ts';
import { aPollState } from '../../support/builders.ts';

export const secondMs = 1_000;
export const minuteMs = 60_000;
export const hourMs = 3_600_000;
export const dayMs = 86_400_000;

/** Monday, 5 January 2026, 03:10 UTC. */
export const nowMs = Date.UTC(2026, 0, 5, 3, 10);

export const storedValidators: Validators = { etag: '"a"', lastModified: null };

export function facts(part: Partial<FetchFacts> = {}): FetchFacts {
  return { status: 200, bytes: 1_000, durationMs: 200, redirects: 0, notes: [], ...part };
}

export function pollHistory(part: Partial<PollHistory> = {}): PollHistory {
  return { ...emptyPollHistory, newItemsAtMs: [nowMs - hourMs], ...part };
}

export function pollState(part: Partial<PollState> = {}): PollState {
  return aPollState({
    validators: storedValidators,
    bodyHash: 'aa',
    nextCheckMs: nowMs,
    nextCheckReason: { code: 'adaptive_interval', intervalMs: hourMs },
    firstReadDone: true,
    history: pollHistory(),
    ...part,
  });
}

export type FreshPart = Partial<StoredDocument['fetched']> &
  Partial<StoredDocument['feed']> &
  Partial<Omit<StoredDocument, 'fetched'>>;

/** A document that was read and stored; by default one without anything new. */
export function storedDocument(part: FreshPart = {}): StoredDocument {
  return {
    kind: 'stored',
    fetched: {
      contentType: 'application/rss+xml',
      validators: part.validators ?? { etag: '"b"', lastModified: null },
      bodyHash: part.bodyHash ?? 'bb',
      url: part.url ?? 'https://example.org/feed',
      movedTo: part.movedTo ?? null,
      freshnessLifetimeMs: part.freshnessLifetimeMs ?? null,
      links: [],
      facts: part.facts ?? facts(),
    },
    feed: {
      hints: part.hints ?? noHints,
      notes: part.notes ?? [],
      unchanged: part.unchanged ?? ['k1', 'k2'],
      drafts: part.drafts ?? [],
    },
    added: part.added ?? 0,
    updated: part.updated ?? 0,
    deferred: part.deferred ?? 0,
    missingItemIds: part.missingItemIds ?? [],
    previousIdentity: part.previousIdentity ?? null,
  };
}

type Answer = Exclude<FetchOutcome, { kind: 'fresh' }>;

export function answered(outcome: Answer): PollInput['outcome'] {
  return { kind: 'no-document', outcome };
}

export function notModified(part: Partial<Extract<Answer, { kind: 'not-modified' }>> = {}): PollInput['outcome'] {
  const validators = { etag: null, lastModified: null };
  return answered({
    kind: 'not-modified',
    by: 'status',
    validators,
    freshnessLifetimeMs: null,
    facts: facts({ status: 304 }),
    ...part,
  });
}

export function failed(
  failure: Failure,
  part: { status?: number | null; retryAfterMs?: number | null; notes?: readonly Note[] } = {},
) {
  return answered({
    kind: 'failed',
    failure,
    detail: 'it failed',
    retryAfterMs: part.retryAfterMs ?? null,
    facts: facts({ status: part.status ?? null, notes: part.notes ?? [] }),
  });
}

export function throttled(retryAfterMs: number | null, hostWide = true): PollInput['outcome'] {
  return answered({ kind: 'throttled', retryAfterMs, hostWide, facts: facts({ status: hostWide ? 429 : 503 }) });
}

export const gone = answered({ kind: 'gone', facts: facts({ status: 410 }) });

export interface SettlePart {
  readonly state?: Partial<PollState>;
  readonly history?: Partial<PollHistory>;
  readonly url?: string;
  readonly intervalMs?: number | null;
  readonly nowMs?: number;
  readonly random?: number;
  readonly isNetworkDown?: boolean;
  readonly intervalMultiplier?: number;
  readonly hostCycleMs?: number;
}

/** Computes the next state with defaults: no jitter, and a source with one new item an hour ago. */
export function pollResultOf(outcome: PollInput['outcome'], part: SettlePart = {}): PollResult & { waitMs: number } {
  const at = part.nowMs ?? nowMs;
  const result = nextPollState({
    source: { url: part.url ?? 'https://example.org/feed', intervalMs: part.intervalMs ?? null },
    state: pollState({ history: pollHistory(part.history), ...part.state }),
    outcome,
    nowMs: at,
    random: () => part.random ?? 0,
    isNetworkDown: part.isNetworkDown ?? false,
    intervalMultiplier: part.intervalMultiplier ?? 1,
    hostCycleMs: part.hostCycleMs ?? 0,
  });
  return { ...result, waitMs: result.nextCheckMs - at };
}

/** The state that the store returns for the next poll. */
export function stateAfter(result: PollResult, before: PollState): PollState {
  return {
    validators: result.validators ?? before.validators,
    bodyHash: result.bodyHash ?? before.bodyHash,
    nextCheckMs: result.nextCheckMs,
    nextCheckReason: result.nextCheckReason,
    failures: result.failures,
    firstFailedMs: result.firstFailedMs,
    firstReadDone: before.firstReadDone || result.outcome === 'fresh',
    goneMs: result.goneMs,
    movedTo: result.movedTo,
    history: result.history,
  };
}
