import { hash } from 'node:crypto';
import type { ItemDraft } from '../domain/items/item.ts';
import { canonicalForm, canonicalUrl } from './links/resolve-links.ts';

/** What an entry is known by, cleaned and resolved. */
export interface IdentityFields {
  readonly guid: string | null;
  /** Absolute, without tracking parameters. */
  readonly url: string | null;
  readonly title: string;
  /** Read only where nothing else tells entries apart. */
  readonly body: { readonly text: string };
}

/** SHA-256, lower-case hex. */
export function sha256(text: string): string {
  return hash('sha256', text);
}

const keyChars = 40;

/**
 * The key by which an entry is recognised when its source is read again.
 *
 * Order of trust: guid, then link, then a digest of title and text (RSS 2.0 makes all three optional).
 *
 * @param traits without what cannot be trusted: `guid` null where the source's guids are worthless, `url` null where
 *   the link leads to more than this entry.
 * @param digest SHA-256 of its argument, lower-case hex.
 * @returns 41 ASCII characters, unique within one source only.
 */
export function entryKey(traits: IdentityFields, digest: (text: string) => string): string {
  const key = (rung: string, text: string): string => `${rung}${digest(text).slice(0, keyChars)}`;
  if (traits.guid !== null) return key('g', traits.guid);
  if (traits.url !== null) return key('l', linkKey(traits.url));
  return key('d', `${traits.title}\n${traits.body.text}`);
}

/**
 * A link in the form in which it is compared within one source. The fragment counts here: "#3" tells entries apart more
 * often than it makes two of one.
 */
export function linkKey(url: string): string {
  const parsed = new URL(url);
  return `${canonicalForm(parsed) ?? url}${parsed.hash}`;
}

/**
 * Entry keys of a document's entries, each on the highest rung that holds in this document: a link to the site's
 * front, or one that entries with other titles share, says no more than a missing one.
 */
export function entryKeys(
  entries: readonly IdentityFields[],
  rules: { readonly trustIds: boolean; readonly siteUrl: string | null },
): string[] {
  const owned = entries.every(({ guid }) => rules.trustIds && guid !== null)
    ? null
    : exclusiveUrls(entries, rules.siteUrl);
  return entries.map((entry, index) => {
    const guid = rules.trustIds ? entry.guid : null;
    return entryKey({ guid, url: owned?.[index] ?? null, title: entry.title, body: entry.body }, sha256);
  });
}

/** The links that lead to one entry alone; null for the others. */
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
 * Whether the guids of a document tell its entries apart so badly that they are worth nothing: half or more of the
 * entries that are different news (by link, or by title where the links are all one) share a guid with another.
 */
export function guidsAreUnreliable(entries: readonly IdentityFields[]): boolean {
  const withGuid = entries.filter((entry) => entry.guid !== null);
  const guids = countDistinct(withGuid.map((entry) => entry.guid));
  const links = countDistinct(withGuid.map((entry) => entry.url));
  const titles = countDistinct(withGuid.map((entry) => entry.title));
  // Of two entries one may be an edit of the other (same link or same title): both must differ then.
  const different = withGuid.length === 2 ? Math.min(links, titles) : links > 1 ? links : titles;
  return different >= 2 && guids * 2 <= different;
}

function countDistinct(values: readonly (string | null)[]): number {
  return new Set(values.filter((value) => value !== null)).size;
}

/**
 * Canonical URLs that name one entry each, as far as a document can tell: of a page below the site's front, and of no
 * other entry of the document.
 *
 * @param urls link of each entry, null where there is none.
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

/** A test of links, as `linkKey` has them: whether one leads further than to the front of its or of the feed's site. */
export function isBelowSiteRoot(siteUrl: string | null): (key: string) => boolean {
  const site = siteUrl === null ? null : withoutSlash(linkKey(siteUrl));
  return (key) => !isSiteRoot(key) && withoutSlash(key) !== site;
}

/** Whether an address in its canonical form is that of a whole site. */
function isSiteRoot(canonical: string): boolean {
  return /^https:\/\/[^/]*\/$/.test(canonical);
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, '');
}

/** An address without its query: what a signed or counted picture or recording keeps from one read to the next. */
function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '');
}

/** The parts of an entry that make it news when they change. */
export type HashedFields = Pick<ItemDraft, 'title' | 'url' | 'author' | 'categories' | 'enclosures' | 'imageUrl'> & {
  /** Visible text, white space evened out. */
  readonly text: string;
};

/**
 * A hash that stays while the news stays the same: markup, white space, advertising pictures, links in the text,
 * changing signatures of media addresses, dates and the order of categories leave it as it is. Some publishers give
 * every entry the date of the request.
 */
export function contentHash(substance: HashedFields): string {
  const { title, text, url, author } = substance;
  const media = substance.enclosures.map((part) => [withoutQuery(part.url), part.type, part.length]);
  const image = substance.imageUrl === null ? null : withoutQuery(substance.imageUrl);
  return sha256(JSON.stringify([title, text, url, author, substance.categories.toSorted(), media, image]));
}
