import { removeTrackingPairs } from './tracking.ts';

/** Longer addresses are somebody's data, not a link. */
const maxUrlChars = 4096;

/** What a document says of the addresses that its relative links start from. */
export interface DeclaredBases {
  /** xml:base attributes in force, outermost first, as written. */
  readonly xmlBases: readonly string[];
  /** The feed's own link, as written. */
  readonly feedLink: string | null;
  /** The URL that answered. */
  readonly url: string;
}

function parseWeb(text: string, base?: string): URL | null {
  if (text.length > maxUrlChars) return null;
  const url = URL.parse(text, base);
  return url !== null && isWeb(url) ? url : null;
}

function isWeb(url: URL): boolean {
  return url.protocol === 'http:' || url.protocol === 'https:';
}

/** Credentials in a link are an accident or a disguise (https://bank.example@evil.example/); no reader needs them. */
function dropUserInfo(url: URL): void {
  // Setting has the whole address parsed again.
  if (url.username !== '') url.username = '';
  if (url.password !== '') url.password = '';
}

/**
 * The bases to try for a relative link, the best first: xml:base (each against the one around it, the outermost
 * against the document's own URL, as XML Base §4 has it), then the feed's link, then the document's URL.
 */
export function baseUrlsOf(claims: DeclaredBases): string[] {
  const effective = parseWeb(claims.url)?.href ?? null;
  const feedLink =
    claims.feedLink === null ? null : (parseWeb(claims.feedLink.trim(), effective ?? undefined)?.href ?? null);
  let base: string | null = null;
  for (const written of claims.xmlBases) {
    base = parseWeb(written.trim(), base ?? effective ?? feedLink ?? undefined)?.href ?? base;
  }
  return [base, feedLink, effective].filter((url) => url !== null);
}

/**
 * A link as an absolute http(s) URL, as the WHATWG standard and thus a browser reads it.
 *
 * @param bases absolute URLs, the best first; see `basesOf`.
 * @returns null for anything that is not http(s) (`javascript:`, also as `java\nscript:`, `data:`, `file:`), longer
 *   than 4,096 characters, or relative with no base to stand on.
 */
export function resolveLink(link: string, bases: readonly string[]): string | null {
  return resolve(link, bases)?.href ?? null;
}

/** A link as an absolute http(s) URL without the parameters that track readers; null where `resolveLink` gives null. */
export function resolveWithoutTracking(link: string, bases: readonly string[]): URL | null {
  const url = resolve(link, bases);
  if (url !== null) dropTracking(url);
  return url;
}

function resolve(link: string, bases: readonly string[]): URL | null {
  const text = link.trim();
  if (text === '') return null;
  // Parsing the base as well takes as long again.
  const isWhole = bases.length === 0 || /^https?:\/\//i.test(text);
  for (const base of isWhole ? [undefined] : bases) {
    const url = parseWeb(text, base);
    if (url === null) continue;
    dropUserInfo(url);
    return url;
  }
  return null;
}

/** The same URL without the parameters that track readers; all else, and the order, unchanged. */
export function stripTracking(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return url;
  dropTracking(parsed);
  return parsed.href;
}

function dropTracking(url: URL): void {
  const query = url.search.slice(1);
  const kept = removeTrackingPairs(query);
  if (kept !== query) url.search = kept;
  const fragment = url.hash.slice(1);
  // "#xtor=RSS-1": some publishers count in the fragment.
  if (/^[\w.]+=/.test(fragment) && removeTrackingPairs(fragment) === '') url.hash = '';
}

/**
 * The form in which two links to one page are equal: https, host in lower case, no default port, no user, no
 * fragment, no tracking parameters. Not an address to be fetched.
 *
 * @returns null when it is no http(s) URL.
 */
export function canonicalUrl(url: string): string | null {
  const parsed = parseWeb(url);
  return parsed === null ? null : canonicalForm(parsed);
}

/** `canonicalUrl` of an address that is parsed already. */
export function canonicalForm(url: URL): string | null {
  if (!isWeb(url) || url.hostname === '') return null;
  // Either default port, whatever the scheme: http and https are one here.
  const port = url.port === '' || url.port === '80' || url.port === '443' ? '' : `:${url.port}`;
  const query = removeTrackingPairs(url.search.slice(1)).replace(/^&+|&+$/g, '');
  return `https://${url.hostname}${port}${url.pathname}${query === '' ? '' : `?${query}`}`;
}
