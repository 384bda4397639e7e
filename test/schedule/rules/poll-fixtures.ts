import { noHints } from '../../../src/domain/items/parsed-feed.ts';
import type { Failure, FetchFacts, FetchOutcome, Validators } from '../../../src/domain/polling/fetch-outcome.ts';
import {
  emptyPollHistory,
  type PollHistory,
  type PollResult,
  type PollState,
} from '../../../src/domain/polling/poll.ts';
import { nextPollState, type PollInput } from '../../../src/schedule/rules/next-poll-state.ts';
import type { StoredDocument } from '../../../src/schedule/rules/refresh-outcome.ts';

export const secondMs = 1_000;
export const minuteMs = 60_000;
export const hourMs = 3_600_000;
export const dayMs = 86_400_000;

/** Monday, 5 January 2026, 03:10 UTC. */
export const nowMs = Date.UTC(2026, 0, 5, 3, 10);

export const held: Validators = { etag: '"a"', lastModified: null };

export function facts(part: Partial<FetchFacts> = {}): FetchFacts {
  return { status: 200, bytes: 1_000, durationMs: 200, redirects: 0, notes: [], ...part };
}

export function memory(part: Partial<PollHistory> = {}): PollHistory {
  return { ...emptyPollHistory, newsAtMs: [nowMs - hourMs], ...part };
}

export function state(part: Partial<PollState> = {}): PollState {
  return {
    validators: held,
    bodyHash: 'aa',
    nextCheckMs: nowMs,
    nextCheckWhy: 'adaptive interval',
    failures: 0,
    firstFailedMs: null,
    firstReadDone: true,
    goneMs: null,
    movedTo: null,
    memory: memory(),
    ...part,
  };
}

export type FreshPart = Partial<StoredDocument['fetched']> &
  Partial<StoredDocument['digest']> &
  Partial<Omit<StoredDocument, 'fetched' | 'digest'>>;

/** A document that was read and stored; by default one without anything new. */
export function stored(part: FreshPart = {}): StoredDocument {
  return {
    kind: 'stored',
    fetched: {
      contentType: 'application/rss+xml',
      validators: part.validators ?? { etag: '"b"', lastModified: null },
      bodyHash: part.bodyHash ?? 'bb',
      url: part.url ?? 'https://example.org/feed',
      movedTo: part.movedTo ?? null,
      freshForMs: part.freshForMs ?? null,
      links: [],
      facts: part.facts ?? facts(),
    },
    digest: {
      hints: part.hints ?? noHints,
      notes: part.notes ?? [],
      unchanged: part.unchanged ?? ['k1', 'k2'],
      drafts: part.drafts ?? [],
    },
    added: part.added ?? 0,
    updated: part.updated ?? 0,
    heldBack: part.heldBack ?? 0,
    missing: part.missing ?? [],
    formerly: part.formerly ?? null,
  };
}

type Answer = Exclude<FetchOutcome, { kind: 'fresh' }>;

export function answered(outcome: Answer): PollInput['happened'] {
  return { kind: 'no-document', outcome };
}

export function notModified(part: Partial<Extract<Answer, { kind: 'not-modified' }>> = {}): PollInput['happened'] {
  const validators = { etag: null, lastModified: null };
  return answered({
    kind: 'not-modified',
    by: 'status',
    validators,
    freshForMs: null,
    facts: facts({ status: 304 }),
    ...part,
  });
}

export function failed(
  failure: Failure,
  part: { status?: number | null; retryAfterMs?: number | null; notes?: string[] } = {},
) {
  return answered({
    kind: 'failed',
    failure,
    detail: 'it failed',
    retryAfterMs: part.retryAfterMs ?? null,
    facts: facts({ status: part.status ?? null, notes: part.notes ?? [] }),
  });
}

export function throttled(retryAfterMs: number | null, hostWide = true): PollInput['happened'] {
  return answered({ kind: 'throttled', retryAfterMs, hostWide, facts: facts({ status: hostWide ? 429 : 503 }) });
}

export const gone = answered({ kind: 'gone', facts: facts({ status: 410 }) });

export interface SettlePart {
  readonly state?: Partial<PollState>;
  readonly memory?: Partial<PollHistory>;
  readonly url?: string;
  readonly intervalMs?: number | null;
  readonly nowMs?: number;
  readonly random?: number;
  readonly networkDown?: boolean;
  readonly stretch?: number;
  readonly hostCycleMs?: number;
}

/** Settles with everything else as usual: no jitter unless said, a source with one piece of news an hour ago. */
export function settled(happened: PollInput['happened'], part: SettlePart = {}): PollResult & { waitMs: number } {
  const at = part.nowMs ?? nowMs;
  const settlement = nextPollState({
    source: { url: part.url ?? 'https://example.org/feed', intervalMs: part.intervalMs ?? null },
    state: state({ memory: memory(part.memory), ...part.state }),
    happened,
    nowMs: at,
    random: () => part.random ?? 0,
    networkDown: part.networkDown ?? false,
    stretch: part.stretch ?? 1,
    hostCycleMs: part.hostCycleMs ?? 0,
  });
  return { ...settlement, waitMs: settlement.nextCheckMs - at };
}

/** The state that the store hands to the next poll. */
export function after(settlement: PollResult, before: PollState): PollState {
  return {
    validators: settlement.validators ?? before.validators,
    bodyHash: settlement.bodyHash ?? before.bodyHash,
    nextCheckMs: settlement.nextCheckMs,
    nextCheckWhy: settlement.nextCheckWhy,
    failures: settlement.failures,
    firstFailedMs: settlement.firstFailedMs,
    firstReadDone: before.firstReadDone || settlement.outcome === 'fresh',
    goneMs: settlement.goneMs,
    movedTo: settlement.movedTo,
    memory: settlement.memory,
  };
}
