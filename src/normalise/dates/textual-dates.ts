import { type CalendarDate, fullYear, parseTimeOfDay, toEpochMs } from './calendar.ts';
import { monthNumber } from './month-names.ts';
import { zoneOffsetMinutes } from './time-zones.ts';

type Token =
  | { readonly kind: 'time' | 'zone' | 'word' | 'number'; readonly text: string }
  | { readonly kind: 'day'; readonly day: CalendarDate };

/** Words between the parts of a date that are ignored. */
const fillers = new Set(
  'at the of um kl de del den der le la les a as om o ob el di du il dia г года в ημερα στισ και'.split(' '),
);
/** Words after a time that are ignored: "9:15 Uhr". */
const timeSuffixes = new Set(['uhr', 'h', 'hrs', 'г']);
const dayPeriods = new Set(['am', 'pm']);

/**
 * Parses a date in the order of RFC 822 (`Tue, 13 Jul 2004 09:15 EST`), of asctime (`Tue Jul 13 09:15:07 2004`) or of
 * prose (`July 13th, 2004 at 9:15 pm`, `13.07.2004 21:15`) to epoch milliseconds.
 *
 * @param text the result of `normaliseDateText`.
 */
export function parseTextualDate(text: string): number | null {
  const tokens = tokenise(text);
  if (tokens === null) return null;
  const period = textsOf(tokens, 'word').find((text) => dayPeriods.has(text)) ?? null;
  const day = calendarDate(tokens, period !== null);
  const timeMs = timeOf(textsOf(tokens, 'time'), period);
  const zone = zoneOf(tokens);
  return day === null || timeMs === null || zone === null ? null : toEpochMs(day, timeMs, zone);
}

function textsOf(tokens: readonly Token[], kind: Token['kind']): string[] {
  return tokens.flatMap((token) => (token.kind === kind && token.kind !== 'day' ? [token.text] : []));
}

function timeOf(times: readonly string[], period: string | null): number | null {
  const [time] = times;
  if (time === undefined) return period === null ? 0 : null;
  return times.length > 1 ? null : parseTimeOfDay(time, period);
}

const separators = /[\s,;|]+|[.-](?!\d)|-(?=\d)/y;
const time = /\d{1,2}[:h]\d{1,2}(?::\d{1,2}(?:[.,]\d{1,9})?)?(?![:\d])/y;
const zone = /(?:gmt|utc|ut|etc\/gmt|etc\/utc)? ?[+-]\d{1,2}(?::?\d{2})?(?![\p{L}:\d])/uy;
const numericDatePattern = /(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)/y;
const number = /(\d{1,4})(?!\d)(?:st|nd|rd|th|er|e|o)?(?!\p{L})/uy;
const word = /\p{L}(?:[\p{L}'’/]|-(?=\p{L}))*/uy;

/** Null if the text contains something that does not belong in a date. */
function tokenise(text: string): Token[] | null {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  while (at < text.length) {
    // A sign begins a zone only after the time: in 13-Jul-2004 it is a hyphen.
    const afterTime = tokens.some((token) => token.kind === 'time');
    const match = afterTime ? take(zone) : null;
    if (match !== null) tokens.push({ kind: 'zone', text: match[0].trim() });
    else if (take(separators) === null) {
      const token = nextToken(take);
      if (token === null) return null;
      tokens.push(token);
    }
  }
  return tokens;
}

function nextToken(take: (pattern: RegExp) => RegExpExecArray | null): Token | null {
  const clock = take(time);
  if (clock !== null) return { kind: 'time', text: clock[0] };
  const day = take(numericDatePattern);
  if (day !== null) return { kind: 'day', day: numericDate(day) };
  const digits = take(number);
  if (digits?.[1] !== undefined) return { kind: 'number', text: digits[1] };
  const letters = take(word);
  return letters === null ? null : { kind: 'word', text: letters[0] };
}

/** With dots and hyphens the day comes first. With slashes the month may come first: `calendarDate` decides. */
function numericDate(match: RegExpExecArray): CalendarDate {
  const [, first = '', mark, second = '', year = ''] = match;
  const day = { year: fullYear(year), month: Number(second), day: Number(first) };
  return mark === '/' ? { ...day, month: -Number(second) } : day;
}

function calendarDate(tokens: readonly Token[], hasPeriod: boolean): CalendarDate | null {
  const days = tokens.filter((token) => token.kind === 'day');
  const day = days[0]?.day;
  if (day === undefined) return textualDate(tokens);
  if (days.length > 1 || tokens.some((token) => token.kind === 'number')) return null;
  if (day.month > 0) return day;
  const [first, second] = [day.day, -day.month];
  if (first > 12) return { ...day, month: second };
  // An ambiguous 7/8 is no date, which is better than a wrong one. With am or pm the order is American.
  return second > 12 || hasPeriod || first === second ? { year: day.year, month: first, day: second } : null;
}

function textualDate(tokens: readonly Token[]): CalendarDate | null {
  const months = textsOf(tokens, 'word')
    .map(monthNumber)
    .filter((month) => month !== null);
  // "mar 13 jul 2004": of two month names the first is a weekday (French and Spanish Tuesday).
  const month = months.at(-1);
  const numbers = textsOf(tokens, 'number');
  if (month === undefined || months.length > 2 || numbers.length !== 2) return null;
  const [first = '', second = ''] = numbers;
  if (first.length > 2) return { year: fullYear(first), month, day: Number(second) };
  return { year: fullYear(second), month, day: Number(first) };
}

/** Every word must be known: a weekday at the start, a month, a filler, or a zone after the time. */
function zoneOf(tokens: readonly Token[]): number | null {
  const timeAt = tokens.findIndex((token) => token.kind === 'time');
  const zones = textsOf(tokens, 'zone');
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'word' || index === 0) continue;
    if (dayPeriods.has(token.text) || monthNumber(token.text) !== null) continue;
    const isAfterTime = timeAt !== -1 && index > timeAt;
    if ((isAfterTime ? timeSuffixes : fillers).has(token.text)) continue;
    if (!isAfterTime) return null;
    zones.push(token.text);
  }
  return zoneOffsetMinutes(zones[0] ?? '');
}
