import { dayMs, hourMs, minuteMs } from '../../domain/durations.ts';
import type { IntervalRule } from '../../domain/polling/next-check-reason.ts';
import type { PollHistory } from '../../domain/polling/poll.ts';

export const maxIntervalMs = dayMs;
/** Publishers generally accept one conditional request an hour. */
const defaultMinIntervalMs = hourMs;
const frequentMinMs = 5 * minuteMs;
const frequentGapMs = 30 * minuteMs;
const unconditionalMinMs = 4 * hourMs;
/** After this many consecutive polls with new items, items may arrive faster than we poll. */
const minStreak = 3;
const recentGaps = 5;
/** Beyond this many consecutive documents without a known item, faster polling has not produced an overlap: a flood. */
const maxDisjointDocuments = 5;

/** A poll interval, and the rule that sets it. */
export interface PollInterval {
  readonly intervalMs: number;
  readonly rule: IntervalRule;
}

/**
 * The interval suggested by the times at which polls found new items, on our clock. Publication dates are unreliable,
 * and many items in one poll still count as one poll.
 *
 * @param options.validatorsHeld whether the next request can be conditional.
 */
export function adaptiveInterval(
  history: PollHistory,
  options: { readonly nowMs: number; readonly validatorsHeld: boolean },
): PollInterval {
  const gapMs = ownGapMs(history, options.nowMs);
  const minimum = minInterval(history, { gapMs, validatorsHeld: options.validatorsHeld });
  const adaptiveMs =
    quietInterval(history, options.nowMs) ?? Math.min(gapMs / 2, maxIntervalMs / 4) / disjointDivisor(history);
  return adaptiveMs > minimum.intervalMs ? { intervalMs: adaptiveMs, rule: 'adaptive_interval' } : minimum;
}

/** The interval of a source without new items for a week or longer, regardless of its earlier frequency. */
function quietInterval(history: PollHistory, nowMs: number): number | null {
  const newest = history.newItemsAtMs[0];
  if (newest === undefined) return null;
  const quietMs = nowMs - newest;
  if (quietMs >= 30 * dayMs) return maxIntervalMs;
  if (quietMs >= 14 * dayMs) return maxIntervalMs / 2;
  if (quietMs >= 7 * dayMs) return maxIntervalMs / 4;
  return null;
}

function minInterval(history: PollHistory, own: { gapMs: number; validatorsHeld: boolean }): PollInterval {
  if (history.unchangedBodies > 0) {
    // The origin answers conditional requests with full responses. Back off to at most one request a day.
    const doubled = unconditionalMinMs * 2 ** Math.min(history.unchangedBodies - 1, 3);
    return { intervalMs: Math.min(doubled, maxIntervalMs), rule: 'validators_ignored' };
  }
  const hasHistory = history.newItemsAtMs.length > minStreak && !isFlood(history);
  const isFrequent = hasHistory && own.validatorsHeld && own.gapMs < frequentGapMs;
  return { intervalMs: isFrequent ? frequentMinMs : defaultMinIntervalMs, rule: 'adaptive_interval' };
}

/** Whether the source's documents repeatedly contain no known item, so that faster polling does not help. */
export function isFlood(history: PollHistory): boolean {
  return history.disjointDocuments > maxDisjointDocuments;
}

/** Each document without a known item means that items may have been missed: halve the interval, down to the minimum. */
function disjointDivisor(history: PollHistory): number {
  return isFlood(history) ? 1 : 2 ** history.disjointDocuments;
}

/**
 * The mean time between two polls with new items. The last few gaps are also averaged alone, so that a source that
 * becomes active after a year is polled often at once.
 */
function ownGapMs(history: PollHistory, nowMs: number): number {
  const times = history.newItemsAtMs;
  if (times.length === 0) return defaultMinIntervalMs;
  const overall = meanGap(times, { gaps: times.length - 1, nowMs });
  const recent = times.length > recentGaps ? meanGap(times, { gaps: recentGaps, nowMs }) : overall;
  return Math.min(overall, recent) / streakDivisor(history);
}

/** The mean of the newest `gaps` gaps. The time since the last new item counts as a further gap if it raises the mean. */
function meanGap(times: readonly number[], { gaps, nowMs }: { gaps: number; nowMs: number }): number {
  const newest = times[0] ?? nowMs;
  const oldest = times[gaps] ?? newest;
  const closed = gaps === 0 ? 0 : (newest - oldest) / gaps;
  return Math.max(closed, (nowMs - oldest) / (gaps + 1));
}

/**
 * Polls cannot observe gaps shorter than the poll interval. If each of the last polls found new items, the true gap is
 * probably a fraction of the observed one; the longer the streak, the smaller the fraction.
 */
function streakDivisor(history: PollHistory): number {
  if (history.newItemsStreak < minStreak || isFlood(history)) return 1;
  return Math.min(history.newItemsStreak / 2, 4);
}
