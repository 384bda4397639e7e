import { createHash } from 'node:crypto';
import type { Enclosure, Item } from '../../domain/items/item.ts';
import { languageTag } from '../../domain/language-tag.ts';
import { plainText, textToHtml, toWebUrl, xmlSafe } from './xml-text.ts';

const beginningChars = 280;

/** One entry of an output feed, whatever the format: every text fit for XML, every address absolute http(s). */
export interface OutputEntry {
  readonly id: string;
  readonly title: string;
  /** The original, else our page of the item. */
  readonly url: string;
  /** Plain text; may be empty. */
  readonly summary: string;
  /** Plain text, never empty: the summary, else the beginning of the text, else the title. */
  readonly description: string;
  /** Sanitised HTML with the "also in" line; may be empty. */
  readonly html: string;
  readonly author: string | null;
  /** A well-formed language tag. */
  readonly language: string | null;
  readonly categories: readonly string[];
  readonly enclosures: readonly Enclosure[];
  readonly imageUrl: string | null;
  readonly source: { readonly title: string; readonly feedUrl: string; readonly siteUrl: string | null };
  readonly alsoIn: readonly { readonly title: string; readonly url: string }[];
  readonly publishedMs: number;
  readonly updatedMs: number;
}

/** An output feed before it takes the form of RSS, Atom or JSON. */
export interface OutputFeed {
  readonly title: string;
  readonly description: string;
  /** The page that shows the same items. */
  readonly homeUrl: string;
  readonly selfUrl: string;
  /** The style that lets a browser show the feed to a person: a path on this server. */
  readonly styleUrl: string;
  /** Where one subscribes to the feed (WebSub); null: one cannot. */
  readonly hubUrl: string | null;
  /** Older items in the same format; null on the last page. */
  readonly nextUrl: string | null;
  /** Of the newest entry or withdrawal; of the log when there is none. Never of the clock: equal content, equal bytes. */
  readonly updatedMs: number;
  readonly entries: readonly OutputEntry[];
  /**
   * For items that were withdrawn lately, newest withdrawal first: an entry of the same id that says so. Readers replace
   * what they have by it; few act on `deleted`.
   */
  readonly withdrawalNotices: readonly OutputEntry[];
  /** What was withdrawn lately, newest first, as RFC 6721 has it. Only Atom can say so. */
  readonly tombstones: readonly { readonly id: string; readonly atMs: number }[];
}

/** When the newest of the entries was last touched; without any, `otherwise`. */
export function newestUpdateMs(entries: readonly OutputEntry[], otherwise: number): number {
  return entries.length === 0 ? otherwise : Math.max(...entries.map(({ updatedMs }) => updatedMs));
}

/** The language that all entries are in; null: they differ, or do not say. */
export function commonLanguage(entries: readonly OutputEntry[]): string | null {
  const [first] = entries;
  return entries.every(({ language }) => language === first?.language) ? (first?.language ?? null) : null;
}

/**
 * The id of an item in every output feed: a UUID of version 8 (RFC 9562 §5.8) out of SHA-256 of its key, the same
 * for ever, whatever our address is.
 */
export function entryId(itemKey: string): string {
  const bytes = createHash('sha256').update(itemKey).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return `urn:uuid:${parts.join('-')}`;
}

/**
 * An item as an entry.
 *
 * @param publicUrl without a trailing slash.
 */
export function toEntry(item: Item, publicUrl: string): OutputEntry {
  const alsoIn = item.alsoIn.map(({ id, title }) => ({
    title: named(title, id),
    url: `${publicUrl}/sources/${encodeURIComponent(id)}`,
  }));
  const publishedMs = item.publishedMs ?? item.firstSeenMs;
  const title = named(item.title, 'Untitled');
  const summary = xmlSafe(item.summary).trim();
  return {
    id: entryId(item.key),
    title,
    url: toWebUrl(item.url) ?? `${publicUrl}/items/${item.id}`,
    summary,
    description: summary || beginningOf(item.contentHtml) || title,
    html: bodyOf(item, alsoIn),
    author: xmlSafe(item.author ?? '').trim() || null,
    language: languageTag(item.language),
    categories: [...new Set(item.categories.map((category) => xmlSafe(category).trim()))].filter(Boolean),
    enclosures: enclosuresOf(item),
    imageUrl: toWebUrl(item.imageUrl),
    source: sourceOf(item, publicUrl),
    alsoIn,
    publishedMs,
    updatedMs: Math.max(item.updatedMs ?? publishedMs, publishedMs),
  };
}

/**
 * What is left of a withdrawn item in feeds: its id, its source and its date. Its link leads to our page of it, which
 * answers 410; nothing of what it said is repeated.
 *
 * @param atMs when it was withdrawn, in epoch ms.
 */
export function toWithdrawalNotice(item: Item, atMs: number, publicUrl: string): OutputEntry {
  return toEntry(
    {
      ...item,
      ...{ url: null, title: 'Withdrawn', summary: 'This item has been withdrawn.', contentHtml: '', author: null },
      ...{ language: 'en', alsoIn: [], categories: [], enclosures: [], imageUrl: null, updatedMs: atMs },
    },
    publicUrl,
  );
}

function sourceOf({ source }: Item, publicUrl: string): OutputEntry['source'] {
  return {
    title: named(source.title, source.id),
    // A local source's file: address means nothing outside and tells of our folders.
    feedUrl: toWebUrl(source.url) ?? `${publicUrl}/sources/${encodeURIComponent(source.id)}`,
    siteUrl: toWebUrl(source.siteUrl),
  };
}

/** A name that no element is left empty by: what XML cannot hold may be all there was. */
function named(text: string, otherwise: string): string {
  return xmlSafe(text).trim() || otherwise;
}

/** What can be fetched, each address once. */
function enclosuresOf(item: Item): Enclosure[] {
  const usable = item.enclosures.flatMap((enclosure) => {
    const url = toWebUrl(enclosure.url);
    return url === null ? [] : [{ url, type: mediaType(enclosure.type), length: enclosure.length }];
  });
  return [...new Map(usable.map((enclosure) => [enclosure.url, enclosure])).values()];
}

/** The beginning of a text without its markup. */
function beginningOf(html: string): string {
  const text = plainText(html.slice(0, beginningChars * 8));
  if (text.length <= beginningChars) return text;
  return `${xmlSafe(text.slice(0, beginningChars)).replace(/\s+\S*$/, '')}…`;
}

/** The text of an entry; the other sources that had the item stand as its last line. */
function bodyOf(item: Item, alsoIn: OutputEntry['alsoIn']): string {
  const text = item.contentHtml.trim() === '' ? paragraph(item.summary) : xmlSafe(item.contentHtml);
  if (alsoIn.length === 0) return text;
  const names = alsoIn.map(({ title, url }) => `<a href="${textToHtml(url)}">${textToHtml(title)}</a>`);
  return `${text}<p>Also in: ${names.join(', ')}</p>`;
}

function paragraph(text: string): string {
  return text.trim() === '' ? '' : `<p>${textToHtml(text)}</p>`;
}

/** The type without parameters, or null when it is none (RFC 6838 §4.2). */
function mediaType(text: string | null): string | null {
  return /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}(?=\s*(;|$))/.exec(text ?? '')?.[0] ?? null;
}
