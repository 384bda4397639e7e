import { type CalendarDate, fullYear, isoWeekDate, ordinalDate, parseTimeOfDay, toEpochMs } from './calendar.ts';
import { monthNumber } from './month-names.ts';
import { zoneOffsetMinutes } from './time-zones.ts';

/**
 * Parses a date that begins with the year, with or without a time and a zone, to epoch milliseconds.
 *
 * @param text the result of `normaliseDateText`.
 */
export function parseIsoDate(text: string): number | null {
  const parts = /^(.*?\d)(?:t| t?)(?=\d|am |pm )(.*)$/.exec(text);
  const day = matchIsoDate(parts?.[1] ?? text);
  if (day === null) return null;
  if (parts?.[2] === undefined) return toEpochMs(day, 0, 0);
  const rest = /^(?:(am|pm) )?([\d:.,]+) ?(am|pm)?( ?[^ \d].*| [+-].*)?$/.exec(parts[2]);
  if (rest?.[2] === undefined) return null;
  const time = parseTimeOfDay(rest[2], rest[1] ?? rest[3] ?? null);
  const zone = zoneOffsetMinutes((rest[4] ?? '').trim());
  return time === null || zone === null ? null : toEpochMs(day, time, zone);
}

/** A two-digit year is completed: see `fullYear`. */
function ymd(year = '', month = '1', day = '1'): CalendarDate {
  return { year: fullYear(year), month: Number(month), day: Number(day) };
}

/** The forms of a date that begins with the year, each with a function of its groups. */
const isoForms: readonly (readonly [RegExp, (...groups: string[]) => CalendarDate | null])[] = [
  [/^(\d{4})-0?(\d{1,2})-(\d{1,2})$/, ymd],
  [/^(\d{4})-(\p{L}+)-(\d{1,2})$/u, (year, month = '', day) => namedMonthDate(Number(year), month, Number(day))],
  [/^(\d{4})[/.] ?(\d{1,2})[/.] ?(\d{1,2})\.?$/, ymd],
  [/^(\d{4})-?(\d{3})$/, (year, day) => ordinalDate(Number(year), Number(day))],
  [/^(\d{4})-(\d{1,2})$/, ymd],
  [/^(\d{4})$/, ymd],
  [/^(\d{4})(\d{2})(\d{2})$/, ymd],
  [
    /^(\d{4})-?w(\d{2})(?:-?([1-7]))?$/,
    (year, week, day = '1') => isoWeekDate(Number(year), Number(week), Number(day)),
  ],
  [/^(\d{2})-(\d{2})-(\d{2})$/, ymd],
  [/^-(\d{2})-?(\d{2})$/, ymd],
  [/^(\d{2})(\d{2})(\d{2})$/, ymd],
  // Only with a leading zero: five digits without one are an ordinary number.
  [/^(0\d)(\d{3})$/, (year = '', day) => ordinalDate(fullYear(year), Number(day))],
];

function matchIsoDate(text: string): CalendarDate | null {
  for (const [form, read] of isoForms) {
    const match = form.exec(text);
    if (match !== null) return read(...match.slice(1));
  }
  return null;
}

function namedMonthDate(year: number, word: string, day: number): CalendarDate | null {
  const month = monthNumber(word);
  return month === null ? null : { year, month, day };
}
