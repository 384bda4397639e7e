import { dayMs, hourMs, minuteMs } from '../../domain/durations.ts';
import { type Note, note } from '../../domain/notes/note.ts';
import type { NextCheckReason } from '../../domain/polling/next-check-reason.ts';
import type { PollHistory } from '../../domain/polling/poll.ts';
import type { Source } from '../../domain/polling/source.ts';
import { adaptiveInterval, maxIntervalMs, type PollInterval } from './adaptive-interval.ts';
import { hintInterval, skipForward } from './feed-hints.ts';

const fileIntervalMs = hourMs;
const longestCycleMs = 7 * dayMs;
const maxSkipJitterMs = 30 * minuteMs;

/** The time of the next check, and its reason. */
export interface NextCheck {
  readonly atMs: number;
  readonly reason: NextCheckReason;
  readonly notes: readonly Note[];
}

/** What determines the time of the next check. */
export interface CheckInput {
  readonly source: Pick<Source, 'url' | 'intervalMs'>;
  readonly history: PollHistory;
  readonly validatorsHeld: boolean;
  readonly nowMs: number;
  readonly random: () => number;
  /** Factor on adaptive intervals while the whole schedule is late. */
  readonly intervalMultiplier: number;
  /** Time to poll every source of this host once at the host's gap; 0: not relevant. */
  readonly hostCycleMs: number;
}

/** Whether the source is a local file. Files are watched; polling them is only a fallback. */
export function isFile(source: Pick<Source, 'url'>): boolean {
  return source.url.startsWith('file:');
}

/** The interval of a healthy source before hints: the declared one, else the adaptive one, lengthened under load. */
export function baseInterval(input: CheckInput): PollInterval & { readonly notes: readonly Note[] } {
  const { source, history, nowMs, validatorsHeld } = input;
  if (isFile(source)) return { intervalMs: fileIntervalMs, rule: 'file_watched', notes: [] };
  if (source.intervalMs !== null) {
    return { intervalMs: source.intervalMs, rule: 'declared_interval', notes: [] };
  }
  const adaptive = adaptiveInterval(history, { nowMs, validatorsHeld });
  const lengthened = Math.min(adaptive.intervalMs * Math.max(input.intervalMultiplier, 1), maxIntervalMs);
  const cycleMs = Math.min(input.hostCycleMs, longestCycleMs);
  if (cycleMs > lengthened) {
    return { intervalMs: cycleMs, rule: 'host_cycle', notes: [note('host_throttled')] };
  }
  return { ...adaptive, intervalMs: lengthened, notes: [] };
}

/** The next check after a successful poll. */
export function nextCheckAfterSuccess(input: CheckInput): NextCheck {
  const base = baseInterval(input);
  const hint = hintsApply(input.source) ? hintInterval(input.history.hints, input.history.freshnessLifetimeMs) : null;
  const intervalMs = Math.max(base.intervalMs, hint?.minIntervalMs ?? 0);
  const isHint = hint !== null && hint.minIntervalMs > base.intervalMs;
  const rule = (isHint ? hint.rule : null) ?? base.rule;
  const notes = [...base.notes, ...(hint?.notes ?? [])];
  // Jitter only delays: the publisher asked not to be polled earlier.
  const atMs = input.nowMs + intervalMs * (1 + input.random() / 10);
  return applyRestrictions(input, { atMs, reason: { code: rule, intervalMs: Math.round(intervalMs) }, notes });
}

/** The next check after a failed poll: the back-off, but not before the end of the last response's freshness. */
export function nextCheckAfterFailure(
  input: CheckInput,
  wait: { readonly waitMs: number; readonly reason: NextCheckReason },
): NextCheck {
  const check = { atMs: input.nowMs + wait.waitMs, reason: wait.reason, notes: [] };
  const { history } = input;
  if (history.lastSuccessMs === null || !hintsApply(input.source)) return applyRestrictions(input, check);
  const hint = hintInterval(history.hints, history.freshnessLifetimeMs);
  const freshUntilMs = history.lastSuccessMs + hint.minIntervalMs;
  if (hint.rule === null || freshUntilMs <= check.atMs) return applyRestrictions(input, check);
  const reason: NextCheckReason = { code: hint.rule, intervalMs: hint.minIntervalMs };
  return applyRestrictions(input, { ...check, atMs: freshUntilMs, reason });
}

/** Hints apply to neither a declared interval nor a file. */
function hintsApply(source: Pick<Source, 'url' | 'intervalMs'>): boolean {
  return source.intervalMs === null && !isFile(source);
}

/** Applies Retry-After, which nothing overrides, then skipHours and skipDays. */
function applyRestrictions(input: CheckInput, check: NextCheck): NextCheck {
  const { history, nowMs, source } = input;
  let { atMs, reason } = check;
  if (history.retryAfterUntilMs !== null && history.retryAfterUntilMs > atMs) {
    const leftMs = history.retryAfterUntilMs - nowMs;
    atMs = history.retryAfterUntilMs + leftMs * 0.1 * input.random();
    reason = { code: 'retry_after', waitMs: leftMs, throttling: null };
  }
  const shift = hintsApply(source) ? skipForward(atMs, history.hints) : null;
  if (shift === null || shift.rule === null) {
    return { atMs: Math.ceil(atMs), reason, notes: [...check.notes, ...(shift?.notes ?? [])] };
  }
  // A skip window ends on the full hour. Jitter spreads the sources, within that hour.
  const jitterMs = Math.min(maxSkipJitterMs, (atMs - nowMs) / 10) * input.random();
  return {
    atMs: Math.ceil(shift.atMs + jitterMs),
    reason: { code: shift.rule },
    notes: [...check.notes, ...shift.notes],
  };
}
