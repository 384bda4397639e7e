import { hash } from 'node:crypto';
import type { ItemDraft } from '../domain/items/item.ts';
import { canonicalForm, canonicalUrl } from './links/resolve-links.ts';

/** The fields that identify an entry, cleaned and resolved. */
export interface IdentityFields {
  readonly guid: string | null;
  /** Absolute, without tracking parameters. */
  readonly url: string | null;
  readonly title: string;
  /** Read only if nothing else identifies the entry. */
  readonly body: { readonly text: string };
}

/** SHA-256, lower-case hex. */
export function sha256(text: string): string {
  return hash('sha256', text);
}

const keyChars = 40;

/**
 * The key that identifies an entry in later polls of its source.
 *
 * Order of preference: guid, link, hash of title and text (RSS 2.0 makes all three optional).
 *
 * @param fields with unreliable fields set to null: `guid` if the guids of the source are unreliable, `url` if the link
 *   does not lead to this entry alone.
 * @param digest SHA-256 of its argument, lower-case hex.
 * @returns 41 ASCII characters, unique within one source only.
 */
export function entryKey(fields: IdentityFields, digest: (text: string) => string): string {
  const key = (kind: string, text: string): string => `${kind}${digest(text).slice(0, keyChars)}`;
  if (fields.guid !== null) return key('g', fields.guid);
  if (fields.url !== null) return key('l', linkKey(fields.url));
  return key('d', `${fields.title}\n${fields.body.text}`);
}

/**
 * Normalises a link for comparison within one source. The fragment counts: "#3" more often distinguishes two entries than
 * it makes one entry look like two.
 */
export function linkKey(url: string): string {
  const parsed = new URL(url);
  return `${canonicalForm(parsed) ?? url}${parsed.hash}`;
}

/**
 * The keys of the entries of a document. A link to the home page of the site, or one that entries with other titles share,
 * counts as missing.
 */
export function entryKeys(
  entries: readonly IdentityFields[],
  rules: { readonly trustIds: boolean; readonly siteUrl: string | null },
): string[] {
  const exclusive = entries.every(({ guid }) => rules.trustIds && guid !== null)
    ? null
    : exclusiveUrls(entries, rules.siteUrl);
  return entries.map((entry, index) => {
    const guid = rules.trustIds ? entry.guid : null;
    return entryKey({ guid, url: exclusive?.[index] ?? null, title: entry.title, body: entry.body }, sha256);
  });
}

/** The links that lead to one entry only; null for other entries. */
function exclusiveUrls(entries: readonly IdentityFields[], siteUrl: string | null): (string | null)[] {
  const keys = entries.map(({ url }) => (url === null ? '' : linkKey(url)));
  const titles = new Map<string, Set<string>>();
  for (const [index, { title }] of entries.entries()) {
    const key = keys[index] ?? '';
    titles.set(key, (titles.get(key) ?? new Set()).add(title));
  }
  const isPage = isBelowSiteRoot(siteUrl);
  return entries.map(({ url }, index) => {
    const key = keys[index] ?? '';
    if (key === '' || titles.get(key)?.size !== 1) return null;
    return isPage(key) ? url : null;
  });
}

/**
 * Whether the guids of a document are too ambiguous to be used: there are at most half as many guids as distinct entries
 * (by link, or by title if all links are equal).
 */
export function guidsAreUnreliable(entries: readonly IdentityFields[]): boolean {
  const withGuid = entries.filter((entry) => entry.guid !== null);
  const guids = countDistinct(withGuid.map((entry) => entry.guid));
  const links = countDistinct(withGuid.map((entry) => entry.url));
  const titles = countDistinct(withGuid.map((entry) => entry.title));
  // One of two entries may be an edit of the other, with the same link or the same title: both must differ.
  const different = withGuid.length === 2 ? Math.min(links, titles) : links > 1 ? links : titles;
  return different >= 2 && guids * 2 <= different;
}

function countDistinct(values: readonly (string | null)[]): number {
  return new Set(values.filter((value) => value !== null)).size;
}

/**
 * The canonical URLs that identify one entry each: of a page other than the home page of the site, and of no other entry
 * of the document. Null for other entries.
 *
 * @param urls the link of each entry, null if it has none.
 * @returns in the order of `urls`.
 */
export function identifyingUrls(urls: readonly (string | null)[], siteUrl: string | null): (string | null)[] {
  const canonical = urls.map((url) => (url === null ? null : canonicalUrl(url)));
  const counts = new Map<string, number>();
  for (const url of canonical) if (url !== null) counts.set(url, (counts.get(url) ?? 0) + 1);
  const site = siteUrl === null ? null : withoutSlash(canonicalUrl(siteUrl) ?? siteUrl);
  return canonical.map((url) => {
    if (url === null || counts.get(url) !== 1) return null;
    return isSiteRoot(url) || withoutSlash(url) === site ? null : url;
  });
}

/** Returns a test whether a link, as returned by `linkKey`, leads to a page other than a home page. */
export function isBelowSiteRoot(siteUrl: string | null): (key: string) => boolean {
  const site = siteUrl === null ? null : withoutSlash(linkKey(siteUrl));
  return (key) => !isSiteRoot(key) && withoutSlash(key) !== site;
}

/** Whether a canonical URL is that of a home page. */
function isSiteRoot(canonical: string): boolean {
  return /^https:\/\/[^/]*\/$/.test(canonical);
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, '');
}

/** The URL of a media file without its query, which may contain a signature that changes with each poll. */
function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '');
}

/** The fields of an entry whose change is an edit. */
export type HashedFields = Pick<ItemDraft, 'title' | 'url' | 'author' | 'categories' | 'enclosures' | 'imageUrl'> & {
  /** Visible text with white space collapsed. */
  readonly text: string;
};

/**
 * A hash of an entry that changes with each edit of its text. It ignores markup, white space, images and links in the text,
 * signatures of media URLs, dates, and the order of categories. Some publishers give every entry the date of the request.
 */
export function contentHash(fields: HashedFields): string {
  const { title, text, url, author } = fields;
  const media = fields.enclosures.map((part) => [withoutQuery(part.url), part.type, part.length]);
  const image = fields.imageUrl === null ? null : withoutQuery(fields.imageUrl);
  return sha256(JSON.stringify([title, text, url, author, fields.categories.toSorted(), media, image]));
}
