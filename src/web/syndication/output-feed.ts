import { createHash } from 'node:crypto';
import type { Enclosure, Item } from '../../domain/items/item.ts';
import { languageTag } from '../../domain/language-tag.ts';
import { escapeXml, plainText, toWebUrl, xmlSafe } from './xml-text.ts';

const descriptionChars = 280;

/** One entry of an output feed in any format. All texts are valid in XML, all URLs are absolute http(s) URLs. */
export interface OutputEntry extends Pick<Item, 'author' | 'categories' | 'enclosures' | 'imageUrl'> {
  readonly id: string;
  readonly title: string;
  /** The original article, else our page of the item. */
  readonly url: string;
  /** Plain text; may be empty. */
  readonly summary: string;
  /** Plain text, never empty: the summary, else the start of the text, else the title. */
  readonly description: string;
  /** Sanitised HTML with the "also in" line. May be empty. */
  readonly html: string;
  /** A well-formed language tag. */
  readonly language: string | null;
  readonly source: { readonly title: string; readonly feedUrl: string; readonly siteUrl: string | null };
  readonly alsoIn: readonly { readonly title: string; readonly url: string }[];
  readonly publishedMs: number;
  readonly updatedMs: number;
}

/** The content of an output feed in any format. */
export interface OutputFeed {
  readonly title: string;
  readonly description: string;
  readonly homeUrl: string;
  readonly selfUrl: string;
  /** The path of the stylesheet with which browsers display the feed. */
  readonly styleUrl: string;
  /** The WebSub hub of the feed. Null: none. */
  readonly hubUrl: string | null;
  /** The page of older items. Null on the last page. */
  readonly nextUrl: string | null;
  /** The time of the newest entry or withdrawal, else of the log. Not the clock: equal content has equal bytes. */
  readonly updatedMs: number;
  readonly entries: readonly OutputEntry[];
  /**
   * An entry for each recently withdrawn item, with its id, newest withdrawal first. Readers replace the item by it. Few
   * readers support `tombstones`.
   */
  readonly withdrawalNotices: readonly OutputEntry[];
  /** The recently withdrawn items, newest first (RFC 6721). Only Atom has them. */
  readonly tombstones: readonly { readonly id: string; readonly atMs: number }[];
}

/** The latest update time of the entries, or `otherwise` when there are none. */
export function newestUpdateMs(entries: readonly OutputEntry[], otherwise: number): number {
  return entries.length === 0 ? otherwise : Math.max(...entries.map(({ updatedMs }) => updatedMs));
}

/** The language of all entries. Null: they differ, or it is unknown. */
export function commonLanguage(entries: readonly OutputEntry[]): string | null {
  const [first] = entries;
  return entries.every(({ language }) => language === first?.language) ? (first?.language ?? null) : null;
}

/**
 * The id of an item in every output feed: a UUID of version 8 (RFC 9562 §5.8) made of the SHA-256 of its key. It never
 * changes, not even with the public URL.
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
 * Maps an item to an entry.
 *
 * @param publicUrl without a trailing slash.
 */
export function toEntry(item: Item, publicUrl: string): OutputEntry {
  const alsoIn = item.alsoIn.map(({ id, title }) => ({
    title: textOr(title, id),
    url: `${publicUrl}/sources/${encodeURIComponent(id)}`,
  }));
  const publishedMs = item.publishedMs ?? item.firstSeenMs;
  const title = textOr(item.title, 'Untitled');
  const summary = xmlSafe(item.summary).trim();
  return {
    id: entryId(item.key),
    title,
    url: toWebUrl(item.url) ?? `${publicUrl}/items/${item.id}`,
    summary,
    description: summary || startOf(item.contentHtml) || title,
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
 * The entry of a withdrawn item: its id, source and date, but none of its content. Its link is our page of the item, which
 * answers 410.
 *
 * @param atMs the time of the withdrawal in epoch ms.
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
    title: textOr(source.title, source.id),
    // The file: URL of a local source is useless to readers and reveals our folders.
    feedUrl: toWebUrl(source.url) ?? `${publicUrl}/sources/${encodeURIComponent(source.id)}`,
    siteUrl: toWebUrl(source.siteUrl),
  };
}

/** A text for an element that must not be empty: it may consist of characters that XML does not allow. */
function textOr(text: string, otherwise: string): string {
  return xmlSafe(text).trim() || otherwise;
}

/** The enclosures with a valid URL, without duplicates. */
function enclosuresOf(item: Item): Enclosure[] {
  const usable = item.enclosures.flatMap((enclosure) => {
    const url = toWebUrl(enclosure.url);
    return url === null ? [] : [{ url, type: mediaType(enclosure.type), length: enclosure.length }];
  });
  return [...new Map(usable.map((enclosure) => [enclosure.url, enclosure])).values()];
}

/** The start of a text without its markup. */
function startOf(html: string): string {
  const text = plainText(html.slice(0, descriptionChars * 8));
  if (text.length <= descriptionChars) return text;
  return `${xmlSafe(text.slice(0, descriptionChars)).replace(/\s+\S*$/, '')}…`;
}

/** The text of an entry. Its last line names the other sources of the item. */
function bodyOf(item: Item, alsoIn: OutputEntry['alsoIn']): string {
  const text = item.contentHtml.trim() === '' ? paragraph(item.summary) : xmlSafe(item.contentHtml);
  if (alsoIn.length === 0) return text;
  const names = alsoIn.map(({ title, url }) => `<a href="${escapeXml(url)}">${escapeXml(title)}</a>`);
  return `${text}<p>Also in: ${names.join(', ')}</p>`;
}

function paragraph(text: string): string {
  return text.trim() === '' ? '' : `<p>${escapeXml(text)}</p>`;
}

/** The media type without parameters, or null when it is invalid (RFC 6838 §4.2). */
function mediaType(text: string | null): string | null {
  return /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}(?=\s*(;|$))/.exec(text ?? '')?.[0] ?? null;
}
