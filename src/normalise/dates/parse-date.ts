import { dayMs } from '../../domain/durations.ts';
import { parseIsoDate } from './iso-dates.ts';
import { parseStandardDate } from './standard-dates.ts';
import { parseTextualDate } from './textual-dates.ts';

const maxChars = 120;
const earliestMs = Date.UTC(1990, 0, 1);
const digitZeros = [0x0660, 0x06f0, 0x0966, 0x09e6, 0x0e50];

/**
 * The instant that a date of a feed names: RFC 822 and its misspellings, W3CDTF and ISO 8601, asctime, month names in
 * some thirty languages, year-month-day in Chinese, Japanese and Korean, seconds or milliseconds since 1970.
 * A date without a zone is UTC. Dates that do not exist (31 February) are none, not a day in March. Linear time.
 *
 * @returns epoch milliseconds of a year between 1 and 9999; null when the text names no instant.
 */
export function parseDate(text: string): number | null {
  if (text.length > maxChars) return null;
  const usual = parseStandardDate(text);
  if (usual !== null) return usual;
  const plain = normaliseDateText(text);
  return parseEpoch(plain) ?? parseIsoDate(plain) ?? parseTextualDate(plain);
}

/** Whether an instant may stand as a publisher's date: `future` beyond now + 24 h, `ancient` before 1990. */
export function classifyDate(ms: number, nowMs: number): 'fine' | 'future' | 'ancient' {
  if (ms > nowMs + dayMs) return 'future';
  return ms < earliestMs ? 'ancient' : 'fine';
}

/** The instant itself when it may stand, else null: no source can pin itself on top by dating itself ahead. */
export function plausibleDate(ms: number | null, nowMs: number): number | null {
  return ms !== null && classifyDate(ms, nowMs) === 'fine' ? ms : null;
}

function normaliseDateText(text: string): string {
  return (
    text
      .normalize('NFKD')
      .replace(/\p{M}+/gu, '')
      .toLowerCase()
      .replace(/\p{M}+/gu, '')
      // Hangul falls apart under NFKD and is put together again.
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

/** Only what cannot be a calendar date: ten or thirteen digits, of the years 2001 to 2033. */
function parseEpoch(text: string): number | null {
  if (/^1\d{9}$/.test(text)) return Number(text) * 1000;
  return /^1\d{12}$/.test(text) ? Number(text) : null;
}
