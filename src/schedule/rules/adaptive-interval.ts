import { dayMs, hourMs, minuteMs } from '../../domain/durations.ts';
import type { PollHistory } from '../../domain/polling/poll.ts';

export const maxIntervalMs = dayMs;
/** What publishers find bearable for conditional requests. */
export const defaultMinIntervalMs = hourMs;
const newsLeastMs = 5 * minuteMs;
const newsGapMs = 30 * minuteMs;
const unconditionalLeastMs = 4 * hourMs;
/** So many polls in a row with news say that news may come faster than we ask. */
const tellingStreak = 3;
const recentGaps = 5;
/** A document that holds nothing known so often is a flood, not a fast feed: asking faster did not bring an overlap. */
const mostStrangeDocuments = 5;

/** How often to ask when nobody says anything, and the reason in words. */
export interface PollInterval {
  readonly intervalMs: number;
  readonly why: string;
}

/**
 * The interval that the source's own rhythm suggests, by polls that brought news on our clock: feed dates lie, and a
 * flood of items in one poll is still one poll.
 *
 * @param options.validatorsHeld whether the next request can be conditional.
 */
export function adaptiveInterval(
  memory: PollHistory,
  options: { readonly nowMs: number; readonly validatorsHeld: boolean },
): PollInterval {
  const gapMs = ownGapMs(memory, options.nowMs);
  const least = leastInterval(memory, { gapMs, validatorsHeld: options.validatorsHeld });
  const wanted = silenceSteps(memory, options.nowMs) ?? Math.min(gapMs / 2, maxIntervalMs / 4) / hurry(memory);
  return wanted > least.intervalMs ? { intervalMs: wanted, why: 'adaptive interval' } : least;
}

/** A source that has fallen silent is asked in wide steps, whatever its earlier rhythm was. */
function silenceSteps(memory: PollHistory, nowMs: number): number | null {
  const newest = memory.newsAtMs[0];
  if (newest === undefined) return null;
  const silentMs = nowMs - newest;
  if (silentMs >= 30 * dayMs) return maxIntervalMs;
  if (silentMs >= 14 * dayMs) return maxIntervalMs / 2;
  if (silentMs >= 7 * dayMs) return maxIntervalMs / 4;
  return null;
}

function leastInterval(memory: PollHistory, own: { gapMs: number; validatorsHeld: boolean }): PollInterval {
  if (memory.repeatedBodies > 0) {
    // Full answers to conditional requests: publishers wish for at most one such request a day.
    const doubled = unconditionalLeastMs * 2 ** Math.min(memory.repeatedBodies - 1, 3);
    return { intervalMs: Math.min(doubled, maxIntervalMs), why: 'origin ignores validators:' };
  }
  const known = memory.newsAtMs.length > tellingStreak && !isFlood(memory);
  const newsy = known && own.validatorsHeld && own.gapMs < newsGapMs;
  return { intervalMs: newsy ? newsLeastMs : defaultMinIntervalMs, why: 'adaptive interval' };
}

/** Whether a source whose documents never hold anything known has been found out. */
export function isFlood(memory: PollHistory): boolean {
  return memory.strangeDocuments > mostStrangeDocuments;
}

/** A document without anything known came too late: the next is asked for in half the time, down to the usual least. */
function hurry(memory: PollHistory): number {
  return isFlood(memory) ? 1 : 2 ** memory.strangeDocuments;
}

/**
 * The mean time between two polls with news. The last few count on their own too: a source that wakes up after a year
 * is followed at once.
 */
function ownGapMs(memory: PollHistory, nowMs: number): number {
  const times = memory.newsAtMs;
  if (times.length === 0) return defaultMinIntervalMs;
  const overall = meanGap(times, { gaps: times.length - 1, nowMs });
  const lately = times.length > recentGaps ? meanGap(times, { gaps: recentGaps, nowMs }) : overall;
  return Math.min(overall, lately) / haste(memory);
}

/** Over the newest `gaps` gaps; the running silence is one more as soon as it makes the mean longer. */
function meanGap(times: readonly number[], { gaps, nowMs }: { gaps: number; nowMs: number }): number {
  const newest = times[0] ?? nowMs;
  const oldest = times[gaps] ?? newest;
  const closed = gaps === 0 ? 0 : (newest - oldest) / gaps;
  return Math.max(closed, (nowMs - oldest) / (gaps + 1));
}

/**
 * Polls cannot see gaps shorter than the interval between them. When each of the last polls brought news, the true gap
 * is likely a fraction of the one seen, the smaller the longer the run.
 */
function haste(memory: PollHistory): number {
  if (memory.newsStreak < tellingStreak || isFlood(memory)) return 1;
  return Math.min(memory.newsStreak / 2, 4);
}
