import { dayMs, hourMs, minuteMs, secondMs } from '../../domain/durations.ts';
import type { Failure } from '../../domain/failure.ts';
import { hasNote, type Note, note } from '../../domain/notes/note.ts';
import {
  type FetchFacts,
  type FetchFailed,
  type FetchOutcome,
  noValidators,
} from '../../domain/polling/fetch-outcome.ts';
import { remoteHostOf } from '../../domain/polling/hosts.ts';
import type { NextCheckReason, Throttling } from '../../domain/polling/next-check-reason.ts';
import { type HostPause, maxHostPauseMs, type PollHistory, type PollResult } from '../../domain/polling/poll.ts';
import { baseInterval, nextCheckAfterFailure } from './next-check.ts';
import { backOffMs, type FailureClass, failureClass, isNetworkFailure, isTimeout } from './poll-backoff.ts';
import { checkInput, type PollContext, withNotes } from './poll-context.ts';
import { maxRetryAfterMs } from './poll-history.ts';

/** The next check of a source that is no longer polled: 31 December 9999. */
export const neverMs = 253_402_214_400_000;

const deadAfterMs = 30 * dayMs;
/** A process that was stopped for a month must not presume its sources dead at the second failure. */
const deadMinFailures = 10;
const nxdomainDeadAfterMs = 7 * dayMs;
const probeMs = 7 * dayMs;
const goneConfirmedAfterMs = dayMs;
const defaultHostPauseMs = minuteMs;
const firstRetryMs = 5 * minuteMs;
const networkRetryMs = 30 * secondMs;
const abandonAfterMs = 3 * dayMs;
const abandonMinFailures = 5;
/** Statuses that may mean that the origin rejects our validators. */
const validatorFaults: ReadonlySet<number> = new Set([400, 412, 416]);

/** The fields that an unsuccessful poll changes; the others stay as they were. */
interface FailedPollChange {
  readonly outcome: 'throttled' | 'gone' | 'failed';
  readonly failure: Failure | null;
  readonly detail: string | null;
  readonly facts: FetchFacts;
  readonly notes: readonly Note[];
  readonly history: PollHistory;
  readonly failures: number;
  readonly firstFailedMs: number | null;
  readonly waitMs: number;
  readonly reason: NextCheckReason;
  readonly hostPauseMs?: number;
}

/** The result of a poll that failed. */
export function failedPoll(before: PollContext, outcome: FetchFailed): PollResult {
  const retry = applyRetryAfter(before, outcome.retryAfterMs);
  const context = { ...before, history: retry.history };
  if (context.isNetworkDown && isNetworkFailure(outcome.failure)) return networkDownPoll(context, outcome);
  const failures = context.state.failures + 1;
  const firstFailedMs = Math.min(context.state.firstFailedMs ?? context.nowMs, context.nowMs);
  const lastedMs = context.nowMs - firstFailedMs;
  const kind = failureClass(outcome.failure, outcome.facts.status);
  const dead = kind !== 'local' && isDead(outcome, { failures, lastedMs });
  const result = complete(context, {
    ...factsOf(outcome),
    notes: dead ? [...retry.notes, note('presumed_dead')] : retry.notes,
    history: withFailure(context.history, outcome.failure, dead),
    failures,
    firstFailedMs,
    waitMs: dead ? probeMs * (1 + context.random() / 10) : backOff(context, { kind, failures }),
    reason: dead ? { code: 'weekly_probe', failingMs: lastedMs } : { code: 'back_off', failures, throttling: null },
  });
  return abandonAddress(context, result);
}

function factsOf({
  failure,
  detail,
  facts,
}: FetchFailed): Pick<FailedPollChange, 'outcome' | 'failure' | 'detail' | 'facts'> {
  return { outcome: 'failed', failure, detail, facts };
}

function withFailure(history: PollHistory, failure: Failure, dead: boolean): PollHistory {
  return {
    ...history,
    consecutiveTimeouts: isTimeout(failure) ? history.consecutiveTimeouts + 1 : 0,
    dead,
  };
}

/** The result of a 429 or a 503. The source works, so this never counts towards presuming it dead. */
export function throttledPoll(context: PollContext, outcome: Extract<FetchOutcome, { kind: 'throttled' }>): PollResult {
  const failures = context.state.failures + 1;
  const throttling: Throttling = outcome.hostWide ? 'rate_limited' : 'unavailable';
  const retry = applyRetryAfter(context, outcome.retryAfterMs);
  const pauseMs = Math.min(validRetry(outcome.retryAfterMs) ?? defaultHostPauseMs, maxHostPauseMs);
  const result = complete(context, {
    outcome: 'throttled',
    failure: null,
    detail: null,
    facts: outcome.facts,
    notes: [...retry.notes, note(throttling)],
    history: {
      ...retry.history,
      consecutiveTimeouts: 0,
      ...(outcome.hostWide ? { hostPause: hostPauseOf(context, pauseMs) } : {}),
    },
    failures,
    firstFailedMs: context.state.firstFailedMs,
    waitMs: backOffMs('transient', { failures, baseMs: hourMs, random: context.random() }),
    reason: { code: 'back_off', failures, throttling },
    ...(outcome.hostWide ? { hostPauseMs: pauseMs } : {}),
  });
  const { nextCheckReason: reason } = result;
  return reason.code === 'retry_after' ? { ...result, nextCheckReason: { ...reason, throttling } } : result;
}

function hostPauseOf({ source, state, history, nowMs }: PollContext, pauseMs: number): HostPause | null {
  const host = remoteHostOf(state.movedTo ?? source.url);
  if (host === null) return null;
  const earlierMs = history.hostPause?.host === host ? history.hostPause.untilMs : 0;
  return { host, untilMs: Math.max(nowMs + pauseMs, earlierMs) };
}

/** The result of a 410. It is accepted when repeated a day later, since publishers make mistakes. */
export function gonePoll(context: PollContext, facts: FetchFacts): PollResult {
  const { nowMs, history, state } = context;
  const sinceMs = history.goneSinceMs ?? nowMs;
  const isConfirmed = history.goneSinceMs !== null && nowMs - sinceMs >= goneConfirmedAfterMs;
  const change: FailedPollChange = {
    outcome: 'gone',
    failure: null,
    detail: null,
    facts,
    notes: [note(isConfirmed ? 'gone' : 'gone_suspected')],
    history: { ...history, goneSinceMs: sinceMs, consecutiveTimeouts: 0 },
    failures: state.failures + 1,
    firstFailedMs: Math.min(state.firstFailedMs ?? nowMs, nowMs),
    waitMs: Math.max(sinceMs + goneConfirmedAfterMs - nowMs, hourMs) * (1 + context.random() / 10),
    reason: { code: 'gone_suspected' },
  };
  if (!isConfirmed) return complete(context, change);
  // The adopted address is gone; the declared one may redirect to a newer address.
  if (state.movedTo !== null) return withoutAddress(complete(context, { ...change, waitMs: hourMs }));
  const result = complete(context, change);
  return { ...result, goneMs: nowMs, nextCheckMs: neverMs, nextCheckReason: { code: 'gone' } };
}

/** While our own network is down, failures are not counted against sources. */
function networkDownPoll(context: PollContext, outcome: FetchFailed): PollResult {
  return complete(context, {
    ...factsOf(outcome),
    notes: [note('network_down')],
    history: context.history,
    failures: context.state.failures,
    firstFailedMs: context.state.firstFailedMs,
    waitMs: networkRetryMs * (1 + context.random()),
    reason: { code: 'network_down' },
  });
}

function complete(context: PollContext, change: FailedPollChange): PollResult {
  const { state } = context;
  const { waitMs, reason } = change;
  // A refresh that reaches this point has kept its lease.
  const history = { ...change.history, lostLeases: 0 };
  const dropValidators =
    change.outcome === 'failed' && validatorFaults.has(change.facts.status ?? 0) && holdsValidators(context);
  const check = nextCheckAfterFailure(checkInput(context, history, state.validators), { waitMs, reason });
  const notes = [...change.notes, ...check.notes, ...(dropValidators ? [note('bad_validator')] : [])];
  return {
    outcome: change.outcome,
    failure: change.failure,
    detail: change.detail,
    facts: withNotes(change.facts, notes),
    validators: dropValidators ? noValidators : null,
    bodyHash: null,
    nextCheckMs: check.atMs,
    nextCheckReason: check.reason,
    failures: change.failures,
    firstFailedMs: change.firstFailedMs,
    goneMs: null,
    movedTo: state.movedTo,
    hostPauseMs: change.hostPauseMs ?? null,
    history,
  };
}

function holdsValidators({ state }: PollContext): boolean {
  return state.validators.etag !== null || state.validators.lastModified !== null;
}

function backOff(context: PollContext, change: { kind: FailureClass; failures: number }): number {
  const base = baseInterval(checkInput(context, context.history, context.state.validators));
  // The operator has just declared the source and waits for it: retry soon.
  const baseMs = context.state.firstReadDone ? base.intervalMs : Math.min(base.intervalMs, firstRetryMs);
  return backOffMs(change.kind, { failures: change.failures, baseMs, random: context.random() });
}

function isDead(outcome: FetchFailed, run: { failures: number; lastedMs: number }): boolean {
  if (run.failures < deadMinFailures) return false;
  const isNxdomain = outcome.failure === 'dns_error' && hasNote(outcome.facts.notes, 'nxdomain');
  return run.lastedMs >= (isNxdomain ? nxdomainDeadAfterMs : deadAfterMs);
}

function validRetry(retryAfterMs: number | null): number | null {
  return retryAfterMs !== null && retryAfterMs > 0 ? Math.min(retryAfterMs, maxRetryAfterMs) : null;
}

/** Records Retry-After, up to a week, and never shortens one that an earlier response set. */
function applyRetryAfter(
  context: PollContext,
  retryAfterMs: number | null,
): { history: PollHistory; notes: readonly Note[] } {
  const { history, nowMs } = context;
  const running =
    history.retryAfterUntilMs !== null && history.retryAfterUntilMs > nowMs ? history.retryAfterUntilMs : null;
  const requestedMs = validRetry(retryAfterMs);
  const untilMs = requestedMs === null ? running : Math.max(nowMs + requestedMs, running ?? 0);
  const capped = retryAfterMs !== null && retryAfterMs > maxRetryAfterMs;
  return { history: { ...history, retryAfterUntilMs: untilMs }, notes: capped ? [note('retry_after_capped')] : [] };
}

/** Abandons an adopted address that fails for days: the declared one is polled again, which may redirect elsewhere. */
function abandonAddress(context: PollContext, result: PollResult): PollResult {
  if (context.state.movedTo === null || result.failures < abandonMinFailures) return result;
  const lastedMs = context.nowMs - (result.firstFailedMs ?? context.nowMs);
  return lastedMs >= abandonAfterMs ? withoutAddress(result) : result;
}

function withoutAddress(result: PollResult): PollResult {
  return {
    ...result,
    movedTo: null,
    validators: noValidators,
    facts: withNotes(result.facts, [note('redirect_abandoned')]),
    history: { ...result.history, redirectCandidate: null, goneSinceMs: null },
  };
}
