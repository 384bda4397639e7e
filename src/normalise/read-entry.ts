import type { Enclosure } from '../domain/items/item.ts';
import type { NormaliseOptions } from '../domain/items/normalise-task.ts';
import type { Markup, ParsedEnclosure, ParsedFeed, ParsedItem } from '../domain/items/parsed-feed.ts';
import { languageTag } from '../domain/language-tag.ts';
import { classifyDate, parseDate } from './dates/parse-date.ts';
import { EntryBody } from './entry-body.ts';
import { authorName, baseUrlsFor, type FeedMetadata } from './feed-metadata.ts';
import { markupToText } from './html/html-to-text.ts';
import { resolveLink, resolveWithoutTracking } from './links/resolve-links.ts';
import type { Notes } from './notes.ts';
import { cleanText, excerpt, truncateBytes, withoutControls } from './text/clean-text.ts';

const maxGuidBytes = 1024;
const maxTitleBytes = 1024;
const maxCategoryBytes = 256;
const maxCategories = 50;
const maxEnclosures = 50;
const summaryChars = 500;
const madeTitleChars = 80;

/** An entry whose content is not read before it is asked for. */
export interface Entry {
  readonly guid: string | null;
  readonly url: string | null;
  readonly title: string;
  readonly body: EntryBody;
  readonly author: string | null;
  readonly language: string | null;
  readonly categories: readonly string[];
  readonly enclosures: readonly Enclosure[];
  /** The publisher's own, not one out of the content. */
  readonly imageUrl: string | null;
  readonly publishedMs: number | null;
  readonly updatedMs: number | null;
}

/** What reading entries of one document takes. */
export interface NormaliseContext {
  readonly feed: ParsedFeed;
  readonly frame: FeedMetadata;
  readonly options: NormaliseOptions;
  readonly notes: Notes;
}

function readDate(text: string | null, reading: NormaliseContext): number | null {
  if (text === null || text.trim() === '' || !reading.options.trust.dates) return null;
  const ms = parseDate(text);
  const verdict = ms === null ? 'ancient' : classifyDate(ms, reading.options.nowMs);
  if (verdict === 'fine') return ms;
  reading.notes.add(verdict === 'future' ? 'future_date' : 'bad_date');
  return null;
}

function readLink(item: ParsedItem, bases: readonly string[], notes: Notes): string | null {
  // FeedBurner puts an address of its own in the link and keeps the publisher's beside it.
  const original = resolveWithoutTracking(item.data['feedburner:origlink'] ?? '', []);
  if (original !== null) return original.href;
  if (item.link === null || item.link.trim() === '') return null;
  const url = resolveWithoutTracking(item.link, bases);
  if (url === null) notes.add('bad_link');
  return url?.href ?? null;
}

/** Labels as text, each once. RSS never says whether entities stand for themselves: they do not. */
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

/** A size in bytes; null when absent or nonsense. */
function byteLength(text: string | null): { value: number | null; bad: boolean } {
  const trimmed = text?.trim() ?? '';
  const value = /^\d{1,15}$/.test(trimmed) ? Number(trimmed) : null;
  return { value, bad: trimmed !== '' && value === null };
}

/** Attached files with absolute http(s) addresses, each once; nonsense in the other fields becomes null. */
export function readEnclosures(parts: readonly ParsedEnclosure[], bases: readonly string[], notes: Notes): Enclosure[] {
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

/** Something to call an entry without a title by. */
function fallbackTitle(
  { text }: EntryBody,
  url: string | null,
  { enclosures, frame }: { enclosures: readonly Enclosure[]; frame: FeedMetadata },
): string {
  if (text !== '') return excerpt(text, madeTitleChars);
  const address = url ?? enclosures[0]?.url;
  if (address !== undefined)
    return truncateBytes(cleanText(address.replace(/^https?:\/\/(?:www\.)?|\/$/g, '')), maxTitleBytes);
  return frame.title ?? 'Untitled';
}

/** What stands for an entry where there is no room for its content. */
export function entrySummary({ body }: Entry): string {
  return excerpt(body.summaryText, summaryChars);
}

/** Whether relative links of an item start elsewhere than those of the feed. */
function hasOwnBase(item: ParsedItem, feed: ParsedFeed): boolean {
  return item.base.length > 1 || (item.base.length === 1 && item.base[0] !== feed.base);
}

/** Where relative links in one text of an item start: its element may have an xml:base of its own. */
function basesInside(
  markup: Markup | null,
  { item, bases, reading }: { item: ParsedItem; bases: readonly string[]; reading: NormaliseContext },
): readonly string[] {
  if (markup?.base === undefined) return bases;
  return baseUrlsFor(reading.feed, { ...item, base: [...item.base, markup.base] }, reading.options.url);
}

/** Reads an entry: text cleaned and bounded, links resolved, dates judged. */
export function readEntry(item: ParsedItem, reading: NormaliseContext): Entry {
  const { feed, frame, options, notes } = reading;
  const bases = hasOwnBase(item, feed) ? baseUrlsFor(feed, item, options.url) : frame.bases;
  const body = new EntryBody(item, {
    content: basesInside(item.content, { item, bases, reading }),
    summary: basesInside(item.summary, { item, bases, reading }),
  });
  const url = readLink(item, bases, notes);
  const enclosures = readEnclosures(item.enclosures, bases, notes);
  const title = item.title === null ? '' : markupToText(item.title, maxTitleBytes);
  const guid = item.guid === null ? '' : withoutControls(item.guid).trim();
  return {
    guid: truncateBytes(guid, maxGuidBytes) || null,
    url,
    title: title || fallbackTitle(body, url, { enclosures, frame }),
    body,
    author: authorName(item.author) ?? frame.author,
    language: options.language ?? languageTag(item.language) ?? frame.language,
    categories: readCategories(item.categories),
    enclosures,
    imageUrl: declaredImage(item, bases, enclosures),
    publishedMs: readDate(item.published, reading),
    updatedMs: readDate(item.updated, reading),
  };
}
