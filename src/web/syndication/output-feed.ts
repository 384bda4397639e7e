import { createHash } from 'node:crypto';
import type { Enclosure, Item } from '../../domain/item.ts';
import { textToHtml, xmlSafe } from './xml.ts';

/** One entry of an output feed, whatever the format: every text fit for XML, every address absolute http(s). */
export interface OutputEntry {
  readonly id: string;
  readonly title: string;
  /** The original, else our page of the item. */
  readonly url: string;
  /** Plain text; may be empty. */
  readonly summary: string;
  /** Sanitised HTML with the "also in" line; may be empty. */
  readonly html: string;
  readonly author: string | null;
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
  /** Where one subscribes to the feed (WebSub); null: one cannot. */
  readonly hubUrl: string | null;
  /** Older items in the same format; null on the last page. */
  readonly nextUrl: string | null;
  /** Of the newest entry or withdrawal; 0 when there is none, so that equal content has equal bytes. */
  readonly updatedMs: number;
  readonly entries: readonly OutputEntry[];
  /** What was taken back lately, newest first. Only Atom can say so. */
  readonly deleted: readonly { readonly id: string; readonly atMs: number }[];
}

/** When the newest of the entries was last touched. */
export function newestMs(entries: readonly OutputEntry[]): number {
  return entries.reduce((newest, entry) => Math.max(newest, entry.updatedMs), 0);
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
    title: xmlSafe(title),
    url: `${publicUrl}/sources/${encodeURIComponent(id)}`,
  }));
  const publishedMs = item.publishedMs ?? item.firstSeenMs;
  return {
    id: entryId(item.key),
    title: xmlSafe(item.title),
    url: webUrl(item.url) ?? `${publicUrl}/items/${item.id}`,
    summary: xmlSafe(item.summary),
    html: bodyOf(item, alsoIn),
    author: item.author === null ? null : xmlSafe(item.author),
    language: item.language,
    categories: item.categories.map(xmlSafe).filter((category) => category !== ''),
    enclosures: item.enclosures.flatMap((enclosure) => {
      const url = webUrl(enclosure.url);
      return url === null ? [] : [{ url, type: mediaType(enclosure.type), length: enclosure.length }];
    }),
    imageUrl: webUrl(item.imageUrl),
    source: {
      title: xmlSafe(item.source.title),
      // A local source's file: address means nothing outside and tells of our folders.
      feedUrl: webUrl(item.source.url) ?? `${publicUrl}/sources/${encodeURIComponent(item.source.id)}`,
      siteUrl: webUrl(item.source.siteUrl),
    },
    alsoIn,
    publishedMs,
    updatedMs: Math.max(item.updatedMs ?? publishedMs, publishedMs),
  };
}

/** The text of an entry; the other sources that had the item stand as its last line. */
function bodyOf(item: Item, alsoIn: OutputEntry['alsoIn']): string {
  const text = item.contentHtml === '' ? paragraph(item.summary) : xmlSafe(item.contentHtml);
  if (alsoIn.length === 0) return text;
  const names = alsoIn.map(({ title, url }) => `<a href="${textToHtml(url)}">${textToHtml(title)}</a>`);
  return `${text}<p>Also in: ${names.join(', ')}</p>`;
}

function paragraph(text: string): string {
  return text === '' ? '' : `<p>${textToHtml(text)}</p>`;
}

/** The address as a parser writes it, or null when it is none that a reader may be sent to. */
function webUrl(text: string | null): string | null {
  if (text === null || !URL.canParse(text)) return null;
  const url = new URL(text);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : null;
}

/** The type without parameters, or null when it is none (RFC 6838 §4.2). */
function mediaType(text: string | null): string | null {
  return /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}(?=\s*(;|$))/.exec(text ?? '')?.[0] ?? null;
}
