import type { ItemDraft } from '../../domain/items/item.ts';
import type { FeedLink } from '../../domain/items/page-links.ts';
import { formatNote } from '../../domain/notes/format-note.ts';
import { formatNextCheckReason } from '../../domain/polling/next-check-reason.ts';
import { cleanLine } from '../../runtime/clean-line.ts';
import { formatDuration, formatRelativeTime } from '../output/format-duration.ts';
import { formatTable } from '../output/format-table.ts';
import { cutToWidth } from '../output/text-width.ts';
import type { FeedReport, RevalidationResult } from './dry-run.ts';
import type { DiscoveredPage, Inspection } from './inspect.ts';
import type { FeedQuality } from './quality.ts';

/**
 * A complete inspection, for people.
 *
 * @param columns maximum width; null: unlimited.
 */
export function formatInspection(inspection: Inspection, columns: number | null): string {
  const { page, feed } = inspection;
  const parts = [page === null ? '' : formatPage(page, columns), feed === null ? '' : formatFeed(feed, columns)];
  return parts.filter((part) => part !== '').join('\n');
}

const howFound: Readonly<Record<FeedLink['found'], string>> = {
  declared: 'declared',
  address: 'by its URL',
  text: 'by its text',
};

/** The feeds that a page links to. */
export function formatPage({ url, title, refreshTo, feeds }: DiscoveredPage, columns: number | null): string {
  const name = cleanLine(title === null ? url : `${title} (${url})`, 500);
  if (feeds.length === 0) {
    const hint = refreshTo === null ? '' : ` It redirects browsers to ${cleanLine(refreshTo, 500)}; try that URL.`;
    return `${name} is a page that links to no feed.${hint}\n`;
  }
  const head = [
    { title: 'FEED', canShrink: true },
    { title: 'FORMAT' },
    { title: 'FOUND' },
    { title: 'TITLE', canShrink: true },
  ];
  const rows = feeds.map((feed) => [feed.url, feed.format ?? '', howFound[feed.found], feed.title ?? '']);
  const count = feeds.length === 1 ? 'one feed' : `${feeds.length} feeds`;
  return `${name} is a page that links to ${count}:\n\n${formatTable(head, rows, columns)}`;
}

/** The properties of a feed, then its newest items. */
export function formatFeed(feed: FeedReport, columns: number | null): string {
  const facts = formatFacts(factsOf(feed), columns);
  const items = feed.newest.length === 0 ? '' : `\n${itemsTable(feed.newest, columns)}`;
  return `${facts}${items}`;
}

type Fact = readonly [string, string];

function factsOf(feed: FeedReport): readonly Fact[] {
  const { normalised, quality, response, next } = feed;
  const facts: (Fact | null)[] = [
    ['feed', feed.url],
    feed.movedTo === null ? null : ['moved to', feed.movedTo],
    ['title', normalised.feedTitle ?? 'none'],
    normalised.siteUrl === null ? null : ['site', normalised.siteUrl],
    ['format', `${normalised.format}${response.contentType === null ? '' : `, sent as ${response.contentType}`}`],
    ['items', `${quality.entries}, ${kilobytes(response.facts.bytes)} in ${Math.round(response.facts.durationMs)} ms`],
    ['dates', formatDates(quality)],
    ['ids', formatIds(feed)],
    ['links', formatUniqueness(quality.entries, quality.links)],
    ['hub', feed.hubs.length === 0 ? 'none' : feed.hubs.join(', ')],
    ['validators', formatValidators(feed)],
    response.freshnessLifetimeMs === null ? null : ['fresh for', formatDuration(response.freshnessLifetimeMs)],
    [
      'next poll',
      `${formatRelativeTime(next.nextCheckMs, feed.readAtMs)} (${formatNextCheckReason(next.nextCheckReason)})`,
    ],
    ...feed.notes.map((note, index): Fact => [index === 0 ? 'notes' : '', formatNote(note)]),
  ];
  return facts.filter((fact) => fact !== null);
}

function formatFacts(facts: readonly Fact[], columns: number | null): string {
  const width = Math.max(...facts.map(([name]) => name.length)) + 2;
  return facts
    .map(([name, value]) => `${name.padEnd(width)}${cleanLine(value, 500)}`)
    .map((line) => `${columns === null ? line : cutToWidth(line, columns)}\n`)
    .join('');
}

function kilobytes(bytes: number): string {
  return `${Math.max(1, Math.round(bytes / 1024))} KB`;
}

function formatDates({ entries, dates }: FeedQuality): string {
  const remarks = [
    ...(dates.future > 0 ? [`${dates.future} more than a day in the future`] : []),
    ...(dates.ancient > 0 ? [`${dates.ancient} before 1990`] : []),
    ...(dates.allSame ? ['all equal'] : []),
  ];
  return [formatMissing(entries, dates.missing), ...remarks].join(', ');
}

function formatIds({ quality, idsDistrusted }: FeedReport): string {
  const words = formatUniqueness(quality.entries, quality.ids);
  return idsDistrusted ? `${words}; not usable, so items are identified by link or text` : words;
}

function formatUniqueness(entries: number, { missing, duplicate }: FeedQuality['ids']): string {
  return [formatMissing(entries, missing), ...(duplicate > 0 ? [`${duplicate} duplicate`] : [])].join(', ');
}

function formatMissing(entries: number, missing: number): string {
  if (entries === 0) return 'no items';
  return missing === 0 ? 'all' : `${missing} of ${entries} missing`;
}

const revalidationTexts: Readonly<Record<RevalidationResult, string>> = {
  'not-modified': 'a conditional request is answered 304, as it should be',
  'same-again': 'ignored: a conditional request returns the same document again',
  changed: 'a conditional request returns another document',
  failed: 'a conditional request fails',
  'not-asked': '',
};

function formatValidators({ response, revalidation }: FeedReport): string {
  const { etag, lastModified } = response.validators;
  const names = [...(etag === null ? [] : ['ETag']), ...(lastModified === null ? [] : ['Last-Modified'])];
  if (names.length === 0) return 'none: every poll transfers the whole document';
  return `${names.join(' and ')}; ${revalidationTexts[revalidation]}`;
}

function itemsTable(items: readonly ItemDraft[], columns: number | null): string {
  const head = [
    { title: 'PUBLISHED' },
    { title: 'TITLE', canShrink: true },
    { title: 'IDENTIFIED BY' },
    { title: 'LINK', canShrink: true },
  ];
  const rows = items.map((item) => [
    item.publishedMs === null ? '' : new Date(item.publishedMs).toISOString().slice(0, 16).replace('T', ' '),
    item.title,
    identityBasis(item),
    item.url ?? '',
  ]);
  return formatTable(head, rows, columns);
}

const identityBases: Readonly<Record<string, 'id' | 'link' | 'text'>> = { g: 'id', l: 'link', d: 'text' };

/** What an item is identified by: the first letter of its key. */
export function identityBasis({ entryKey }: Pick<ItemDraft, 'entryKey'>): 'id' | 'link' | 'text' {
  return identityBases[entryKey.slice(0, 1)] ?? 'text';
}

/** The JSON form of an inspection: times as ISO 8601, contents by size. */
export function inspectionToJson({ url, page, feed, failures }: Inspection): object {
  return { url, page, feed: feed === null ? null : feedToJson(feed), failures };
}

function feedToJson(feed: FeedReport): object {
  const { url, movedTo, response, normalised, quality, idsDistrusted, hubs, revalidation, next, notes, newest } = feed;
  const { contentType, freshnessLifetimeMs: freshForMs, facts, validators } = response;
  return {
    url,
    responseUrl: response.url,
    movedTo,
    format: normalised.format,
    contentType,
    title: normalised.feedTitle,
    siteUrl: normalised.siteUrl,
    language: normalised.language,
    bytes: facts.bytes,
    durationMs: Math.round(facts.durationMs),
    redirects: facts.redirects,
    quality: { ...quality, ids: { ...quality.ids, distrusted: idsDistrusted } },
    hubs,
    selfUrl: normalised.selfUrl,
    validators: { etag: validators.etag, lastModified: validators.lastModified, revalidation },
    freshForMs,
    hints: normalised.hints,
    readAt: iso(feed.readAtMs),
    nextCheckAt: iso(next.nextCheckMs),
    nextCheckReason: next.nextCheckReason,
    notes,
    newest: newest.map(itemToJson),
  };
}

function itemToJson(item: ItemDraft): object {
  const { guid, url, title, summary, author, language, categories, enclosures, imageUrl } = item;
  const dates = { publishedAt: iso(item.publishedMs), updatedAt: iso(item.updatedMs) };
  const contentBytes = Buffer.byteLength(item.contentHtml);
  return {
    guid,
    identifiedBy: identityBasis(item),
    url,
    title,
    summary,
    author,
    language,
    categories,
    enclosures,
    imageUrl,
    ...dates,
    contentBytes,
  };
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
