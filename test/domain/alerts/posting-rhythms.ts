import { dayMs, hourMs } from '../../../src/domain/durations.ts';

/** A simulated publisher: how often it posts at an instant, and how regular it is. */
export interface SimulatedRhythm {
  readonly name: string;
  /** Posting occasions per hour. */
  rate(atMs: number): number;
  /** Shape of the gamma distribution of the gaps: 1 is random (Poisson), higher is more regular. */
  readonly shape: number;
  /** Posts of one occasion, with some minutes between them. */
  readonly burst?: number;
}

const weekdayOf = (ms: number): number => new Date(ms).getUTCDay();
const hourOf = (ms: number): number => new Date(ms).getUTCHours();
const isWeekend = (ms: number): boolean => weekdayOf(ms) % 6 === 0;
const dayOfYear = (ms: number): number => Math.floor((ms - Date.UTC(new Date(ms).getUTCFullYear(), 0, 1)) / dayMs);

function officeRate(perDay: number): (ms: number) => number {
  return (ms) => (isWeekend(ms) || hourOf(ms) < 8 || hourOf(ms) >= 18 ? 0 : perDay / 10);
}

/** Not published from 10 to 24 August. */
function isHoliday(ms: number): boolean {
  const date = new Date(ms);
  return date.getUTCMonth() === 7 && date.getUTCDate() >= 10 && date.getUTCDate() < 24;
}

/** The rhythms of the simulation. */
export const rhythms: readonly SimulatedRhythm[] = [
  { name: 'steady, every 3 hours', rate: () => 1 / 3, shape: 4 },
  { name: 'steady, four a day', rate: () => 4 / 24, shape: 3 },
  { name: 'random, two a day', rate: () => 2 / 24, shape: 1 },
  { name: 'day and night', rate: (ms) => (hourOf(ms) >= 6 && hourOf(ms) < 22 ? 1 : 0.1), shape: 2 },
  { name: 'office hours', rate: officeRate(6), shape: 2 },
  { name: 'weekends off, one a day', rate: officeRate(1), shape: 4 },
  {
    name: 'weekly column',
    rate: (ms) => (weekdayOf(ms) === 4 && hourOf(ms) >= 7 && hourOf(ms) < 13 ? 1 / 6 : 0),
    shape: 12,
  },
  { name: 'bursts, three a week', rate: (ms) => (hourOf(ms) >= 7 && hourOf(ms) < 21 ? 3 / 98 : 0), shape: 2, burst: 9 },
  { name: 'slow blog, two a month', rate: () => 2 / (30 * 24), shape: 2 },
  { name: 'slow blog, one a week, random', rate: () => 1 / (7 * 24), shape: 1 },
  {
    name: 'seasonal, half in summer',
    rate: (ms) => (dayOfYear(ms) > 170 && dayOfYear(ms) < 250 ? 3 : 6) / 24,
    shape: 2,
  },
  { name: 'holiday, office hours', rate: (ms) => (isHoliday(ms) ? 0 : officeRate(6)(ms)), shape: 2 },
];

/** The posts of a publisher in a period, epoch milliseconds, ascending. */
export function simulatePosts(
  { rate, shape, burst = 1 }: SimulatedRhythm,
  [fromMs, untilMs]: readonly [number, number],
  random: () => number,
): number[] {
  const posts: number[] = [];
  const stepMs = hourMs / 6;
  let due = gammaGap(shape, random);
  for (let atMs = fromMs; atMs < untilMs; atMs += stepMs) {
    due -= rate(atMs) / 6;
    if (due > 0) continue;
    for (let index = 0; index < burst; index += 1) posts.push(atMs + random() * stepMs + index * 8 * 60_000);
    due += gammaGap(shape, random);
  }
  return posts.sort((a, b) => a - b);
}

/** A gap with the mean 1: the sum of `shape` exponential ones. */
function gammaGap(shape: number, random: () => number): number {
  let sum = 0;
  for (let index = 0; index < shape; index += 1) sum -= Math.log(1 - random());
  return sum / shape;
}

/** The hours with posts, without repetitions. */
export function hoursOf(posts: readonly number[]): number[] {
  return [...new Set(posts.map((ms) => Math.floor(ms / hourMs)))];
}
