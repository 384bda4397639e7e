import { dayMs, hourMs, minuteMs } from '../../domain/durations.ts';
import type { FeedHints } from '../../domain/items/parsed-feed.ts';
import { type Note, note } from '../../domain/notes/note.ts';

/** The longest interval that a hint can set. */
const maxHintMs = dayMs;

const periodMs: ReadonlyMap<string, number> = new Map([
  ['hourly', hourMs],
  ['daily', dayMs],
  ['weekly', 7 * dayMs],
  ['monthly', 30 * dayMs],
  ['yearly', 365 * dayMs],
]);

const dayNames = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

type HintRule = 'max_age' | 'ttl' | 'update_period';

/** The minimum interval between two polls that the publisher asks for. */
export interface HintInterval {
  readonly minIntervalMs: number;
  /** The decisive hint; null if there is none. */
  readonly rule: HintRule | null;
  /** `hint_capped`, `hint_invalid`. */
  readonly notes: readonly Note[];
}

const noHint: HintInterval = { minIntervalMs: 0, rule: null, notes: [] };

interface Hint {
  readonly rule: HintRule;
  readonly ms: number;
}

/**
 * The longest of freshness lifetime, `ttl` and `sy:updatePeriod`, each capped at a day. Invalid values (zero, negative,
 * not a number, an unknown period) are noted and ignored.
 */
export function hintInterval(hints: FeedHints | null, freshnessLifetimeMs: number | null): HintInterval {
  const given = [...freshnessHint(freshnessLifetimeMs), ...ttlHint(hints), ...syndicationHint(hints)];
  if (given.length === 0) return noHint;
  const valid = given.filter((hint) => hint.ms > 0);
  const notes: Note[] = [];
  if (valid.length < given.length) notes.push(note('hint_invalid'));
  if (valid.some((hint) => hint.ms > maxHintMs)) notes.push(note('hint_capped'));
  const longest = valid.reduce<Hint | null>((best, hint) => (best === null || hint.ms > best.ms ? hint : best), null);
  if (longest === null) return { minIntervalMs: 0, rule: null, notes };
  return { minIntervalMs: Math.min(longest.ms, maxHintMs), rule: longest.rule, notes };
}

/** A freshness lifetime of zero is common and valid, so it does not raise `hint_invalid`. */
function freshnessHint(freshnessLifetimeMs: number | null): Hint[] {
  return freshnessLifetimeMs !== null && freshnessLifetimeMs > 0 ? [{ rule: 'max_age', ms: freshnessLifetimeMs }] : [];
}

function ttlHint(hints: FeedHints | null): Hint[] {
  if (hints === null || hints.ttlMinutes === null) return [];
  return [{ rule: 'ttl', ms: positive(hints.ttlMinutes) * minuteMs }];
}

/** RSS 1.0 syndication module: the period divided by the frequency, which defaults to 1. */
function syndicationHint(hints: FeedHints | null): Hint[] {
  if (hints === null || hints.updatePeriod === null) return [];
  const period = periodMs.get(periodName(hints.updatePeriod)) ?? 0;
  const frequency = positive(hints.updateFrequency ?? 1);
  return [{ rule: 'update_period', ms: frequency === 0 ? 0 : period / frequency }];
}

function periodName(updatePeriod: string): string {
  return updatePeriod.trim().toLowerCase();
}

function positive(value: number): number {
  return value > 0 && value < Number.POSITIVE_INFINITY ? value : 0;
}

/**
 * Hints in a form that can be stored: bounded in size, and unchanged by a round trip through JSON. Invalid values stay
 * invalid, so that each poll notes them.
 */
export function storableHints(hints: FeedHints): FeedHints {
  const { updatePeriod } = hints;
  const known = updatePeriod === null || periodMs.has(periodName(updatePeriod));
  return {
    ttlMinutes: storable(hints.ttlMinutes),
    updatePeriod: known ? updatePeriod : 'unknown',
    updateFrequency: storable(hints.updateFrequency),
    skipHours: [...new Set(hints.skipHours.map((hour) => (isHour(hour) ? hour : -1)))],
    skipDays: [...new Set(hints.skipDays.map((name) => dayNames[dayOf(name)] ?? 'unknown'))],
  };
}

function storable(value: number | null): number | null {
  return value === null || Number.isFinite(value) ? value : 0;
}

type SkipRule = 'skip_hours' | 'skip_days';

/** A time moved out of the hours and days in which the publisher does not want to be polled. */
export interface SkipShift {
  readonly atMs: number;
  /** Which of the two moved it; null: the time did not change. */
  readonly rule: SkipRule | null;
  readonly notes: readonly Note[];
}

/**
 * The first instant at or after `atMs` outside all skipHours and skipDays (UTC; hour 24 is hour 0). A list that excludes
 * every hour or every day is invalid and ignored.
 */
export function skipForward(atMs: number, hints: FeedHints | null): SkipShift {
  if (hints === null || (hints.skipHours.length === 0 && hints.skipDays.length === 0)) {
    return { atMs, rule: null, notes: [] };
  }
  const hours = hoursOf(hints.skipHours);
  const days = daysOf(hints.skipDays);
  const notes = hours.invalid || days.invalid ? [note('hint_invalid')] : [];
  let at = atMs;
  let rule: SkipRule | null = null;
  // Terminates: at least one hour of one day is allowed, and each iteration reaches a later hour.
  for (;;) {
    if (days.set.has(weekday(at))) {
      at = (Math.floor(at / dayMs) + 1) * dayMs;
      rule = 'skip_days';
    } else if (hours.set.has(Math.floor(at / hourMs) % 24)) {
      at = (Math.floor(at / hourMs) + 1) * hourMs;
      rule = rule ?? 'skip_hours';
    } else {
      return { atMs: at, rule, notes };
    }
  }
}

interface Windows {
  readonly set: ReadonlySet<number>;
  readonly invalid: boolean;
}

function hoursOf(skipHours: readonly number[]): Windows {
  const valid = skipHours.filter(isHour);
  return windows(valid, { size: 24, given: skipHours.length });
}

function daysOf(skipDays: readonly string[]): Windows {
  const valid = skipDays.map(dayOf).filter((day) => day >= 0);
  return windows(valid, { size: 7, given: skipDays.length });
}

function isHour(hour: number): boolean {
  return Number.isInteger(hour) && hour >= 0 && hour <= 24;
}

/** 0 is Sunday; -1: not a day. */
function dayOf(name: string): number {
  return dayNames.indexOf(name.trim().toLowerCase());
}

function windows(values: readonly number[], { size, given }: { size: number; given: number }): Windows {
  const set = new Set(values.map((value) => value % size));
  if (set.size === size) return { set: new Set(), invalid: true };
  return { set, invalid: values.length < given };
}

/** 0 is Sunday; 1 January 1970 was a Thursday. */
function weekday(atMs: number): number {
  return (Math.floor(atMs / dayMs) + 4) % 7;
}
