import { dayMs, formatDuration, hourMs, minuteMs } from '../../domain/durations.ts';
import type { PollHistory } from '../../domain/polling/poll.ts';
import type { Source } from '../../domain/polling/source.ts';
import { adaptiveInterval, maxIntervalMs, type PollInterval } from './adaptive-interval.ts';
import { hintInterval, skipForward } from './feed-hints.ts';

const fileIntervalMs = hourMs;
const longestCycleMs = 7 * dayMs;
const mostSkipJitterMs = 30 * minuteMs;

/** When to ask next, and the reason for the operator. */
export interface NextCheck {
  readonly atMs: number;
  readonly why: string;
  readonly notes: readonly string[];
}

/** What a plan is made of. */
export interface CheckInput {
  readonly source: Pick<Source, 'url' | 'intervalMs'>;
  readonly memory: PollHistory;
  readonly validatorsHeld: boolean;
  readonly nowMs: number;
  readonly random: () => number;
  /** Factor on adaptive intervals while the whole schedule lags. */
  readonly stretch: number;
  /** One round over all sources of this source's host, at the host's gap; 0: not crowded. */
  readonly hostCycleMs: number;
}

/** Local documents are watched; the schedule is only a net under the watcher. */
export function isFile(source: Pick<Source, 'url'>): boolean {
  return source.url.startsWith('file:');
}

/** The interval of a healthy source before hints: the operator's, else its own rhythm, stretched by our own needs. */
export function baseInterval(input: CheckInput): PollInterval & { readonly notes: readonly string[] } {
  const { source, memory, nowMs, validatorsHeld } = input;
  if (isFile(source)) return { intervalMs: fileIntervalMs, why: 'file is watched, re-read every', notes: [] };
  if (source.intervalMs !== null) {
    return { intervalMs: source.intervalMs, why: 'interval as declared', notes: [] };
  }
  const rhythm = adaptiveInterval(memory, { nowMs, validatorsHeld });
  const stretched = Math.min(rhythm.intervalMs * Math.max(input.stretch, 1), maxIntervalMs);
  const cycleMs = Math.min(input.hostCycleMs, longestCycleMs);
  if (cycleMs > stretched) {
    return { intervalMs: cycleMs, why: 'crowded host, one round takes', notes: ['host_throttled'] };
  }
  return { ...rhythm, intervalMs: stretched, notes: [] };
}

/** The next check of a source that answered well. */
export function nextCheckAfterSuccess(input: CheckInput): NextCheck {
  const base = baseInterval(input);
  const hint = hintsApply(input.source) ? hintInterval(input.memory.hints, input.memory.freshForMs) : null;
  const intervalMs = Math.max(base.intervalMs, hint?.floorMs ?? 0);
  const why =
    hint !== null && hint.why !== null && hint.floorMs > base.intervalMs
      ? hint.why
      : `${base.why} ${formatDuration(base.intervalMs)}`;
  const notes = [...base.notes, ...(hint?.notes ?? [])];
  // Only ever later: a hint is a promise not to ask before.
  const atMs = input.nowMs + intervalMs * (1 + input.random() / 10);
  return heed(input, { atMs, why, notes });
}

/** The next check after trouble: the back-off, yet never before what a good answer asked for earlier. */
export function nextCheckAfterFailure(
  input: CheckInput,
  wait: { readonly waitMs: number; readonly why: string },
): NextCheck {
  const plan = { atMs: input.nowMs + wait.waitMs, why: wait.why, notes: [] };
  const { memory } = input;
  if (memory.lastGoodMs === null || !hintsApply(input.source)) return heed(input, plan);
  const hint = hintInterval(memory.hints, memory.freshForMs);
  const freshUntilMs = memory.lastGoodMs + hint.floorMs;
  return heed(input, freshUntilMs > plan.atMs ? { ...plan, atMs: freshUntilMs, why: hint.why ?? plan.why } : plan);
}

/** The operator's own interval wins over every hint; a file has none to heed. */
function hintsApply(source: Pick<Source, 'url' | 'intervalMs'>): boolean {
  return source.intervalMs === null && !isFile(source);
}

/** Retry-After first, which nothing overrides; then the hours and days in which nobody shall ask. */
function heed(input: CheckInput, plan: NextCheck): NextCheck {
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
  // A window's end is a full hour: without jitter every source would come at once. It stays within that hour.
  const jitterMs = Math.min(mostSkipJitterMs, (atMs - nowMs) / 10) * input.random();
  return { atMs: Math.ceil(shift.atMs + jitterMs), why: shift.why, notes: [...plan.notes, ...shift.notes] };
}
