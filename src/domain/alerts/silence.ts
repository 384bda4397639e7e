import { dayMs, hourMs } from '../durations.ts';

const hoursPerWeek = 168;
/** Kernel over neighbouring hours of the week: a post at 9:50 also makes 10:00 likely. */
const kernel = [0.1, 0.2, 0.4, 0.2, 0.1] as const;
/** Share of the rhythm that is spread evenly over the week, so that no hour counts as impossible. */
const evenShare = 0.08;
/** A post counts half as much for the rhythm as one that is this much younger, so that the rhythm follows the season. */
const halfLifeMs = 42 * dayMs;
/** Fewer posts or a shorter history show no rhythm. */
const minPosts = 10;
const minHistoryMs = 14 * dayMs;
/** A gap below this share of the mean gap belongs to a burst and says nothing about the rhythm. */
const burstShare = 0.2;
/** False alarms of a source within a year that the likely silence allows, in theory. */
const falseAlarmsPerYear = 0.1;
/** Each false alarm of the last year raises the allowed silence by this factor. */
const afterFalseAlarm = 1.4;
const yearMs = 365 * dayMs;
/** A silence is not unusual before this multiple of the mean gap, however regular the source is. */
const minGaps = 1.7;
/** Nor before it exceeds the second longest known gap by this factor. */
const overLongest = 1.35;
/** The newest gaps show whether a source has become slower. The longest of them is left out. */
const recentGaps = 9;
/** The search for the end of the allowed silence. */
const maxSilenceMs = 400 * dayMs;

/** The rhythm of a source, learned from its posts. */
export interface PostingRhythm {
  /** Expected share of a week's posts in each hour of the week (UTC, from Thursday 00:00), 168 values with the sum 1. */
  readonly weights: readonly number[];
  /** The silence that is still likely, in weeks of expected posts: the sum of the weights of its hours. */
  readonly maxSilence: number;
}

/**
 * Learns the rhythm of a source.
 *
 * Time is measured by expectation: an hour in which the source usually posts counts more than one at night. In this
 * measure the gaps of a source are alike at all times of the week. The silence that is still likely follows from their
 * mean and spread (a gamma distribution) and from the longest gap.
 *
 * @param postHours hours since the epoch with at least one post, ascending, without repetitions.
 * @param falseAlarms alarms of the last year that ended with a post.
 * @returns null when there are too few posts to judge.
 */
export function learnRhythm(postHours: readonly number[], falseAlarms = 0): PostingRhythm | null {
  const first = postHours[0];
  const last = postHours.at(-1);
  if (first === undefined || last === undefined || postHours.length < minPosts) return null;
  const historyMs = (last - first) * hourMs;
  if (historyMs < minHistoryMs) return null;
  const weights = weigh(postHours, last);
  const gaps = gapsOf(postHours, weights);
  if (gaps.length < minPosts - 1) return null;
  const overall = meanOf(gaps);
  // Divided by the slowdown of their time, the gaps of a slow season are like those of a busy one.
  const steady = gaps.map((gap, index) => gap / slowdown(gaps.slice(Math.max(0, index - recentGaps), index), overall));
  // The longest gap may be a holiday or an earlier outage.
  const sorted = steady.toSorted((a, b) => a - b).slice(0, -1);
  const mean = meanOf(sorted);
  const variance = sorted.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / (sorted.length - 1);
  const gapsPerYear = Math.max(1, (gaps.length * yearMs) / historyMs);
  const likely = gammaQuantile(mean, variance, falseAlarmsPerYear / gapsPerYear);
  const usual = Math.max(likely, (sorted.at(-1) ?? mean) * overLongest, mean * minGaps);
  // The fewer gaps are known, the less they say about those to come.
  const margin = 1 + 2 / gaps.length;
  const maxSilence = usual * margin * slowdown(gaps.slice(-recentGaps), overall) * afterFalseAlarm ** falseAlarms;
  return { weights, maxSilence };
}

/**
 * How much slower than on average a source is after some gaps, at least 1. Without it, a slow season would cause an alarm
 * for every gap.
 */
function slowdown(recent: readonly number[], overall: number): number {
  if (recent.length < recentGaps) return 1;
  return Math.max(1, meanOf(recent.toSorted((a, b) => a - b).slice(0, -1)) / overall);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * When the silence after the last post becomes unlikely, epoch milliseconds; a whole hour.
 *
 * @param lastPostHour hour since the epoch of the last post.
 */
export function silenceDeadlineMs({ weights, maxSilence }: PostingRhythm, lastPostHour: number): number {
  const wholeWeeks = Math.floor(maxSilence);
  let rest = maxSilence - wholeWeeks;
  let hour = lastPostHour + 1 + wholeWeeks * hoursPerWeek;
  const end = lastPostHour + maxSilenceMs / hourMs;
  for (; rest > 0 && hour < end; hour += 1) rest -= weights[hour % hoursPerWeek] ?? 0;
  return Math.min(hour, end) * hourMs;
}

/** Expected share of each hour of the week: the posts of that hour and its neighbours, younger ones counting more. */
function weigh(postHours: readonly number[], last: number): number[] {
  const raw = new Array<number>(hoursPerWeek).fill(0);
  let total = 0;
  for (const hour of postHours) {
    const weight = 0.5 ** (((last - hour) * hourMs) / halfLifeMs);
    total += weight;
    for (const [index, share] of kernel.entries()) {
      const at = (hour + index - 2 + hoursPerWeek) % hoursPerWeek;
      raw[at] = (raw[at] ?? 0) + weight * share;
    }
  }
  return raw.map((weight) => (1 - evenShare) * (weight / total) + evenShare / hoursPerWeek);
}

/** The gaps between posts in weeks of expected posts, those within bursts left out. */
function gapsOf(postHours: readonly number[], weights: readonly number[]): number[] {
  const sums = [0];
  for (const weight of weights) sums.push((sums.at(-1) ?? 0) + weight);
  const at = (hour: number): number => Math.floor(hour / hoursPerWeek) + (sums[hour % hoursPerWeek] ?? 0);
  let gaps = postHours.slice(1).map((hour, index) => at(hour) - at(postHours[index] ?? hour));
  // Leaving out the short gaps raises the mean: repeat until no more gap is short.
  for (let before = 0; before !== gaps.length; ) {
    before = gaps.length;
    const mean = meanOf(gaps);
    gaps = gaps.filter((gap) => gap >= mean * burstShare);
  }
  return gaps;
}

/** The value that a gamma distribution exceeds with a probability (Wilson and Hilferty's approximation). */
function gammaQuantile(mean: number, variance: number, probability: number): number {
  // Capped: a short history may look more regular than the source is.
  const shape = Math.min(mean ** 2 / Math.max(variance, Number.EPSILON), 30);
  const spread = 1 / (9 * shape);
  return mean * Math.max(1, 1 - spread + normalQuantile(probability) * Math.sqrt(spread)) ** 3;
}

/** The value that a standard normal distribution exceeds with a probability below a half (Abramowitz, Stegun 26.2.23). */
function normalQuantile(probability: number): number {
  const t = Math.sqrt(-2 * Math.log(Math.min(probability, 0.5)));
  return t - (2.515517 + 0.802853 * t + 0.010328 * t ** 2) / (1 + 1.432788 * t + 0.189269 * t ** 2 + 0.001308 * t ** 3);
}
