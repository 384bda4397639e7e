import { dayMs, hourMs } from '../../domain/durations.ts';
import type { Item, ItemDraft } from '../../domain/items/item.ts';
import { publisherOf } from '../../domain/polling/hosts.ts';
import { fromJson, type Row } from '../engine/tables.ts';
import { type PublicSource, type StoredItem, toItem } from '../queries/map-item.ts';

const maxEdits = 3;
const editWindowMs = hourMs;
const backfillAgeMs = 7 * dayMs;

/** The effect of merging an entry into an item. */
export interface MergeResult {
  readonly before: StoredItem;
  readonly after: StoredItem;
  /** Changed fields of the wire format; empty: no visible change. */
  readonly changed: readonly string[];
  /** True: too many recent edits. The item is unchanged, and a later poll applies the edit. */
  readonly deferred: boolean;
}

function primarySubtag(language: string | null): string | null {
  return language === null ? null : (language.split(/[-_]/, 1)[0]?.toLowerCase() ?? null);
}

/** The columns of an item that contain the owner's content. */
function columnsOf(draft: ItemDraft) {
  return {
    content_hash: draft.contentHash,
    url: draft.url,
    title: draft.title,
    summary: draft.summary,
    content_html: draft.contentHtml,
    author: draft.author,
    language: draft.language,
    primary_language: primarySubtag(draft.language),
    image_url: draft.imageUrl,
    categories: JSON.stringify(draft.categories),
    enclosures: JSON.stringify(draft.enclosures),
    published_ms: draft.publishedMs,
    updated_ms: draft.updatedMs,
  };
}

/** The row of a new item, without the id, which the database assigns. */
export function newItemRow(
  draft: ItemDraft,
  about: { readonly key: string; readonly ownerRef: number; readonly nowMs: number; readonly firstRead: boolean },
): Omit<Row<'item'>, 'id'> {
  const { nowMs } = about;
  const old = draft.publishedMs !== null && draft.publishedMs < nowMs - backfillAgeMs;
  const backfill = about.firstRead || old;
  // A future date must not pin an item to the top, so the item is sorted by the time it was first seen.
  const sortMs = Math.min(draft.publishedMs ?? nowMs, nowMs);
  return {
    key: about.key,
    owner_ref: about.ownerRef,
    owner_changed: 0,
    sort_ms: sortMs,
    arrival_ms: backfill ? sortMs : nowMs,
    first_seen_ms: nowMs,
    withdrawn_ms: null,
    withdrawal_reason: null,
    revision: 1,
    backfill: backfill ? 1 : 0,
    recent_edits: '[]',
    ...columnsOf(draft),
  };
}

/**
 * Rank of a source's claim to an item: 2 if its feed is on the item's host, 1 if the site that its feed names is, else 0.
 * The URL that the operator declared outranks what a document claims. Otherwise any feed could take over the items of another
 * publisher by naming that publisher's site.
 */
function ownershipRank(source: PublicSource, itemUrl: string | null): 0 | 1 | 2 {
  const host = publisherOf(itemUrl);
  if (host === null) return 0;
  if (publisherOf(source.url) === host) return 2;
  return publisherOf(source.siteUrl) === host ? 1 : 0;
}

function takesOwnership(source: PublicSource, { row, sources }: StoredItem): boolean {
  const owner = sources.find(({ ref }) => ref === row.owner_ref);
  if (row.owner_changed === 1 || owner === undefined || owner.ref === source.ref) return false;
  return ownershipRank(source, row.url) > ownershipRank(owner, row.url);
}

const compared = {
  url: (item: Item) => item.url,
  title: (item: Item) => item.title,
  summary: (item: Item) => item.summary,
  html: (item: Item) => item.contentHtml,
  author: (item: Item) => item.author,
  source: (item: Item) => item.source.id,
  alsoIn: (item: Item) => item.alsoIn.map(({ id }) => id),
  section: (item: Item) => item.section,
  // Some publishers send them in another order at each request.
  categories: (item: Item) => item.categories.toSorted(),
  language: (item: Item) => item.language,
  image: (item: Item) => item.imageUrl,
  enclosures: (item: Item) => item.enclosures,
  publishedAt: (item: Item) => item.publishedMs,
  updatedAt: (item: Item) => item.updatedMs,
} as const;

/** Wire names of all fields that can change. */
export const wireFieldNames: readonly string[] = Object.keys(compared);

/** Wire names of the fields that differ between two states of an item. */
export function changedFields(before: Item, after: Item): string[] {
  return Object.entries(compared)
    .filter(([, pick]) => JSON.stringify(pick(before)) !== JSON.stringify(pick(after)))
    .map(([name]) => name);
}

const alwaysShown = new Set(['source', 'alsoIn', 'section']);
const dates = new Set(['publishedAt', 'updatedAt']);

/** Whether the content changed. Sources and dates alone are no edit: some feeds change all their dates at each request. */
function isEdit(changed: readonly string[]): boolean {
  return changed.some((name) => !alwaysShown.has(name) && !dates.has(name));
}

/**
 * The dates of an item after an edit: it keeps its first publication date, and a later date of the entry becomes the date
 * of the edit. A new owner sets its own dates.
 */
function datesAfter(
  row: Row<'item'>,
  draft: ItemDraft,
  passes: boolean,
): Pick<Row<'item'>, 'published_ms' | 'updated_ms'> {
  if (passes || row.published_ms === null) return { published_ms: draft.publishedMs, updated_ms: draft.updatedMs };
  const moved = draft.publishedMs !== null && draft.publishedMs > row.published_ms ? draft.publishedMs : null;
  return { published_ms: row.published_ms, updated_ms: draft.updatedMs ?? moved };
}

/** The item without its withdrawal. */
export function withoutWithdrawal(item: StoredItem): StoredItem {
  return { ...item, row: { ...item.row, withdrawn_ms: null, withdrawal_reason: null } };
}

/**
 * Restores an item that a complete feed omitted and now lists again, with its current content. All fields count as
 * changed, because readers removed the item. It counts as an edit, so that the limit on edits also applies to a feed that
 * repeatedly omits and lists an item.
 */
function restoreOmitted(before: StoredItem, draft: ItemDraft, source: PublicSource, nowMs: number): MergeResult {
  const edits = withEdit(before.row, nowMs);
  if (edits === null) return { before, after: before, changed: [], deferred: true };
  const { after } = mergeEntry(withoutWithdrawal(before), draft, source, nowMs);
  return {
    before,
    after: { ...after, row: { ...after.row, recent_edits: edits } },
    changed: wireFieldNames,
    deferred: false,
  };
}

/** The times of recent edits including this one; null when there were too many within the hour. */
function withEdit(row: Row<'item'>, nowMs: number): string | null {
  const edits = fromJson<number[]>(row.recent_edits);
  const recent = edits.filter((atMs) => atMs > nowMs - editWindowMs && atMs <= nowMs);
  return recent.length >= maxEdits ? null : JSON.stringify([...recent, nowMs]);
}

/**
 * Merges an entry of a source into an item. The owner's content replaces that of the item. An entry of another source
 * only adds that source to "also in". Ownership passes, at most once, to a source with a higher rank.
 */
export function mergeEntry(before: StoredItem, draft: ItemDraft, source: PublicSource, nowMs: number): MergeResult {
  const { row } = before;
  if (row.withdrawal_reason === 'omitted' && row.owner_ref === source.ref)
    return restoreOmitted(before, draft, source, nowMs);
  const joins = !before.sources.some(({ ref }) => ref === source.ref);
  const sources = joins ? [...before.sources, source] : before.sources;
  const unchanged: MergeResult = { before, after: { row, sources }, changed: [], deferred: false };
  if (row.withdrawn_ms !== null) return unchanged;
  const passes = takesOwnership(source, before);
  const replaces = passes || (row.owner_ref === source.ref && row.content_hash !== draft.contentHash);
  if (!replaces) return { ...unchanged, changed: joins ? ['alsoIn'] : [] };
  const content = {
    ...{ ...row, ...columnsOf(draft), ...datesAfter(row, draft, passes) },
    ...{ owner_ref: source.ref, owner_changed: passes ? 1 : row.owner_changed },
  };
  const changed = changedFields(toItem(before), toItem({ row: content, sources }));
  if (!isEdit(changed)) {
    const sameDates = { ...content, published_ms: row.published_ms, updated_ms: row.updated_ms };
    return { ...unchanged, after: { row: sameDates, sources }, changed: changed.filter((name) => !dates.has(name)) };
  }
  const edits = withEdit(row, nowMs) ?? (passes ? row.recent_edits : null);
  if (edits === null) return { ...unchanged, deferred: true };
  const after = { row: { ...content, revision: row.revision + 1, recent_edits: edits }, sources };
  return { before, after, changed, deferred: false };
}
