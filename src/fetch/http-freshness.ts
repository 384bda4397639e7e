import type { HeaderList } from './client/header-list.ts';

/**
 * The remaining freshness lifetime (RFC 9111 section 4.2): `max-age`, else `Expires` minus `Date` (both of the
 * publisher's clock, so that ours does not matter), minus `Age`.
 *
 * @param nowMs used if `Date` is missing.
 * @returns milliseconds; 0: stale at once; null: no valid information.
 */
export function freshnessLifetimeMs(headers: HeaderList, nowMs: number): number | null {
  const directives = cacheDirectives(headers.all('cache-control'));
  if (directives.has('no-store') || directives.has('no-cache')) return 0;
  const lifetimeMs = maxAgeMs(directives) ?? expiresInMs(headers, nowMs);
  if (lifetimeMs === null) return null;
  const age = wholeSeconds(headers.first('age') ?? '') ?? 0;
  return Math.max(0, lifetimeMs - age * 1000);
}

/** A parsed Retry-After. */
export interface RetryAfter {
  /** Null: absent or invalid. */
  readonly ms: number | null;
  /** True if it was limited to the cap. */
  readonly capped: boolean;
}

/** Parses Retry-After as seconds or as a date (RFC 9110 section 10.2.3). A past date is ignored. */
export function retryAfter(headers: HeaderList, nowMs: number, capMs: number): RetryAfter {
  const text = headers.first('retry-after')?.trim() ?? '';
  const delay = wholeSeconds(text);
  const date = delay === null ? parseHttpDate(text) : null;
  const ms = delay !== null ? delay * 1000 : date !== null && date > nowMs ? date - nowMs : null;
  if (ms === null || ms <= capMs) return { ms, capped: false };
  return { ms: capMs, capped: true };
}

function cacheDirectives(values: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const directives = new Map<string, string[]>();
  for (const part of values.join(',').split(',')) {
    const [name = '', argument = ''] = part.split(/=(.*)/s);
    const key = name.trim().toLowerCase();
    // Recipients must accept the quoted form as well (RFC 9111 section 5.2).
    const value = argument.trim().replace(/^"(.*)"$/, '$1');
    if (key !== '') directives.set(key, [...(directives.get(key) ?? []), value]);
  }
  return directives;
}

/** The first valid value, as RFC 9111 section 4.2.1 allows. */
function maxAgeMs(directives: ReadonlyMap<string, readonly string[]>): number | null {
  for (const value of directives.get('max-age') ?? []) {
    const age = wholeSeconds(value);
    if (age !== null) return age * 1000;
  }
  return null;
}

function expiresInMs(headers: HeaderList, nowMs: number): number | null {
  const text = headers.first('expires');
  if (text === null) return null;
  const expires = parseHttpDate(text);
  // RFC 9111 section 5.3: an invalid date, especially "0", means a time in the past.
  if (expires === null) return 0;
  const date = parseHttpDate(headers.first('date') ?? '') ?? nowMs;
  return Math.max(0, expires - date);
}

/** Digits only, capped at more than a century. */
function wholeSeconds(text: string): number | null {
  return /^\d+$/.test(text.trim()) ? Math.min(Number(text), 4_000_000_000) : null;
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const time = '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)';

/** RFC 9110 section 5.6.7: the current format and the two obsolete ones, all of which a recipient must accept. */
const forms = [
  new RegExp(`^\\w{3}, (?<day>\\d\\d) (?<month>\\w{3}) (?<year>\\d{4}) ${time} (?:GMT|UTC)$`, 'i'),
  new RegExp(`^\\w{6,9}, (?<day>\\d\\d)-(?<month>\\w{3})-(?<year>\\d\\d) ${time} (?:GMT|UTC)$`, 'i'),
  new RegExp(`^\\w{3} (?<month>\\w{3}) (?<day>[ \\d]\\d) ${time} (?<year>\\d{4})$`, 'i'),
];

/**
 * Parses a date of an HTTP header. Strict: Date.parse would accept "5" as a month.
 *
 * @returns epoch milliseconds; null if it is not an HTTP date.
 */
export function parseHttpDate(text: string): number | null {
  for (const form of forms) {
    const groups = form.exec(text.trim())?.groups;
    if (groups !== undefined) return toMs(groups);
  }
  return null;
}

function toMs(groups: Readonly<Record<string, string>>): number | null {
  const month = months.indexOf((groups['month'] ?? '').toLowerCase());
  const [day, hour, minute, second] = ['day', 'hour', 'minute', 'second'].map((name) => Number(groups[name]));
  if (month < 0 || day === undefined || hour === undefined) return null;
  const ms = Date.UTC(fullYear(groups['year'] ?? ''), month, day, hour, minute, second);
  // Date.UTC rolls invalid dates such as 31 Feb or 25:00 over to other dates.
  const date = new Date(ms);
  return date.getUTCDate() === day && date.getUTCHours() === hour ? ms : null;
}

/** RFC 850 years have two digits: 00 to 69 are 2000 to 2069. */
function fullYear(digits: string): number {
  if (digits.length > 2) return Number(digits);
  return Number(digits) + (Number(digits) < 70 ? 2000 : 1900);
}
