import { assertNever } from '../../domain/assert-never.ts';
import { dayMs } from '../../domain/durations.ts';
import { idsDistrustedNote, rulesVersion } from '../../domain/items/normalise-task.ts';
import { identityChangedNote } from '../../domain/polling/feed-continuity.ts';
import type { FetchFacts, FetchOutcome, Validators } from '../../domain/polling/fetch-outcome.ts';
import type { PollHistory, PollResult, PollState } from '../../domain/polling/poll.ts';
import type { Source } from '../../domain/polling/source.ts';
import { cleanLine } from '../../runtime/clean-line.ts';
import { isFlood } from './adaptive-interval.ts';
import { failedPoll, gonePoll, throttledPoll } from './failure-policy.ts';
import { isFile, nextCheckAfterSuccess } from './next-check.ts';
import { evaluateRedirect } from './permanent-redirect.ts';
import { checkInput, type PollContext, withNotes } from './poll-context.ts';
import { afterSuccess, sanitisedHistory, validLifetime, withDocument, withoutNewItems } from './poll-history.ts';
import type { RefreshOutcome, StoredDocument } from './refresh-outcome.ts';

/** Notes of a document of which something was missing: its validators must not hide the rest from us. */
const unwhole: ReadonlySet<string> = new Set(['partial_parse', 'unterminated']);

const identityShownMs = 7 * dayMs;

/** Everything a settlement depends on. */
export interface PollInput {
  readonly source: Pick<Source, 'url' | 'intervalMs'>;
  readonly state: PollState;
  readonly happened: RefreshOutcome;
  readonly nowMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Whether our own network seems down: then network failures are nobody's. */
  readonly networkDown?: boolean;
  /** Factor >= 1 on adaptive intervals while the whole schedule lags. */
  readonly stretch?: number;
  /** How long one round over all sources of the host takes at the host's gap. */
  readonly hostCycleMs?: number;
}

/**
 * What a refresh leaves on its source: when it is asked next and why, what was learnt, what is sent with the next
 * request. Pure: the same input and the same random numbers give the same settlement.
 */
export function nextPollState(input: PollInput): PollResult {
  const { happened } = input;
  const settled: PollContext = {
    source: input.source,
    state: input.state,
    memory: sanitisedHistory(input.state.memory, input.nowMs),
    nowMs: input.nowMs,
    random: input.random,
    networkDown: input.networkDown ?? false,
    stretch: input.stretch ?? 1,
    hostCycleMs: input.hostCycleMs ?? 0,
  };
  switch (happened.kind) {
    case 'stored':
      return settleStored(settled, happened);
    case 'unreadable':
      return failedPoll(settled, {
        kind: 'failed',
        failure: happened.unreadable.failure,
        detail: happened.unreadable.detail,
        retryAfterMs: null,
        facts: happened.fetched.facts,
      });
    case 'answered':
      return settleAnswered(settled, happened.outcome);
    default:
      return assertNever(happened);
  }
}

type Answer = Extract<RefreshOutcome, { kind: 'answered' }>['outcome'];

function settleAnswered(settled: PollContext, outcome: Answer): PollResult {
  switch (outcome.kind) {
    case 'not-modified':
      return settleNotModified(settled, outcome);
    case 'throttled':
      return throttledPoll(settled, outcome);
    case 'gone':
      return gonePoll(settled, outcome.facts);
    case 'failed':
      return failedPoll(settled, outcome);
    default:
      return assertNever(outcome);
  }
}

function settleStored(settled: PollContext, stored: StoredDocument): PollResult {
  const { nowMs, state } = settled;
  const { fetched, digest } = stored;
  const whole = isWhole(stored);
  const learnt = withDocument(afterSuccess(settled.memory, nowMs), stored, { state, nowMs });
  // Together with the validators: those of an earlier read stay with the rules of that read.
  const memory = whole ? { ...learnt, rulesVersion } : learnt;
  const validators = whole ? fetched.validators : null;
  return settleHealthy(settled, {
    outcome: 'fresh',
    memory,
    validators,
    bodyHash: whole ? fetched.bodyHash : null,
    movedTo: fetched.movedTo,
    facts: withNotes(fetched.facts, [...digest.notes, ...conductNotes(memory, stored)]),
  });
}

/** Whether the document needs no second look. What seems to be missing is taken away by the word of a second reading only. */
function isWhole({ heldBack, missing, digest }: StoredDocument): boolean {
  return heldBack === 0 && missing.length === 0 && !digest.notes.some((note) => unwhole.has(note));
}

/** What a document cannot show of itself: how its source has gone on over several reads. */
function conductNotes(memory: PollHistory, { heldBack, missing }: StoredDocument): readonly string[] {
  return [
    ...(missing.length > 0 ? ['complete_shrunk'] : []),
    ...(heldBack > 0 ? ['churn'] : []),
    ...(isFlood(memory) ? ['item_flood'] : []),
    ...(memory.idsDistrusted ? [idsDistrustedNote] : []),
  ];
}

function settleNotModified(settled: PollContext, outcome: Extract<FetchOutcome, { kind: 'not-modified' }>): PollResult {
  const learnt = withoutNewItems(afterSuccess(settled.memory, settled.nowMs), settled.nowMs);
  const byStatus = outcome.by === 'status';
  const memory: PollHistory = {
    ...learnt,
    // RFC 9111 section 4.3.4: a 304 renews what it repeats and leaves the rest; a full answer stands for itself.
    freshForMs: byStatus && outcome.freshForMs === null ? learnt.freshForMs : validLifetime(outcome.freshForMs),
    repeatedBodies: byStatus ? 0 : learnt.repeatedBodies + 1,
    strangeDocuments: 0,
    // It is the document again that was read whole.
    missing: [],
  };
  return settleHealthy(settled, {
    outcome: 'not-modified',
    memory,
    validators: byStatus ? renewed(settled.state.validators, outcome.validators) : outcome.validators,
    bodyHash: null,
    movedTo: outcome.movedTo,
    facts: outcome.facts,
  });
}

function renewed(held: Validators, given: Validators): Validators {
  return { ...held, ...given, etag: given.etag ?? held.etag, lastModified: given.lastModified ?? held.lastModified };
}

interface Healthy {
  readonly outcome: 'fresh' | 'not-modified';
  readonly memory: PollHistory;
  readonly validators: Validators | null;
  readonly bodyHash: string | null;
  /** Undefined: the fetch did not look. */
  readonly movedTo: string | null | undefined;
  readonly facts: FetchFacts;
}

function settleHealthy(settled: PollContext, healthy: Healthy): PollResult {
  const { state } = settled;
  const address = watchAddress(settled, healthy);
  const memory = { ...healthy.memory, redirect: address.redirect };
  const plan = nextCheckAfterSuccess(checkInput(settled, memory, healthy.validators ?? state.validators));
  const former = formerIdentity(settled, memory);
  return {
    outcome: healthy.outcome,
    failure: null,
    detail: former.detail,
    facts: withNotes(healthy.facts, [...former.notes, ...plan.notes, ...(address.note === null ? [] : [address.note])]),
    validators: healthy.validators,
    bodyHash: healthy.bodyHash,
    nextCheckMs: plan.atMs,
    nextCheckWhy: plan.why,
    failures: 0,
    firstFailedMs: null,
    goneMs: null,
    movedTo: address.adopted ?? state.movedTo,
    hostPauseMs: null,
    memory,
  };
}

/** Said for a week, since one read may be over before anybody looks. */
function formerIdentity({ nowMs }: PollContext, { formerly }: PollHistory): { notes: string[]; detail: string | null } {
  if (formerly === null || nowMs - formerly.untilMs >= identityShownMs) return { notes: [], detail: null };
  const until = new Date(formerly.untilMs).toISOString().slice(0, 10);
  return {
    notes: [identityChangedNote],
    detail: cleanLine(`was "${formerly.title}" of ${formerly.site} until ${until}: is the address still theirs?`),
  };
}

function watchAddress(settled: PollContext, healthy: Healthy): ReturnType<typeof evaluateRedirect> {
  const { source, state, nowMs } = settled;
  const { redirect } = healthy.memory;
  if (healthy.movedTo === undefined || isFile(source)) return { redirect, adopted: null, note: null };
  return evaluateRedirect(redirect, { requested: state.movedTo ?? source.url, movedTo: healthy.movedTo, nowMs });
}
