import { dayMs, minuteMs } from '../../domain/durations.ts';

/** A date that need not exist: `toEpochMs` checks it. */
export interface CalendarDate {
  readonly year: number;
  /** 1 to 12 in a valid date. */
  readonly month: number;
  readonly day: number;
}

/** The date of an ordinal day, 1 to 366; null if the year has no such day. */
export function ordinalDate(year: number, dayOfYear: number): CalendarDate | null {
  const at = new Date(utc(year, 1, 1) + (dayOfYear - 1) * dayMs);
  if (dayOfYear < 1 || at.getUTCFullYear() !== year) return null;
  return { year, month: at.getUTCMonth() + 1, day: at.getUTCDate() };
}

/** The date of a day in an ISO 8601 week: week 1 contains 4 January, and weeks begin on Monday. */
export function isoWeekDate(year: number, week: number, day: number): CalendarDate | null {
  if (week < 1 || week > 53) return null;
  const fourth = new Date(utc(year, 1, 4));
  const monday = fourth.getTime() - ((fourth.getUTCDay() + 6) % 7) * dayMs;
  const at = new Date(monday + ((week - 1) * 7 + day - 1) * dayMs);
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate() };
}

/** RFC 5322 §4.3: two digits up to 49 are added to 2000, other two-digit and three-digit years to 1900. */
export function fullYear(digits: string): number {
  const year = Number(digits);
  if (digits.length > 3) return year;
  return digits.length === 2 && year < 50 ? year + 2000 : year + 1900;
}

/**
 * Parses a time of day to milliseconds since midnight; null if there is no such time.
 *
 * @param text `9:15`, `09:15:07.25`, `12h30`, `091507`.
 * @param period `am`, `pm` or null.
 */
export function parseTimeOfDay(text: string, period: string | null): number | null {
  const match =
    /^(\d{1,2})[:h](\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,12}))?)?$/.exec(text) ??
    /^(\d{2})(\d{2})(?:(\d{2})(?:[.,](\d{1,12}))?)?$/.exec(text);
  if (match === null) return null;
  const hour = hourOf(Number(match[1]), period);
  const minute = Number(match[2]);
  const second = Number(match[3] ?? 0);
  if (hour === null || minute > 59 || second > 60) return null;
  if (hour === 24 && minute + second > 0) return null;
  // A leap second counts as the second before it, as in POSIX time.
  const milli = match[4] === undefined ? 0 : Number(match[4].padEnd(3, '0').slice(0, 3));
  return ((hour * 60 + minute) * 60 + Math.min(second, 59)) * 1000 + milli;
}

function hourOf(hour: number, period: string | null): number | null {
  if (period === null) return hour <= 24 ? hour : null;
  if (hour > 12) return hour <= 23 && period === 'pm' ? hour : null;
  return (hour % 12) + (period === 'pm' ? 12 : 0);
}

function utc(year: number, month: number, day: number): number {
  // Date.UTC maps the years 0 to 99 to 1900 to 1999.
  return new Date(0).setUTCFullYear(year, month - 1, day);
}

/** Epoch milliseconds of a date, a time of day and a zone in minutes east of UTC; null if the date does not exist. */
export function toEpochMs(day: CalendarDate, timeMs: number, zoneMinutes: number): number | null {
  if (day.year < 1 || day.year > 9999 || day.month < 1 || day.month > 12 || day.day < 1) return null;
  const midnight = utc(day.year, day.month, day.day);
  if (new Date(midnight).getUTCMonth() !== day.month - 1) return null;
  return midnight + timeMs - zoneMinutes * minuteMs;
}
