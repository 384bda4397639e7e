import { dayMs, formatDuration, hourMs, minuteMs, secondMs } from '../../domain/durations.ts';
import {
  type Failure,
  type FetchFacts,
  type FetchFailed,
  type FetchOutcome,
  noValidators,
} from '../../domain/polling/fetch-outcome.ts';
import { remoteHostOf } from '../../domain/polling/hosts.ts';
import { type HostPause, maxHostPauseMs, type PollHistory, type PollResult } from '../../domain/polling/poll.ts';
import { baseInterval, nextCheckAfterFailure } from './next-check.ts';
import { backOffMs, type FailureClass, failureClass, isNetworkFailure, isTimeout } from './poll-backoff.ts';
import { checkInput, type PollContext, withNotes } from './poll-context.ts';
import { maxRetryAfterMs } from './poll-history.ts';

/** A next check that never comes: 31 December 9999. */
export const neverMs = 253_402_214_400_000;

const deadAfterMs = 30 * dayMs;
/** A process that was off for a month must not call its sources dead at the second failure. */
const deadLeastFailures = 10;
const nameGoneAfterMs = 7 * dayMs;
const probeMs = 7 * dayMs;
const goneAgainMs = dayMs;
const hostPauseUsualMs = minuteMs;
const firstRetryMs = 5 * minuteMs;
const networkRetryMs = 30 * secondMs;
const adoptedTrialMs = 3 * dayMs;
const adoptedLeastFailures = 5;
/** Answers that may mean that the origin choked on our validators. */
const choked: ReadonlySet<number> = new Set([400, 412, 416]);

/** What a troubled refresh changes; the rest stays as it was. */
interface Trouble {
  readonly outcome: 'throttled' | 'gone' | 'failed';
  readonly failure: Failure | null;
  readonly detail: string | null;
  readonly facts: FetchFacts;
  readonly notes: readonly string[];
  readonly memory: PollHistory;
  readonly failures: number;
  readonly firstFailedMs: number | null;
  readonly waitMs: number;
  readonly why: string;
  readonly hostPauseMs?: number;
}

/** The settlement of a read that failed, for whatever reason. */
export function failedPoll(before: PollContext, outcome: FetchFailed): PollResult {
  const retry = heedRetryAfter(before, outcome.retryAfterMs);
  const settled = { ...before, memory: retry.memory };
  if (settled.networkDown && isNetworkFailure(outcome.failure)) return settleFrozen(settled, outcome);
  const failures = settled.state.failures + 1;
  const firstFailedMs = Math.min(settled.state.firstFailedMs ?? settled.nowMs, settled.nowMs);
  const lastedMs = settled.nowMs - firstFailedMs;
  const kind = failureClass(outcome.failure, outcome.facts.status);
  const dead = kind !== 'local' && isDead(outcome, { failures, lastedMs });
  const settlement = complete(settled, {
    ...factsOf(outcome),
    notes: dead ? [...retry.notes, 'dead?'] : retry.notes,
    memory: struck(settled.memory, outcome.failure, dead),
    failures,
    firstFailedMs,
    waitMs: dead ? probeMs * (1 + settled.random() / 10) : backOff(settled, { kind, failures }),
    why: dead ? `weekly probe, failing since ${formatDuration(lastedMs)}` : backOffWhy(failures),
  });
  return abandonAddress(settled, settlement);
}

function factsOf({ failure, detail, facts }: FetchFailed): Pick<Trouble, 'outcome' | 'failure' | 'detail' | 'facts'> {
  return { outcome: 'failed', failure, detail, facts };
}

function struck(memory: PollHistory, failure: Failure, dead: boolean): PollHistory {
  return {
    ...memory,
    slowStrikes: isTimeout(failure) ? memory.slowStrikes + 1 : 0,
    dead,
  };
}

/** The settlement of a 429 or a 503 with Retry-After. The source is well, we are too many: never a step towards `dead?`. */
export function throttledPoll(settled: PollContext, outcome: Extract<FetchOutcome, { kind: 'throttled' }>): PollResult {
  const failures = settled.state.failures + 1;
  const retry = heedRetryAfter(settled, outcome.retryAfterMs);
  const pauseMs = Math.min(validRetry(outcome.retryAfterMs) ?? hostPauseUsualMs, maxHostPauseMs);
  const settlement = complete(settled, {
    outcome: 'throttled',
    failure: null,
    detail: null,
    facts: outcome.facts,
    notes: [...retry.notes, outcome.hostWide ? 'rate_limited' : 'unavailable'],
    memory: { ...retry.memory, slowStrikes: 0, ...(outcome.hostWide ? { hostPause: pauseOf(settled, pauseMs) } : {}) },
    failures,
    firstFailedMs: settled.state.firstFailedMs,
    waitMs: backOffMs('transient', { failures, baseMs: hourMs, random: settled.random() }),
    why: backOffWhy(failures),
    ...(outcome.hostWide ? { hostPauseMs: pauseMs } : {}),
  });
  const because = outcome.hostWide ? 'rate limited' : 'unavailable';
  return { ...settlement, nextCheckWhy: `${settlement.nextCheckWhy} (${because})` };
}

function pauseOf({ source, state, memory, nowMs }: PollContext, pauseMs: number): HostPause | null {
  const host = remoteHostOf(state.movedTo ?? source.url);
  if (host === null) return null;
  const earlierMs = memory.hostPause?.host === host ? memory.hostPause.untilMs : 0;
  return { host, untilMs: Math.max(nowMs + pauseMs, earlierMs) };
}

/** The settlement of a 410: believed when it is said again a day later, for publishers make mistakes. */
export function gonePoll(settled: PollContext, facts: FetchFacts): PollResult {
  const { nowMs, memory, state } = settled;
  const sinceMs = memory.goneSinceMs ?? nowMs;
  const believed = memory.goneSinceMs !== null && nowMs - sinceMs >= goneAgainMs;
  const trouble: Trouble = {
    outcome: 'gone',
    failure: null,
    detail: null,
    facts,
    notes: [believed ? 'gone' : 'gone_suspected'],
    memory: { ...memory, goneSinceMs: sinceMs, slowStrikes: 0 },
    failures: state.failures + 1,
    firstFailedMs: Math.min(state.firstFailedMs ?? nowMs, nowMs),
    waitMs: Math.max(sinceMs + goneAgainMs - nowMs, hourMs) * (1 + settled.random() / 10),
    why: 'said to be gone, asked once more after a day',
  };
  if (!believed) return complete(settled, trouble);
  // The declared address may know a newer one than that which was adopted.
  if (state.movedTo !== null) return withoutAddress(complete(settled, { ...trouble, waitMs: hourMs }));
  const settlement = complete(settled, trouble);
  return { ...settlement, goneMs: nowMs, nextCheckMs: neverMs, nextCheckWhy: 'gone: polling has stopped' };
}

/** While our own network is down no source is blamed. */
function settleFrozen(settled: PollContext, outcome: FetchFailed): PollResult {
  return complete(settled, {
    ...factsOf(outcome),
    notes: ['network_down'],
    memory: settled.memory,
    failures: settled.state.failures,
    firstFailedMs: settled.state.firstFailedMs,
    waitMs: networkRetryMs * (1 + settled.random()),
    why: 'our network is down',
  });
}

function complete(settled: PollContext, trouble: Trouble): PollResult {
  const { state } = settled;
  const { waitMs, why } = trouble;
  // A refresh that was settled at all did not lose its lease.
  const memory = { ...trouble.memory, lostLeases: 0 };
  const dropValidators =
    trouble.outcome === 'failed' && choked.has(trouble.facts.status ?? 0) && holdsValidators(settled);
  const plan = nextCheckAfterFailure(checkInput(settled, memory, state.validators), { waitMs, why });
  const notes = [...trouble.notes, ...plan.notes, ...(dropValidators ? ['bad_validator'] : [])];
  return {
    outcome: trouble.outcome,
    failure: trouble.failure,
    detail: trouble.detail,
    facts: withNotes(trouble.facts, notes),
    validators: dropValidators ? noValidators : null,
    bodyHash: null,
    nextCheckMs: plan.atMs,
    nextCheckWhy: plan.why,
    failures: trouble.failures,
    firstFailedMs: trouble.firstFailedMs,
    goneMs: null,
    movedTo: state.movedTo,
    hostPauseMs: trouble.hostPauseMs ?? null,
    memory,
  };
}

function holdsValidators({ state }: PollContext): boolean {
  return state.validators.etag !== null || state.validators.lastModified !== null;
}

function backOff(settled: PollContext, trouble: { kind: FailureClass; failures: number }): number {
  const base = baseInterval(checkInput(settled, settled.memory, settled.state.validators));
  // Somebody has just declared it and waits to see it: the first retries come soon.
  const baseMs = settled.state.firstReadDone ? base.intervalMs : Math.min(base.intervalMs, firstRetryMs);
  return backOffMs(trouble.kind, { failures: trouble.failures, baseMs, random: settled.random() });
}

function backOffWhy(failures: number): string {
  return failures === 1 ? 'back-off after 1 failure' : `back-off after ${failures} failures`;
}

function isDead(outcome: FetchFailed, run: { failures: number; lastedMs: number }): boolean {
  if (run.failures < deadLeastFailures) return false;
  const nameGone = outcome.failure === 'dns_error' && outcome.facts.notes.includes('nxdomain');
  return run.lastedMs >= (nameGone ? nameGoneAfterMs : deadAfterMs);
}

function validRetry(retryAfterMs: number | null): number | null {
  return retryAfterMs !== null && retryAfterMs > 0 ? Math.min(retryAfterMs, maxRetryAfterMs) : null;
}

/** Retry-After in full, up to a week, and never less than what an earlier answer asked for. */
function heedRetryAfter(
  settled: PollContext,
  retryAfterMs: number | null,
): { memory: PollHistory; notes: readonly string[] } {
  const { memory, nowMs } = settled;
  const running = memory.retryUntilMs !== null && memory.retryUntilMs > nowMs ? memory.retryUntilMs : null;
  const said = validRetry(retryAfterMs);
  const untilMs = said === null ? running : Math.max(nowMs + said, running ?? 0);
  const capped = retryAfterMs !== null && retryAfterMs > maxRetryAfterMs;
  return { memory: { ...memory, retryUntilMs: untilMs }, notes: capped ? ['retry_after_capped'] : [] };
}

/** An adopted address that fails for days is given up: the declared one is asked again, which may redirect elsewhere. */
function abandonAddress(settled: PollContext, settlement: PollResult): PollResult {
  if (settled.state.movedTo === null || settlement.failures < adoptedLeastFailures) return settlement;
  const lastedMs = settled.nowMs - (settlement.firstFailedMs ?? settled.nowMs);
  return lastedMs >= adoptedTrialMs ? withoutAddress(settlement) : settlement;
}

function withoutAddress(settlement: PollResult): PollResult {
  return {
    ...settlement,
    movedTo: null,
    validators: noValidators,
    facts: withNotes(settlement.facts, ['redirect_abandoned']),
    memory: { ...settlement.memory, redirect: null, goneSinceMs: null },
  };
}
