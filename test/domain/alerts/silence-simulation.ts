import { seededRandom } from '../../../src/demo/random.ts';
import { learnRhythm, silenceDeadlineMs } from '../../../src/domain/alerts/silence.ts';
import { dayMs, hourMs } from '../../../src/domain/durations.ts';
import { hoursOf, type SimulatedRhythm, simulatePosts } from './posting-rhythms.ts';

const startMs = Date.UTC(2025, 0, 1);
/** History before the year that is judged, as the database has it. */
const historyMs = 182 * dayMs;
const yearMs = 365 * dayMs;
/** Hours of posts that the server reads for one source. */
const maxHours = 2000;

/** The result for one rhythm over several sources, each with a year of posts. */
export interface SilenceReport {
  readonly name: string;
  readonly posts: number;
  /** False alarms for each source and year: the mean and the maximum over the sources. */
  readonly falseAlarms: number;
  readonly mostFalseAlarms: number;
  /** 19 of 20 gaps are no longer, in hours. */
  readonly usualGapHours: number;
  /** From the last post to the alarm, when the source stops at a random time; hours. */
  readonly medianDelayHours: number;
  readonly longestDelayHours: number;
  /** The median delay in usual gaps. */
  readonly delayInGaps: number;
}

/** Lets sources of one rhythm post for a year, and stops them at random times. */
export function simulateSilence(
  rhythm: SimulatedRhythm,
  { seed, sources, stops }: { readonly seed: number; readonly sources: number; readonly stops: number },
): SilenceReport {
  const random = seededRandom(seed);
  const alarms: number[] = [];
  const delays: number[] = [];
  const gaps: number[] = [];
  let posts = 0;
  for (let source = 0; source < sources; source += 1) {
    const all = simulatePosts(rhythm, [startMs - historyMs, startMs + yearMs], random);
    const hours = hoursOf(all);
    posts += all.filter((ms) => ms >= startMs).length;
    for (const [index, hour] of hours.slice(1).entries()) gaps.push(hour - (hours[index] ?? hour));
    alarms.push(countFalseAlarms(hours));
    for (let stop = 0; stop < stops; stop += 1) delays.push(delayAfterStop(hours, startMs + random() * yearMs));
  }
  const usual = quantile(gaps, 0.95);
  const median = quantile(delays, 0.5);
  return {
    name: rhythm.name,
    posts: Math.round(posts / sources),
    falseAlarms: alarms.reduce((sum, count) => sum + count, 0) / sources,
    mostFalseAlarms: Math.max(...alarms),
    usualGapHours: usual,
    medianDelayHours: median,
    longestDelayHours: Math.max(...delays),
    delayInGaps: median / usual,
  };
}

/** The posts that came after the deadline of the silence before them, within the year. */
function countFalseAlarms(hours: readonly number[]): number {
  let count = 0;
  let learnedAt = Number.NEGATIVE_INFINITY;
  let rhythm: ReturnType<typeof learnRhythm> = null;
  for (const [index, hour] of hours.entries()) {
    const next = hours[index + 1];
    if (next === undefined || next * hourMs < startMs) continue;
    // The server learns when a deadline passes. Learning at each long gap and weekly gives the same result faster.
    if (hour - learnedAt >= 168 || next - hour >= 24) {
      rhythm = learnRhythm(recent(hours.slice(0, index + 1)), count);
      learnedAt = hour;
    }
    if (rhythm !== null && silenceDeadlineMs(rhythm, hour) <= next * hourMs) count += 1;
  }
  return count;
}

function delayAfterStop(hours: readonly number[], stopMs: number): number {
  const before = recent(hours.filter((hour) => hour * hourMs < stopMs));
  const last = before.at(-1);
  const rhythm = learnRhythm(before);
  if (last === undefined || rhythm === null) return Number.POSITIVE_INFINITY;
  return silenceDeadlineMs(rhythm, last) / hourMs - last;
}

/** What the server reads: the newest half year, but at least 100 posts. */
function recent(hours: readonly number[]): readonly number[] {
  const sinceHour = (hours.at(-1) ?? 0) - historyMs / hourMs;
  const first = hours.findIndex((hour) => hour >= sinceHour);
  return hours.slice(Math.max(0, Math.min(first, hours.length - 100), hours.length - maxHours));
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
