import { RE2JS } from 're2js';
import type { ItemDraft, NormalisedFeed } from '../domain/items/item.ts';
import type { NormaliseOptions } from '../domain/items/normalise-task.ts';
import type { ParsedFeed } from '../domain/items/parsed-feed.ts';
import { NoteCollector } from '../domain/notes/note-collector.ts';
import { parseDate, plausibleDate } from './dates/parse-date.ts';
import { findDuplicateEntries, lastModifiedMs } from './duplicate-entries.ts';
import type { EntryBody } from './entry-body.ts';
import { contentHash, entryKeys, guidsAreUnreliable, identifyingUrls } from './entry-identity.ts';
import { documentBaseUrls, hubUrls, readFeedMetadata } from './feed-metadata.ts';
import { resolveLink } from './links/resolve-links.ts';
import { newestItems } from './newest-items.ts';
import { type Entry, entrySummary, type NormaliseContext, readEntry } from './read-entry.ts';
import { withoutControls } from './text/clean-text.ts';
import { truncateBytes } from './text/truncate.ts';

const maxDocumentBytes = 4 * 1024 * 1024;
/** The markup that is sanitised for one document. Bounds time, not space. */
const maxDocumentInputChars = 8 * 1024 * 1024;
const maxRefBytes = 1024;

/** An entry with its key and, if its URL identifies it, its canonical URL. */
interface IdentifiedEntry {
  readonly entry: Entry;
  readonly entryKey: string;
  readonly canonicalUrl: string | null;
}

/**
 * Prepares a parsed document for the store: identifies, cleans and truncates its entries and sorts them by publication
 * date. Only new and changed entries are returned with their content.
 */
export function normaliseFeed(feed: ParsedFeed, options: NormaliseOptions): NormalisedFeed {
  const notes = new NoteCollector(feed.notes);
  const metadata = readFeedMetadata(feed, options);
  const context: NormaliseContext = { feed, metadata, options, notes };
  const items = newestItems(feed.items, options);
  if (items.length < feed.items.length) notes.add('item_flood', feed.items.length);
  const identified = identify(
    items.map((item) => readEntry(item, context)),
    context,
  );
  const deleted = tombstones(feed, options);
  const wanted = identified.filter(keepDropFilter(options));
  notes.add('filtered', identified.length - wanted.length);
  const { drafts, unchanged } = draftEntries(wanted.filter(survivesTombstones(deleted)), context);
  const bases = documentBaseUrls(feed, options.url);
  return {
    kind: 'normalised',
    format: feed.format,
    feedTitle: metadata.title,
    siteUrl: metadata.siteUrl,
    language: metadata.language,
    hints: feed.hints,
    hubs: hubUrls(feed, bases),
    selfUrl: feed.links.self === null ? null : resolveLink(feed.links.self, bases),
    drafts: publicationOrder(drafts, options.nowMs),
    unchanged,
    deleted,
    complete: feed.complete,
    archiveUrl: archiveUrl(feed, bases),
    notes: notes.list(),
  };
}

function archiveUrl(feed: ParsedFeed, bases: readonly string[]): string | null {
  const link = feed.links.prevArchive ?? feed.links.next;
  return link === null ? null : resolveLink(link, bases);
}

function tombstones(feed: ParsedFeed, options: NormaliseOptions): NormalisedFeed['deleted'] {
  return feed.deleted.map(({ ref, when }) => ({
    // Truncated like guids, because it is compared with them.
    ref: truncateBytes(withoutControls(ref).trim(), maxRefBytes),
    atMs: when === null || !options.trust.dates ? null : plausibleDate(parseDate(when), options.nowMs),
  }));
}

/**
 * Returns a test whether an entry is kept despite a tombstone in the same document: if it was updated later (RFC 6721 §3).
 * Other such entries only tell readers without support for tombstones that the entry was withdrawn.
 */
function survivesTombstones(deleted: NormalisedFeed['deleted']): (identified: IdentifiedEntry) => boolean {
  const deletedMs = new Map(deleted.map(({ ref, atMs }) => [ref, atMs]));
  return ({ entry: { guid, updatedMs } }) => {
    const atMs = guid === null ? null : (deletedMs.get(guid) ?? null);
    return atMs === null || updatedMs === null || updatedMs > atMs;
  };
}

/** Computes the key of each entry and keeps one entry per key: the last modified one, the last one of equal dates. */
function identify(entries: readonly Entry[], context: NormaliseContext): IdentifiedEntry[] {
  const { metadata, options, notes } = context;
  const worthless = options.trust.ids && guidsAreUnreliable(entries);
  if (worthless) notes.flag('ids_distrusted');
  const trustIds = options.trust.ids && !worthless;
  const keys = entryKeys(entries, { trustIds, siteUrl: metadata.siteUrl });
  const best = new Map<string, Entry>();
  for (const [index, entry] of entries.entries()) {
    const key = keys[index] ?? '';
    const previous = best.get(key);
    if (previous !== undefined && lastModifiedMs(previous) > lastModifiedMs(entry)) continue;
    // Deleted first, so that the map has the entry at its position in the document.
    best.delete(key);
    best.set(key, entry);
  }
  notes.add('dup_guid', worthless ? sharedGuids(entries) : entries.length - best.size);
  const distinct = [...best];
  const repeated = findDuplicateEntries(
    distinct.map(([, entry]) => entry),
    metadata.siteUrl,
  );
  notes.add('dup_entry', repeated.size);
  const remaining = distinct.filter((_, index) => !repeated.has(index));
  const urls = identifyingUrls(
    remaining.map(([, entry]) => entry.url),
    metadata.siteUrl,
  );
  return remaining.map(([entryKey, entry], index) => ({ entry, entryKey, canonicalUrl: urls[index] ?? null }));
}

function sharedGuids(entries: readonly Entry[]): number {
  const guids = entries.map((entry) => entry.guid).filter((guid) => guid !== null);
  return guids.length - new Set(guids).size;
}

/** Returns a test for the `keep` and `drop` expressions of the source. RE2: linear time for any expression. */
function keepDropFilter(options: NormaliseOptions): (identified: IdentifiedEntry) => boolean {
  const [keep, drop] = [options.keep, options.drop].map((pattern) =>
    pattern === null ? null : RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE),
  );
  const found = (pattern: RE2JS, { entry }: IdentifiedEntry): boolean =>
    [entry.title, ...entry.categories].some((text) => pattern.matcher(text).find());
  return (identified) => (keep == null || found(keep, identified)) && (drop == null || !found(drop, identified));
}

function draftEntries(
  wanted: readonly IdentifiedEntry[],
  context: NormaliseContext,
): { drafts: ItemDraft[]; unchanged: string[] } {
  const { known } = context.options;
  const budget = { bytes: maxDocumentBytes, inputChars: maxDocumentInputChars };
  const drafts: ItemDraft[] = [];
  const unchanged: string[] = [];
  for (const identified of wanted) {
    const { entry } = identified;
    const stored = Object.hasOwn(known, identified.entryKey) ? known[identified.entryKey] : undefined;
    if (stored === undefined && budget.inputChars > 0) entry.body.preload();
    const hash = contentHash({ ...entry, text: entry.body.text });
    if (stored === hash) unchanged.push(identified.entryKey);
    else drafts.push(draft(identified, hash, { context, budget }));
  }
  return { drafts, unchanged };
}

interface ContentBudget {
  bytes: number;
  inputChars: number;
}

function draft(
  identified: IdentifiedEntry,
  hash: string,
  work: { context: NormaliseContext; budget: ContentBudget },
): ItemDraft {
  const { entry, entryKey, canonicalUrl } = identified;
  const contentHtml = content(entry.body, work);
  return {
    entryKey,
    canonicalUrl,
    guid: entry.guid,
    url: entry.url,
    title: entry.title,
    summary: entrySummary(entry),
    contentHtml,
    author: entry.author,
    language: entry.language,
    categories: entry.categories,
    enclosures: entry.enclosures,
    imageUrl: entry.imageUrl ?? leadImage(contentHtml),
    // Atom requires only `updated`: for an entry that was never edited it is the publication date.
    publishedMs: entry.publishedMs ?? entry.updatedMs,
    updatedMs: entry.updatedMs,
    contentHash: hash,
  };
}

function content(body: EntryBody, work: { context: NormaliseContext; budget: ContentBudget }): string {
  if (body.inputChars === 0) return '';
  const { context, budget } = work;
  if (budget.inputChars <= 0) {
    context.notes.add('content_cut');
    return '';
  }
  budget.inputChars -= body.inputChars;
  const clean = body.clean();
  const bytes = Buffer.byteLength(clean.html);
  const fits = bytes <= budget.bytes;
  if (fits) budget.bytes -= bytes;
  if (clean.truncated || !fits) context.notes.add('content_cut');
  return fits ? clean.html : '';
}

/**
 * Sorts by publication date, oldest first, so that the event log has the order of publication. Items without a date count
 * as published now. Items with equal dates are in reverse document order.
 */
function publicationOrder(drafts: readonly ItemDraft[], nowMs: number): ItemDraft[] {
  // The sort is stable, so reversing first orders items with equal dates.
  return drafts.toReversed().sort((one, other) => (one.publishedMs ?? nowMs) - (other.publishedMs ?? nowMs));
}

/** A width or height of less than 100 pixels. */
const smallSide = / (?:width|height)="\d{1,2}"/;
/** Images that do not illustrate the item: emoji, avatars, icons, badges. */
const decoration = /gravatar\.com\/|\/emoji\/|\/smil(?:ies|eys?)\/|\/avatars?\/|\/icons?\/|badge|spacer\.|blank\.gif/i;

/**
 * The first image that can illustrate the whole item: not known to be small and not a decoration. Null if there is none.
 *
 * @param html the result of `cleanHtml`.
 */
export function leadImage(html: string): string | null {
  const picture = /<img src="([^"]*)"([^<>]*)>/g;
  for (let found = picture.exec(html); found !== null; found = picture.exec(html)) {
    const [, src = '', others = ''] = found;
    if (!smallSide.test(others) && !decoration.test(src)) return src.replaceAll('&amp;', '&');
  }
  return null;
}
