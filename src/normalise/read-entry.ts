import type { Enclosure, ItemDraft } from '../domain/items/item.ts';
import type { NormaliseOptions } from '../domain/items/normalise-task.ts';
import type { Markup, ParsedEnclosure, ParsedFeed, ParsedItem } from '../domain/items/parsed-feed.ts';
import { languageTag } from '../domain/language-tag.ts';
import type { NoteCollector } from '../domain/notes/note-collector.ts';
import { classifyDate, parseDate } from './dates/parse-date.ts';
import { EntryBody } from './entry-body.ts';
import { authorName, baseUrlsFor, type FeedMetadata } from './feed-metadata.ts';
import { markupToText } from './html/html-to-text.ts';
import { resolveLink, resolveWithoutTracking } from './links/resolve-links.ts';
import { cleanText, withoutControls } from './text/clean-text.ts';
import { excerpt, truncateBytes } from './text/truncate.ts';

const maxGuidBytes = 1024;
const maxTitleBytes = 1024;
const maxCategoryBytes = 256;
const maxCategories = 50;
const maxEnclosures = 50;
const summaryChars = 500;
const fallbackTitleChars = 80;

/** An entry with cleaned fields. Its body is parsed lazily. */
export interface Entry
  extends Pick<ItemDraft, 'guid' | 'url' | 'title' | 'author' | 'language' | 'categories' | 'enclosures'>,
    Pick<ItemDraft, 'publishedMs' | 'updatedMs'> {
  readonly body: EntryBody;
  /** The image that the entry declares, not one from its content. */
  readonly imageUrl: string | null;
}

/** What is needed to normalise the entries of one document. */
export interface NormaliseContext {
  readonly feed: ParsedFeed;
  readonly metadata: FeedMetadata;
  readonly options: NormaliseOptions;
  readonly notes: NoteCollector;
}

function readDate(text: string | null, context: NormaliseContext): number | null {
  if (text === null || text.trim() === '' || !context.options.trust.dates) return null;
  const ms = parseDate(text);
  const plausibility = ms === null ? 'ancient' : classifyDate(ms, context.options.nowMs);
  if (plausibility === 'plausible') return ms;
  context.notes.add(plausibility === 'future' ? 'future_date' : 'bad_date');
  return null;
}

function readLink(item: ParsedItem, bases: readonly string[], notes: NoteCollector): string | null {
  // FeedBurner replaces the link by its own and keeps the publisher's in feedburner:origLink.
  const original = resolveWithoutTracking(item.data['feedburner:origlink'] ?? '', []);
  if (original !== null) return original.href;
  if (item.link === null || item.link.trim() === '') return null;
  const url = resolveWithoutTracking(item.link, bases);
  if (url === null) notes.add('bad_link');
  return url?.href ?? null;
}

/** Categories as text, each once. RSS does not specify whether entities are escaped twice; here they are decoded. */
export function readCategories(labels: readonly string[]): string[] {
  const texts = new Set<string>();
  for (const label of labels) {
    const type = /&[a-z#][a-z0-9]*;/i.test(label) ? 'html' : 'text';
    const text = markupToText({ type, value: label }, maxCategoryBytes);
    if (text !== '') texts.add(text);
    if (texts.size === maxCategories) break;
  }
  return [...texts];
}

/** A size in bytes; null if it is absent or invalid. */
function byteLength(text: string | null): { value: number | null; bad: boolean } {
  const trimmed = text?.trim() ?? '';
  const value = /^\d{1,15}$/.test(trimmed) ? Number(trimmed) : null;
  return { value, bad: trimmed !== '' && value === null };
}

/** Enclosures with an absolute http(s) URL, each once. Invalid types and lengths become null and add a note. */
export function readEnclosures(
  parts: readonly ParsedEnclosure[],
  bases: readonly string[],
  notes: NoteCollector,
): Enclosure[] {
  const byUrl = new Map<string, Enclosure>();
  for (const part of parts.slice(0, maxEnclosures)) {
    const url = resolveLink(part.url, bases);
    const length = byteLength(part.length);
    const type = part.type?.trim().toLowerCase().split(';')[0]?.trim() ?? '';
    const typeFits = /^[a-z0-9][\w.+-]{0,60}\/[\w.+-]{1,80}$/.test(type);
    if (url === null || length.bad || (type !== '' && !typeFits)) notes.add('bad_enclosure');
    if (url !== null && !byUrl.has(url)) byUrl.set(url, { url, type: typeFits ? type : null, length: length.value });
  }
  return [...byUrl.values()];
}

function declaredImage(item: ParsedItem, bases: readonly string[], enclosures: readonly Enclosure[]): string | null {
  const own = item.imageUrl === null ? null : resolveLink(item.imageUrl, bases);
  return own ?? enclosures.find((part) => part.type?.startsWith('image/'))?.url ?? null;
}

/** A title for an entry that has none: the start of its text, its address, or the title of the feed. */
function fallbackTitle(
  { text }: EntryBody,
  url: string | null,
  { enclosures, metadata }: { enclosures: readonly Enclosure[]; metadata: FeedMetadata },
): string {
  if (text !== '') return excerpt(text, fallbackTitleChars);
  const address = url ?? enclosures[0]?.url;
  if (address !== undefined)
    return truncateBytes(cleanText(address.replace(/^https?:\/\/(?:www\.)?|\/$/g, '')), maxTitleBytes);
  return metadata.title ?? 'Untitled';
}

/** The summary of an entry, as plain text. */
export function entrySummary({ body }: Entry): string {
  return excerpt(body.summaryText, summaryChars);
}

/** Whether an item declares another base URL than the feed. */
function hasOwnBase(item: ParsedItem, feed: ParsedFeed): boolean {
  return item.base.length > 1 || (item.base.length === 1 && item.base[0] !== feed.base);
}

/** The base URLs of one text of an item, whose element may have its own xml:base. */
function markupBaseUrls(
  markup: Markup | null,
  { item, bases, context }: { item: ParsedItem; bases: readonly string[]; context: NormaliseContext },
): readonly string[] {
  if (markup?.base === undefined) return bases;
  return baseUrlsFor(context.feed, { ...item, base: [...item.base, markup.base] }, context.options.url);
}

/** Cleans and truncates the fields of an item, resolves its links and parses its dates. */
export function readEntry(item: ParsedItem, context: NormaliseContext): Entry {
  const { feed, metadata, options, notes } = context;
  const bases = hasOwnBase(item, feed) ? baseUrlsFor(feed, item, options.url) : metadata.baseUrls;
  const body = new EntryBody(item, {
    content: markupBaseUrls(item.content, { item, bases, context }),
    summary: markupBaseUrls(item.summary, { item, bases, context }),
  });
  const url = readLink(item, bases, notes);
  const enclosures = readEnclosures(item.enclosures, bases, notes);
  const title = item.title === null ? '' : markupToText(item.title, maxTitleBytes);
  const guid = item.guid === null ? '' : withoutControls(item.guid).trim();
  return {
    guid: truncateBytes(guid, maxGuidBytes) || null,
    url,
    title: title || fallbackTitle(body, url, { enclosures, metadata }),
    body,
    author: authorName(item.author) ?? metadata.author,
    language: options.language ?? languageTag(item.language) ?? metadata.language,
    categories: readCategories(item.categories),
    enclosures,
    imageUrl: declaredImage(item, bases, enclosures),
    publishedMs: readDate(item.published, context),
    updatedMs: readDate(item.updated, context),
  };
}
