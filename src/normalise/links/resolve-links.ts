import { removeTrackingPairs } from './tracking.ts';

/** Longer URLs contain data and are not links. */
const maxUrlChars = 4096;

/** The base URLs that a document declares. */
interface DeclaredBases {
  /** The xml:base attributes that apply, outermost first, as written. */
  readonly xmlBases: readonly string[];
  /** The link of the feed, as written. */
  readonly feedLink: string | null;
  /** The URL of the response. */
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

/** Credentials in a link are a mistake or disguise the host (https://bank.example@evil.example/). */
function dropUserInfo(url: URL): void {
  // The setters parse the whole URL again.
  if (url.username !== '') url.username = '';
  if (url.password !== '') url.password = '';
}

/**
 * The base URLs to try for a relative link, in order: xml:base (XML Base §4: each is resolved against the one around it,
 * the outermost against the URL of the document), the link of the feed, the URL of the document.
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
 * Resolves a link to an absolute http(s) URL as browsers do (WHATWG URL).
 *
 * @param bases absolute URLs in order of preference; see `baseUrlsOf`.
 * @returns null for a link that is not http(s) (`javascript:`, also as `java\nscript:`, `data:`, `file:`), that has more
 *   than 4,096 characters, or that is relative without a base.
 */
export function resolveLink(link: string, bases: readonly string[]): string | null {
  return resolve(link, bases)?.href ?? null;
}

/** Like `resolveLink`, without tracking parameters. */
export function resolveWithoutTracking(link: string, bases: readonly string[]): URL | null {
  const url = resolve(link, bases);
  if (url !== null) dropTracking(url);
  return url;
}

function resolve(link: string, bases: readonly string[]): URL | null {
  const text = link.trim();
  if (text === '') return null;
  // An absolute link needs no base, and parsing the base doubles the time.
  const isAbsolute = bases.length === 0 || /^https?:\/\//i.test(text);
  for (const base of isAbsolute ? [undefined] : bases) {
    const url = parseWeb(text, base);
    if (url === null) continue;
    dropUserInfo(url);
    return url;
  }
  return null;
}

/** Removes tracking parameters. The rest of the URL is unchanged. */
function dropTracking(url: URL): void {
  const query = url.search.slice(1);
  const kept = removeTrackingPairs(query);
  if (kept !== query) url.search = kept;
  const fragment = url.hash.slice(1);
  // "#xtor=RSS-1": some publishers track in the fragment.
  if (/^[\w.]+=/.test(fragment) && removeTrackingPairs(fragment) === '') url.hash = '';
}

/**
 * Normalises a URL for comparison: https, host in lower case, without default port, credentials, fragment and tracking
 * parameters. Do not fetch the result.
 *
 * @returns null if the URL is not http(s).
 */
export function canonicalUrl(url: string): string | null {
  const parsed = parseWeb(url);
  return parsed === null ? null : canonicalForm(parsed);
}

/** `canonicalUrl` of a parsed URL. */
export function canonicalForm(url: URL): string | null {
  if (!isWeb(url) || url.hostname === '') return null;
  // Both default ports, whatever the scheme, because http and https are treated as equal.
  const port = url.port === '' || url.port === '80' || url.port === '443' ? '' : `:${url.port}`;
  const query = removeTrackingPairs(url.search.slice(1)).replace(/^&+|&+$/g, '');
  return `https://${url.hostname}${port}${url.pathname}${query === '' ? '' : `?${query}`}`;
}
