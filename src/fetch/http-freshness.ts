import type { HeaderList } from './client/header-list.ts';
import { parseHttpDate } from './http-date.ts';

/**
 * How long the publisher says that the document stays fresh (RFC 9111 section 4.2): `max-age`, else `Expires` less
 * `Date` (both of the publisher's clock, so that ours does not matter), less the `Age` it already has.
 *
 * @param nowMs stands in for a missing `Date`.
 * @returns milliseconds; 0 for "stale at once", null when nothing (or nothing readable) is said.
 */
export function freshnessLifetimeMs(headers: HeaderList, nowMs: number): number | null {
  const directives = cacheDirectives(headers.all('cache-control'));
  if (directives.has('no-store') || directives.has('no-cache')) return 0;
  const lifetimeMs = maxAgeMs(directives) ?? expiresInMs(headers, nowMs);
  if (lifetimeMs === null) return null;
  const age = wholeSeconds(headers.first('age') ?? '') ?? 0;
  return Math.max(0, lifetimeMs - age * 1000);
}

/** What Retry-After asks for. */
export interface RetryAfter {
  /** Null: nothing usable was said. */
  readonly ms: number | null;
  /** True when it was cut at the cap. */
  readonly capped: boolean;
}

/** Retry-After as seconds or as a date (RFC 9110 section 10.2.3). A date that has passed says nothing. */
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
    // The quoted form is as good as the other (RFC 9111 section 5.2).
    const value = argument.trim().replace(/^"(.*)"$/, '$1');
    if (key !== '') directives.set(key, [...(directives.get(key) ?? []), value]);
  }
  return directives;
}

/** The first readable one: RFC 9111 section 4.2.1 allows it, and a broken one beside it says nothing. */
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
  // RFC 9111 section 5.3: whatever is no date, "0" above all, is in the past.
  if (expires === null) return 0;
  const date = parseHttpDate(headers.first('date') ?? '') ?? nowMs;
  return Math.max(0, expires - date);
}

/** Digits only; beyond what a century needs it is the same as "very long". */
function wholeSeconds(text: string): number | null {
  return /^\d+$/.test(text.trim()) ? Math.min(Number(text), 4_000_000_000) : null;
}
