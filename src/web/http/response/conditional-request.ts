/** What a client says that it holds. */
export interface ConditionalHeaders {
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
}

/** What we hold: the tag without quotes and without a coding's suffix. */
export interface CurrentValidators {
  readonly tag: string;
  readonly lastModifiedMs: number | null;
}

const suffixes = ['', '-gzip', '-br'];

/**
 * Whether a 304 is the right answer.
 *
 * If-None-Match wins: a server that sees both ignores If-Modified-Since (RFC 9110 §13.1.3). The comparison is weak
 * (§13.1.2), and the tag of another coding of the same content is as good: the client holds the same news.
 */
export function isNotModified(held: ConditionalHeaders, current: CurrentValidators): boolean {
  if (held.ifNoneMatch !== undefined) return matchesTag(held.ifNoneMatch, current.tag);
  if (held.ifModifiedSince === undefined || current.lastModifiedMs === null) return false;
  const sinceMs = parseHttpDate(held.ifModifiedSince);
  if (sinceMs === null) return false;
  // HTTP dates have no fractions of a second.
  return Math.floor(current.lastModifiedMs / 1000) * 1000 <= sinceMs;
}

function matchesTag(list: string, tag: string): boolean {
  if (list.trim() === '*') return true;
  const held = [...list.matchAll(/(?:W\/)?"([^"]*)"/g)].map((match) => match[1]);
  return suffixes.some((suffix) => held.includes(`${tag}${suffix}`));
}

function parseHttpDate(text: string): number | null {
  // Only a date that says GMT: Date.parse would take "Feed 5" for a day in May.
  if (!/ GMT$/.test(text.trim())) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}
