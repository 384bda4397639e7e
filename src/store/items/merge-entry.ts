import { dayMs, hourMs } from '../../domain/durations.ts';
import type { Item, ItemDraft } from '../../domain/items/item.ts';
import { publisherOf } from '../../domain/polling/hosts.ts';
import { fromJson, type Row } from '../engine/tables.ts';
import { type PublicSource, type StoredItem, toItem } from '../queries/map-item.ts';

const maxEdits = 3;
const editWindowMs = hourMs;
const backfillAgeMs = 7 * dayMs;

/** What an item becomes when an entry is merged into it. */
export interface MergeResult {
  readonly before: StoredItem;
  readonly after: StoredItem;
  /** Fields of the wire that are not what they were; empty: nothing that a reader could see. */
  readonly changed: readonly string[];
  /** True: an edit that came too soon after others, to be taken at a later read. The item is as it was. */
  readonly deferred: boolean;
}

/** What of a draft stands in an item's row: the owner's words. */
type DraftColumns = Pick<
  Row<'item'>,
  | 'content_hash'
  | 'url'
  | 'title'
  | 'summary'
  | 'content_html'
  | 'author'
  | 'language'
  | 'primary_language'
  | 'image_url'
  | 'categories'
  | 'enclosures'
  | 'published_ms'
  | 'updated_ms'
>;

function primarySubtag(language: string | null): string | null {
  return language === null ? null : (language.split(/[-_]/, 1)[0]?.toLowerCase() ?? null);
}

function columnsOf(draft: ItemDraft): DraftColumns {
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

/** The row of a new item, all but the id that the database gives it. */
export function newItemRow(
  draft: ItemDraft,
  about: { readonly key: string; readonly ownerRef: number; readonly nowMs: number; readonly firstRead: boolean },
): Omit<Row<'item'>, 'id'> {
  const { nowMs } = about;
  const old = draft.publishedMs !== null && draft.publishedMs < nowMs - backfillAgeMs;
  const backfill = about.firstRead || old;
  // A date ahead of us cannot pin an item on top: it is sorted by when it was seen.
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
 * How good a source's claim to an item is: its feed is read from the item's host, or it says that its site is there,
 * or neither. What the operator declared weighs more than what a document says of itself, else any feed could take
 * over a stranger's items by naming his site.
 */
function claim(source: PublicSource, itemUrl: string | null): 0 | 1 | 2 {
  const host = publisherOf(itemUrl);
  if (host === null) return 0;
  if (publisherOf(source.url) === host) return 2;
  return publisherOf(source.siteUrl) === host ? 1 : 0;
}

function passesTo(source: PublicSource, { row, sources }: StoredItem): boolean {
  const owner = sources.find(({ ref }) => ref === row.owner_ref);
  if (row.owner_changed === 1 || owner === undefined || owner.ref === source.ref) return false;
  return claim(source, row.url) > claim(owner, row.url);
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
  // Some publishers give them in another order at each request.
  categories: (item: Item) => item.categories.toSorted(),
  language: (item: Item) => item.language,
  image: (item: Item) => item.imageUrl,
  enclosures: (item: Item) => item.enclosures,
  publishedAt: (item: Item) => item.publishedMs,
  updatedAt: (item: Item) => item.updatedMs,
} as const;

/** The wire's names of all that can change. */
export const wireFieldNames: readonly string[] = Object.keys(compared);

/** The wire's names of what differs between two states of one item. */
export function changedFields(before: Item, after: Item): string[] {
  return Object.entries(compared)
    .filter(([, pick]) => JSON.stringify(pick(before)) !== JSON.stringify(pick(after)))
    .map(([name]) => name);
}

const alwaysShown = new Set(['source', 'alsoIn', 'section']);
const dates = new Set(['publishedAt', 'updatedAt']);

/** Whether what changed is more than who shows an item, and more than its dates: some feeds date everything anew. */
function isEdit(changed: readonly string[]): boolean {
  return changed.some((name) => !alwaysShown.has(name) && !dates.has(name));
}

/**
 * The dates of an item after an edit: it keeps its first publication, and the entry's date, if it moved on, is that of
 * the edit. A source that takes the item over brings its own.
 */
function datesAfter(
  row: Row<'item'>,
  draft: ItemDraft,
  passes: boolean,
): Pick<DraftColumns, 'published_ms' | 'updated_ms'> {
  if (passes || row.published_ms === null) return { published_ms: draft.publishedMs, updated_ms: draft.updatedMs };
  const moved = draft.publishedMs !== null && draft.publishedMs > row.published_ms ? draft.publishedMs : null;
  return { published_ms: row.published_ms, updated_ms: draft.updatedMs ?? moved };
}

/** A withdrawn item as it is when it is not. */
export function withoutWithdrawal(item: StoredItem): StoredItem {
  return { ...item, row: { ...item.row, withdrawn_ms: null, withdrawal_reason: null } };
}

/**
 * Brings back what a complete feed had left out, now that it is listed again: with the words of today, and as an update
 * of everything, for readers were told to remove it. It counts as an edit: a feed that cannot make up its mind is held
 * to the measure of those.
 */
function comeBack(before: StoredItem, draft: ItemDraft, source: PublicSource, nowMs: number): MergeResult {
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

/** The newest edits, this one among them; null when there were too many within the hour. */
function withEdit(row: Row<'item'>, nowMs: number): string | null {
  const edits = fromJson<number[]>(row.recent_edits);
  const recent = edits.filter((atMs) => atMs > nowMs - editWindowMs && atMs <= nowMs);
  return recent.length >= maxEdits ? null : JSON.stringify([...recent, nowMs]);
}

/**
 * Merges an entry of a source into an item. The owner's words replace the item's; anybody else's leave them alone and
 * only add the source to "also in"; and ownership passes, once, to a source with a better claim.
 */
export function mergeEntry(before: StoredItem, draft: ItemDraft, source: PublicSource, nowMs: number): MergeResult {
  const { row } = before;
  if (row.withdrawal_reason === 'omitted' && row.owner_ref === source.ref)
    return comeBack(before, draft, source, nowMs);
  const joins = !before.sources.some(({ ref }) => ref === source.ref);
  const sources = joins ? [...before.sources, source] : before.sources;
  const apart: MergeResult = { before, after: { row, sources }, changed: [], deferred: false };
  if (row.withdrawn_ms !== null) return apart;
  const passes = passesTo(source, before);
  const takes = passes || (row.owner_ref === source.ref && row.content_hash !== draft.contentHash);
  if (!takes) return { ...apart, changed: joins ? ['alsoIn'] : [] };
  const words = {
    ...{ ...row, ...columnsOf(draft), ...datesAfter(row, draft, passes) },
    ...{ owner_ref: source.ref, owner_changed: passes ? 1 : row.owner_changed },
  };
  const changed = changedFields(toItem(before), toItem({ row: words, sources }));
  if (!isEdit(changed)) {
    const sameDates = { ...words, published_ms: row.published_ms, updated_ms: row.updated_ms };
    return { ...apart, after: { row: sameDates, sources }, changed: changed.filter((name) => !dates.has(name)) };
  }
  const edits = withEdit(row, nowMs) ?? (passes ? row.recent_edits : null);
  if (edits === null) return { ...apart, deferred: true };
  const after = { row: { ...words, revision: row.revision + 1, recent_edits: edits }, sources };
  return { before, after, changed, deferred: false };
}
