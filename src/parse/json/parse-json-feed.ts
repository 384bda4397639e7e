import {
  type Markup,
  noHints,
  type ParsedEnclosure,
  type ParsedFeed,
  type ParsedItem,
  type ParseResult,
} from '../../domain/items/parsed-feed.ts';
import { type Note, note } from '../../domain/notes/note.ts';
import { isOldestFirst } from '../limits/oldest-first.ts';
import { maxItems } from '../limits/parse-limits.ts';
import { repairJson } from './repair-json.ts';

type Json = Readonly<Record<string, unknown>>;

/** Whether to parse a document as JSON. The first character decides; the Content-Type only if there is text before it. */
export function looksLikeJson(text: string, contentType: string | null): boolean {
  if (/^[\s\ufeff\0]*\{/.test(text)) return true;
  return /\bjson\b/i.test(contentType ?? '') && !/^[\s\ufeff\0]*</.test(text) && text.includes('{');
}

/** Parses JSON Feed 1 and 1.1. Repairs damaged JSON; a document that cannot be repaired is `unreadable`. */
export function parseJsonFeed(text: string): ParseResult {
  const { value, notes } = readJson(text);
  if (value === null) return { kind: 'unreadable', failure: 'parse_error', detail: 'the document is not valid JSON' };
  if (!isFeed(value))
    return { kind: 'unreadable', failure: 'not_feed', detail: 'the document is JSON but not a JSON Feed' };
  return { kind: 'parsed', feed: toFeed(value, notes) };
}

function readJson(text: string): { value: Json | null; notes: readonly Note[] } {
  const json = text.slice(text.indexOf('{'));
  const value = tryJson(json);
  if (value !== null) return { value, notes: /^[\s\ufeff]*\{/.test(text) ? [] : [note('recovered')] };
  const repaired = repairJson(json);
  return {
    value: tryJson(repaired.json),
    notes: repaired.isTruncated ? [note('recovered'), note('partial_parse')] : [note('recovered')],
  };
}

function tryJson(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch (error) {
    // JSON.parse throws a RangeError when the nesting exceeds the stack.
    if (error instanceof SyntaxError || error instanceof RangeError) return null;
    throw error;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFeed(value: Json): boolean {
  return /jsonfeed\.org/i.test(text(value, 'version') ?? '') || Array.isArray(value['items']);
}

/** Reads own properties only: a key such as `constructor` must not find inherited ones. */
function ownProperty(object: Json, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function text(object: Json, key: string): string | null {
  const value = ownProperty(object, key);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

function objects(object: Json, key: string): readonly Json[] {
  const value = ownProperty(object, key);
  return Array.isArray(value) ? value.filter(isObject) : isObject(value) ? [value] : [];
}

function markup(type: Markup['type'], value: string | null): Markup | null {
  return value === null ? null : { type, value };
}

function toFeed(feed: Json, notes: readonly Note[]): ParsedFeed {
  const author = authorOf(feed);
  const items = objects(feed, 'items');
  return {
    format: /version\/1\.?0?$/.test(text(feed, 'version') ?? '') ? 'json1' : 'json1.1',
    title: markup('text', text(feed, 'title')),
    link: text(feed, 'home_page_url'),
    base: null,
    language: text(feed, 'language'),
    author,
    imageUrl: text(feed, 'icon') ?? text(feed, 'favicon'),
    hints: noHints,
    links: {
      self: text(feed, 'feed_url'),
      hubs: objects(feed, 'hubs')
        .filter((hub) => text(hub, 'type')?.toLowerCase() === 'websub')
        .map((hub) => text(hub, 'url'))
        .filter((url) => url !== null),
      next: text(feed, 'next_url'),
      prevArchive: null,
    },
    complete: false,
    items: limitItems(items).map((item) => toItem(item, author)),
    deleted: [],
    notes: items.length > maxItems ? [...notes, note('item_flood', items.length)] : notes,
  };
}

/** At most `maxItems` items: the last ones if the oldest come first. */
function limitItems(items: readonly Json[]): readonly Json[] {
  const [first, last] = [items[0] ?? {}, items.at(-1) ?? {}];
  const isReversed = isOldestFirst(text(first, 'date_published'), text(last, 'date_published'));
  return items.length > maxItems && isReversed ? items.slice(-maxItems) : items.slice(0, maxItems);
}

function toItem(item: Json, feedAuthor: string | null): ParsedItem {
  return {
    guid: text(item, 'id'),
    title: markup('text', text(item, 'title')),
    link: text(item, 'url') ?? text(item, 'external_url'),
    base: [],
    // JSON Feed 1.1: items without authors inherit those of the feed.
    author: authorOf(item) ?? feedAuthor,
    summary: markup('text', text(item, 'summary')),
    content: markup('html', text(item, 'content_html')) ?? markup('text', text(item, 'content_text')),
    published: text(item, 'date_published'),
    updated: text(item, 'date_modified'),
    language: text(item, 'language'),
    categories: tagsOf(item),
    enclosures: objects(item, 'attachments')
      .map(toEnclosure)
      .filter((enclosure) => enclosure !== null),
    imageUrl: text(item, 'image') ?? text(item, 'banner_image'),
    data: {},
  };
}

function authorOf(object: Json): string | null {
  const names = [...objects(object, 'authors'), ...objects(object, 'author')]
    .map((author) => text(author, 'name'))
    .filter((name) => name !== null);
  return names.length > 0 ? [...new Set(names)].join(', ') : text(object, 'author');
}

function tagsOf(item: Json): readonly string[] {
  const tags = ownProperty(item, 'tags');
  if (!Array.isArray(tags)) return [];
  return [
    ...new Set(tags.filter((tag) => typeof tag === 'string' && tag.trim() !== '').map((tag: string) => tag.trim())),
  ];
}

function toEnclosure(attachment: Json): ParsedEnclosure | null {
  const url = text(attachment, 'url');
  if (url === null) return null;
  return { url, type: text(attachment, 'mime_type'), length: text(attachment, 'size_in_bytes') };
}
