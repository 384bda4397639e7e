import { dayMs } from '../../domain/durations.ts';
import { parseTimeOfDay, toEpochMs } from './calendar.ts';
import { parseIsoDate } from './iso-dates.ts';
import { parseTextualDate } from './textual-dates.ts';
import { zoneOffsetMinutes } from './time-zones.ts';

const maxChars = 120;
const earliestMs = Date.UTC(1990, 0, 1);
const digitZeros = [0x0660, 0x06f0, 0x0966, 0x09e6, 0x0e50];

/**
 * Parses a date of a feed: RFC 822 and its misspellings, W3CDTF and ISO 8601, asctime, month names in some thirty
 * languages, year-month-day in Chinese, Japanese and Korean, seconds or milliseconds since 1970. A date without a zone is
 * UTC. A date that does not exist (31 February) is invalid and does not become a day in March. Linear time.
 *
 * @returns epoch milliseconds of a year between 1 and 9999; null if the text is not a date.
 */
export function parseDate(text: string): number | null {
  if (text.length > maxChars) return null;
  const standard = parseStandardDate(text);
  if (standard !== null) return standard;
  const plain = normaliseDateText(text);
  return parseEpoch(plain) ?? parseIsoDate(plain) ?? parseTextualDate(plain);
}

/** Whether a publisher's date is plausible: `future` is more than 24 h from now, `ancient` before 1990. */
export function classifyDate(ms: number, nowMs: number): 'plausible' | 'future' | 'ancient' {
  if (ms > nowMs + dayMs) return 'future';
  return ms < earliestMs ? 'ancient' : 'plausible';
}

/** The date if it is plausible, otherwise null: a source must not stay on top of the stream by a date in the future. */
export function plausibleDate(ms: number | null, nowMs: number): number | null {
  return ms !== null && classifyDate(ms, nowMs) === 'plausible' ? ms : null;
}

function normaliseDateText(text: string): string {
  return (
    text
      .normalize('NFKD')
      .replace(/\p{M}+/gu, '')
      .toLowerCase()
      .replace(/\p{M}+/gu, '')
      // NFKD decomposes Hangul; NFC composes it again.
      .normalize('NFC')
      .replace(/[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef\u0e50-\u0e59]/g, latinDigit)
      .replace(/ς/g, 'σ')
      .replace(/ı/g, 'i')
      .replace(/[\u2010-\u2015\u2212]/g, '-')
      .replace(/\b([ap])\. ?m\b\.?/g, '$1m')
      .replace(/(上午|午前|오전)/g, ' am ')
      .replace(/(下午|午後|오후)/g, ' pm ')
      .replace(/(\d) ?[年년월月] ?(?=\d)/g, '$1-')
      .replace(/(\d) ?[日일]/g, '$1 ')
      .replace(/(\d) ?[時时点시分분] ?(?=\d)/g, '$1:')
      .replace(/(\d) ?[分분秒초]/g, '$1')
      // RFC 822 comments: "(CEST)", "(Sunday)".
      .replace(/\([^()]*\)/g, ' ')
      .replace(/\s+/g, ' ')
      .trim()
  );
}

function latinDigit(digit: string): string {
  const code = digit.charCodeAt(0);
  const zero = digitZeros.find((start) => code >= start && code <= start + 9) ?? 0x30;
  return String(code - zero);
}

/** Ten or thirteen digits of the years 2001 to 2033, which cannot be a calendar date. */
function parseEpoch(text: string): number | null {
  if (/^1\d{9}$/.test(text)) return Number(text) * 1000;
  return /^1\d{12}$/.test(text) ? Number(text) : null;
}

const months = new Map('Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ').map((name, at) => [name, at + 1]));
const rfc822 =
  /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(\d\d?) ([JFMASOND][a-z]{2}) (\d{4}) (\d\d:\d\d(?::\d\d)?) (GMT|UTC|Z|[+-]\d{4})$/;
const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d(?:\.\d{1,9})?)(Z|[+-]\d\d:\d\d)$/;

/**
 * Parses a date that conforms to RFC 822 or RFC 3339, as most do. A fast path: the general parsers return the same.
 *
 * @returns epoch milliseconds; null for any other text and for dates that do not exist.
 */
function parseStandardDate(text: string): number | null {
  const mail = rfc822.exec(text);
  if (mail !== null) {
    const [, day, name = '', year, time = '', zone = ''] = mail;
    return at({ year: Number(year), month: months.get(name) ?? 0, day: Number(day) }, time, zone);
  }
  const [, year, month, day, time, zone] = rfc3339.exec(text) ?? [];
  if (time === undefined || zone === undefined) return null;
  return at({ year: Number(year), month: Number(month), day: Number(day) }, time, zone);
}

function at(day: { year: number; month: number; day: number }, time: string, zone: string): number | null {
  const timeMs = parseTimeOfDay(time, null);
  const offset = zoneOffsetMinutes(zone.toLowerCase());
  return timeMs === null || offset === null ? null : toEpochMs(day, timeMs, offset);
}
