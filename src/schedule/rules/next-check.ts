import { dayMs, formatDuration, hourMs, minuteMs } from '../../domain/durations.ts';
import type { PollHistory } from '../../domain/polling/poll.ts';
import type { Source } from '../../domain/polling/source.ts';
import { adaptiveInterval, maxIntervalMs, type PollInterval } from './adaptive-interval.ts';
import { hintInterval, skipForward } from './feed-hints.ts';

const fileIntervalMs = hourMs;
const longestCycleMs = 7 * dayMs;
const maxSkipJitterMs = 30 * minuteMs;

/** The time of the next check, and its reason for the operator. */
export interface NextCheck {
  readonly atMs: number;
  readonly why: string;
  readonly notes: readonly string[];
}

/** What determines the time of the next check. */
export interface CheckInput {
  readonly source: Pick<Source, 'url' | 'intervalMs'>;
  readonly memory: PollHistory;
  readonly validatorsHeld: boolean;
  readonly nowMs: number;
  readonly random: () => number;
  /** Factor on adaptive intervals while the whole schedule is late. */
  readonly stretch: number;
  /** Time to poll every source of this host once at the host's gap; 0: not relevant. */
  readonly hostCycleMs: number;
}

/** Whether the source is a local file. Files are watched; polling them is only a fallback. */
export function isFile(source: Pick<Source, 'url'>): boolean {
  return source.url.startsWith('file:');
}

/** The interval of a healthy source before hints: the declared one, else the adaptive one, lengthened under load. */
export function baseInterval(input: CheckInput): PollInterval & { readonly notes: readonly string[] } {
  const { source, memory, nowMs, validatorsHeld } = input;
  if (isFile(source)) return { intervalMs: fileIntervalMs, why: 'file is watched, reread every', notes: [] };
  if (source.intervalMs !== null) {
    return { intervalMs: source.intervalMs, why: 'declared interval', notes: [] };
  }
  const adaptive = adaptiveInterval(memory, { nowMs, validatorsHeld });
  const lengthened = Math.min(adaptive.intervalMs * Math.max(input.stretch, 1), maxIntervalMs);
  const cycleMs = Math.min(input.hostCycleMs, longestCycleMs);
  if (cycleMs > lengthened) {
    return { intervalMs: cycleMs, why: 'host has many sources, one round takes', notes: ['host_throttled'] };
  }
  return { ...adaptive, intervalMs: lengthened, notes: [] };
}

/** The next check after a successful poll. */
export function nextCheckAfterSuccess(input: CheckInput): NextCheck {
  const base = baseInterval(input);
  const hint = hintsApply(input.source) ? hintInterval(input.memory.hints, input.memory.freshForMs) : null;
  const intervalMs = Math.max(base.intervalMs, hint?.floorMs ?? 0);
  const why =
    hint !== null && hint.why !== null && hint.floorMs > base.intervalMs
      ? hint.why
      : `${base.why} ${formatDuration(base.intervalMs)}`;
  const notes = [...base.notes, ...(hint?.notes ?? [])];
  // Jitter only delays: the publisher asked not to be polled earlier.
  const atMs = input.nowMs + intervalMs * (1 + input.random() / 10);
  return applyRestrictions(input, { atMs, why, notes });
}

/** The next check after a failed poll: the back-off, but not before the end of the last response's freshness. */
export function nextCheckAfterFailure(
  input: CheckInput,
  wait: { readonly waitMs: number; readonly why: string },
): NextCheck {
  const plan = { atMs: input.nowMs + wait.waitMs, why: wait.why, notes: [] };
  const { memory } = input;
  if (memory.lastGoodMs === null || !hintsApply(input.source)) return applyRestrictions(input, plan);
  const hint = hintInterval(memory.hints, memory.freshForMs);
  const freshUntilMs = memory.lastGoodMs + hint.floorMs;
  return applyRestrictions(
    input,
    freshUntilMs > plan.atMs ? { ...plan, atMs: freshUntilMs, why: hint.why ?? plan.why } : plan,
  );
}

/** Hints apply to neither a declared interval nor a file. */
function hintsApply(source: Pick<Source, 'url' | 'intervalMs'>): boolean {
  return source.intervalMs === null && !isFile(source);
}

/** Applies Retry-After, which nothing overrides, then skipHours and skipDays. */
function applyRestrictions(input: CheckInput, plan: NextCheck): NextCheck {
  const { memory, nowMs, source } = input;
  let { atMs, why } = plan;
  if (memory.retryUntilMs !== null && memory.retryUntilMs > atMs) {
    const leftMs = memory.retryUntilMs - nowMs;
    atMs = memory.retryUntilMs + leftMs * 0.1 * input.random();
    why = `Retry-After ${formatDuration(leftMs)}`;
  }
  const shift = hintsApply(source) ? skipForward(atMs, memory.hints) : null;
  if (shift === null || shift.why === null) {
    return { atMs: Math.ceil(atMs), why, notes: [...plan.notes, ...(shift?.notes ?? [])] };
  }
  // A skip window ends on the full hour. Jitter spreads the sources, within that hour.
  const jitterMs = Math.min(maxSkipJitterMs, (atMs - nowMs) / 10) * input.random();
  return { atMs: Math.ceil(shift.atMs + jitterMs), why: shift.why, notes: [...plan.notes, ...shift.notes] };
}
