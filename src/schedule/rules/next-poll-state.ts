import { assertNever } from '../../domain/assert-never.ts';
import { dayMs } from '../../domain/durations.ts';
import { rulesVersion } from '../../domain/items/normalise-task.ts';
import { hasNote, type Note, note } from '../../domain/notes/note.ts';
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

const identityNoteMs = 7 * dayMs;

/** Everything that determines the next poll state. */
export interface PollInput {
  readonly source: Pick<Source, 'url' | 'intervalMs'>;
  readonly state: PollState;
  readonly outcome: RefreshOutcome;
  readonly nowMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Whether our own network seems down, so that network failures are not counted against the source. */
  readonly isNetworkDown?: boolean;
  /** Factor >= 1 on adaptive intervals while the whole schedule is late. */
  readonly intervalMultiplier?: number;
  /** Time to poll every source of the host once at the host's gap. */
  readonly hostCycleMs?: number;
}

/**
 * Computes what a refresh stores on its source: the time and reason of the next check, the poll history, and the
 * validators for the next request. Pure: equal input and equal random numbers give an equal result.
 */
export function nextPollState(input: PollInput): PollResult {
  const { outcome } = input;
  const context: PollContext = {
    source: input.source,
    state: input.state,
    history: sanitisedHistory(input.state.history, input.nowMs),
    nowMs: input.nowMs,
    random: input.random,
    isNetworkDown: input.isNetworkDown ?? false,
    intervalMultiplier: input.intervalMultiplier ?? 1,
    hostCycleMs: input.hostCycleMs ?? 0,
  };
  switch (outcome.kind) {
    case 'stored':
      return storedPoll(context, outcome);
    case 'unreadable':
      return failedPoll(context, {
        kind: 'failed',
        failure: outcome.unreadable.failure,
        detail: outcome.unreadable.detail,
        retryAfterMs: null,
        facts: outcome.fetched.facts,
      });
    case 'no-document':
      return documentlessPoll(context, outcome.outcome);
    default:
      return assertNever(outcome);
  }
}

type DocumentlessOutcome = Extract<RefreshOutcome, { kind: 'no-document' }>['outcome'];

function documentlessPoll(context: PollContext, outcome: DocumentlessOutcome): PollResult {
  switch (outcome.kind) {
    case 'not-modified':
      return notModifiedPoll(context, outcome);
    case 'throttled':
      return throttledPoll(context, outcome);
    case 'gone':
      return gonePoll(context, outcome.facts);
    case 'failed':
      return failedPoll(context, outcome);
    default:
      return assertNever(outcome);
  }
}

function storedPoll(context: PollContext, stored: StoredDocument): PollResult {
  const { nowMs, state } = context;
  const { fetched, feed: digest } = stored;
  const isComplete = isCompleteRead(stored);
  const learned = withDocument(afterSuccess(context.history, nowMs), stored, { state, nowMs });
  // Stored together with the validators: those of an earlier read keep the rules version of that read.
  const history = isComplete ? { ...learned, rulesVersion } : learned;
  const validators = isComplete ? fetched.validators : null;
  return successfulPoll(context, {
    outcome: 'fresh',
    history,
    validators,
    bodyHash: isComplete ? fetched.bodyHash : null,
    movedTo: fetched.movedTo,
    facts: withNotes(fetched.facts, [...digest.notes, ...historyNotes(history, stored)]),
  });
}

/**
 * Whether the document was read and stored completely. If not, its validators are discarded, or a 304 would hide the
 * missing part. Missing items need a second read before they are withdrawn.
 */
function isCompleteRead({ deferred, missingItemIds: missing, feed: digest }: StoredDocument): boolean {
  return deferred === 0 && missing.length === 0 && !hasNote(digest.notes, 'partial_parse');
}

/** Notes on the behaviour of the source over several polls. */
function historyNotes(history: PollHistory, { deferred, missingItemIds: missing }: StoredDocument): readonly Note[] {
  return [
    ...(missing.length > 0 ? [note('complete_shrunk', missing.length)] : []),
    ...(deferred > 0 ? [note('churn', deferred)] : []),
    ...(isFlood(history) ? [note('no_overlap')] : []),
    ...(history.idsDistrusted ? [note('ids_distrusted')] : []),
  ];
}

function notModifiedPoll(context: PollContext, outcome: Extract<FetchOutcome, { kind: 'not-modified' }>): PollResult {
  const learned = withoutNewItems(afterSuccess(context.history, context.nowMs), context.nowMs);
  const byStatus = outcome.by === 'status';
  const history: PollHistory = {
    ...learned,
    // RFC 9111 section 4.3.4: a 304 updates the fields that it repeats; a full response replaces them all.
    freshnessLifetimeMs:
      byStatus && outcome.freshnessLifetimeMs === null
        ? learned.freshnessLifetimeMs
        : validLifetime(outcome.freshnessLifetimeMs),
    unchangedBodies: byStatus ? 0 : learned.unchangedBodies + 1,
    disjointDocuments: 0,
    // The document equals the last complete one.
    missingItemIds: [],
  };
  return successfulPoll(context, {
    outcome: 'not-modified',
    history,
    validators: byStatus ? updatedValidators(context.state.validators, outcome.validators) : outcome.validators,
    bodyHash: null,
    movedTo: outcome.movedTo,
    facts: outcome.facts,
  });
}

function updatedValidators(stored: Validators, received: Validators): Validators {
  const etag = received.etag ?? stored.etag;
  return { ...stored, ...received, etag, lastModified: received.lastModified ?? stored.lastModified };
}

interface SuccessfulPoll {
  readonly outcome: 'fresh' | 'not-modified';
  readonly history: PollHistory;
  readonly validators: Validators | null;
  readonly bodyHash: string | null;
  /** Undefined: the fetch did not determine it. */
  readonly movedTo: string | null | undefined;
  readonly facts: FetchFacts;
}

function successfulPoll(context: PollContext, success: SuccessfulPoll): PollResult {
  const { state } = context;
  const address = evaluateAddress(context, success);
  const history = { ...success.history, redirectCandidate: address.candidate };
  const check = nextCheckAfterSuccess(checkInput(context, history, success.validators ?? state.validators));
  const identity = identityChange(context, history);
  return {
    outcome: success.outcome,
    failure: null,
    detail: identity.detail,
    facts: withNotes(success.facts, [
      ...identity.notes,
      ...check.notes,
      ...(address.note === null ? [] : [address.note]),
    ]),
    validators: success.validators,
    bodyHash: success.bodyHash,
    nextCheckMs: check.atMs,
    nextCheckReason: check.reason,
    failures: 0,
    firstFailedMs: null,
    goneMs: null,
    movedTo: address.adopted ?? state.movedTo,
    hostPauseMs: null,
    history,
  };
}

/** Reported for a week, so that the operator has time to see it. */
function identityChange(
  { nowMs }: PollContext,
  { previousIdentity }: PollHistory,
): { notes: readonly Note[]; detail: string | null } {
  if (previousIdentity === null || nowMs - previousIdentity.untilMs >= identityNoteMs)
    return { notes: [], detail: null };
  const until = new Date(previousIdentity.untilMs).toISOString().slice(0, 10);
  return {
    notes: [note('identity_changed')],
    detail: cleanLine(
      `was "${previousIdentity.title}" of ${previousIdentity.site} until ${until}. Check whether the feed changed owner`,
    ),
  };
}

function evaluateAddress(context: PollContext, success: SuccessfulPoll): ReturnType<typeof evaluateRedirect> {
  const { source, state, nowMs } = context;
  const { redirectCandidate: redirect } = success.history;
  if (success.movedTo === undefined || isFile(source)) return { candidate: redirect, adopted: null, note: null };
  return evaluateRedirect(redirect, { requested: state.movedTo ?? source.url, movedTo: success.movedTo, nowMs });
}
