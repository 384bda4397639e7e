import { dayMs, minuteMs } from '../../domain/durations.ts';

export interface CalendarDate {
  readonly year: number;
  /** 1 to 12, if it is right. */
  readonly month: number;
  readonly day: number;
}

/** The day of a year by its number, 1 to 366. */
export function ordinalDate(year: number, dayOfYear: number): CalendarDate | null {
  const at = new Date(utc(year, 1, 1) + (dayOfYear - 1) * dayMs);
  if (dayOfYear < 1 || at.getUTCFullYear() !== year) return null;
  return { year, month: at.getUTCMonth() + 1, day: at.getUTCDate() };
}

/** The day of an ISO week. §5.2.3: week 1 is the one with 4 January in it, and weeks begin on Monday. */
export function isoWeekDate(year: number, week: number, day: number): CalendarDate | null {
  if (week < 1 || week > 53) return null;
  const fourth = new Date(utc(year, 1, 4));
  const monday = fourth.getTime() - ((fourth.getUTCDay() + 6) % 7) * dayMs;
  const at = new Date(monday + ((week - 1) * 7 + day - 1) * dayMs);
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate() };
}

/** RFC 5322 §4.3: two digits up to 49 are of this century, other two and all three digits are added to 1900. */
export function fullYear(digits: string): number {
  const year = Number(digits);
  if (digits.length > 3) return year;
  return digits.length === 2 && year < 50 ? year + 2000 : year + 1900;
}

/**
 * Milliseconds since midnight.
 *
 * @param text `9:15`, `09:15:07.25`, `12h30`, `091507`.
 * @param half `am` or `pm`, when one was said.
 */
export function parseTimeOfDay(text: string, half: string | null): number | null {
  const match =
    /^(\d{1,2})[:h](\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,12}))?)?$/.exec(text) ??
    /^(\d{2})(\d{2})(?:(\d{2})(?:[.,](\d{1,12}))?)?$/.exec(text);
  if (match === null) return null;
  const hour = hourOf(Number(match[1]), half);
  const minute = Number(match[2]);
  const second = Number(match[3] ?? 0);
  if (hour === null || minute > 59 || second > 60) return null;
  if (hour === 24 && minute + second > 0) return null;
  // A leap second counts as the one before it, as POSIX time has it.
  const milli = match[4] === undefined ? 0 : Number(match[4].padEnd(3, '0').slice(0, 3));
  return ((hour * 60 + minute) * 60 + Math.min(second, 59)) * 1000 + milli;
}

function hourOf(hour: number, half: string | null): number | null {
  if (half === null) return hour <= 24 ? hour : null;
  if (hour > 12) return hour <= 23 && half === 'pm' ? hour : null;
  return (hour % 12) + (half === 'pm' ? 12 : 0);
}

function utc(year: number, month: number, day: number): number {
  // Date.UTC takes the years 0 to 99 for 1900 to 1999.
  return new Date(0).setUTCFullYear(year, month - 1, day);
}

/** Epoch milliseconds of a day, a time on it and its zone in minutes east of UTC; null when there is no such day. */
export function toEpochMs(day: CalendarDate, timeMs: number, zoneMinutes: number): number | null {
  if (day.year < 1 || day.year > 9999 || day.month < 1 || day.month > 12 || day.day < 1) return null;
  const midnight = utc(day.year, day.month, day.day);
  if (new Date(midnight).getUTCMonth() !== day.month - 1) return null;
  return midnight + timeMs - zoneMinutes * minuteMs;
}
