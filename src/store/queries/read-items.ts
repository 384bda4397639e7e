import type { Filter } from '../../domain/events/filter.ts';
import type { Item } from '../../domain/items/item.ts';
import { slug } from '../../domain/slug.ts';
import { type Db, engineOf } from '../engine/engine.ts';
import { findCandidates } from './find-candidates.ts';
import { type Candidate, newestFirst, type Order, type PageCursor, type PageRange } from './index-scan.ts';
import { type ItemPredicate, toItemPredicate } from './item-predicate.ts';
import { readStoredItems, toItem } from './map-item.ts';
import { type BalancedCursor, balancedPage, type FindPage, type OwnerFilter, plainPage } from './source-quota.ts';

/** Selects a page of items. */
export interface ItemsQuery {
  /** As `parseFilter` returns it; its `backfill` is ignored. */
  readonly filter: Filter;
  /** Further filters, each with its own `backfill`: items that match any of them are included as well. */
  readonly orFilters?: readonly Filter[];
  readonly limit: number;
  /** `next` of the previous page; null: from the newest item. */
  readonly before: string | null;
  /** False excludes backfill. Default: true. */
  readonly includeBackfill?: boolean;
  /** Best match of the search first, among its newest matches. Default: newest first. */
  readonly byRelevance?: boolean;
  /** Whether a source is limited to its quota of the page while others have items for it. For pages, not for feeds. */
  readonly limitPerSource?: boolean;
  /** Default: `date`. */
  readonly order?: Order;
}

/** Items in order, and the cursor of the next page: null on the last. */
export interface ItemsPage {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** A section and the size of its sources. */
export interface SectionCount {
  readonly slug: string;
  readonly name: string;
  /** Appearances at its sources: an item counts once for each. */
  readonly items: number;
}

/** Parses `<sort_ms>-<id>`; null when the text is invalid. */
export function parsePageCursor(text: string): PageCursor | null {
  const match = /^(-?\d{1,15})-(\d{1,15})$/.exec(text);
  if (match === null) return null;
  return { sortMs: Number(match[1]), id: Number(match[2]) };
}

/** The inverse of `parsePageCursor`: `<sort_ms>-<id>`. */
export function formatPageCursor({ sortMs, id }: PageCursor): string {
  return `${sortMs}-${id}`;
}

/** Formats a cursor of a balanced listing: `<sort_ms>-<id>`, then `~<owner>-<sort_ms>-<id>` for each deferred source. */
function formatBalancedCursor({ main, deferred }: BalancedCursor): string {
  return [
    formatPageCursor(main),
    ...[...deferred].map(([owner, cursor]) => `${owner}-${formatPageCursor(cursor)}`),
  ].join('~');
}

/** The inverse of `formatBalancedCursor`; null when the text is invalid. A plain cursor has no deferred sources. */
function parseBalancedCursor(text: string): BalancedCursor | null {
  const [first = '', ...rest] = text.split('~');
  const main = parsePageCursor(first);
  if (main === null) return null;
  const deferred = new Map<number, PageCursor>();
  for (const part of rest) {
    const match = /^(\d{1,15})-(.*)$/.exec(part);
    const cursor = parsePageCursor(match?.[2] ?? '');
    if (cursor === null) return null;
    deferred.set(Number(match?.[1]), cursor);
  }
  return { main, deferred };
}

async function itemsOf(db: Db, candidates: readonly Candidate[]): Promise<Item[]> {
  const ids = candidates.map(({ id }) => id);
  const stored = await readStoredItems(db, ids);
  return candidates.flatMap(({ id }) => {
    const found = stored.get(id);
    return found === undefined ? [] : [toItem(found)];
  });
}

/**
 * Reads a page of items. Inside `store.read` it is consistent with everything else that is read there, such as the head
 * of the log.
 */
export async function readItems(db: Db, query: ItemsQuery): Promise<ItemsPage> {
  const { order = 'date' } = query;
  const predicate = { ...(await toItemPredicate(db, query.filter, query.includeBackfill ?? true)), order };
  if (query.byRelevance === true) {
    const before = query.before === null ? null : parseRankCursor(query.before);
    const { items, next } = await rankedPage(db, predicate, { before, limit: query.limit });
    return { items: await itemsOf(db, items), next: next === null ? null : formatRankCursor(next) };
  }
  const predicates = [predicate];
  for (const filter of query.orFilters ?? []) predicates.push(await toItemPredicate(db, filter, filter.backfill));
  const find: FindPage = (range, owners) => {
    const restricted = predicates.map((one) => ({ ...one, ...ownerCondition(one, owners) }));
    return findAny(db, restricted, range);
  };
  if (query.limitPerSource === true) {
    const before = query.before === null ? null : parseBalancedCursor(query.before);
    const { items, next } = await balancedPage(find, before, query.limit);
    return { items: await itemsOf(db, items), next: next === null ? null : formatBalancedCursor(next) };
  }
  const before = query.before === null ? null : parsePageCursor(query.before);
  const { items, next } = await plainPage(find, before, query.limit);
  return { items: await itemsOf(db, items), next: next === null ? null : formatPageCursor(next) };
}

/** The first candidates of a range that match any of several predicates, each once. */
async function findAny(db: Db, predicates: readonly ItemPredicate[], range: PageRange): Promise<readonly Candidate[]> {
  const [only] = predicates;
  if (only !== undefined && predicates.length === 1) return findCandidates(db, only, range);
  const found = new Map<number, Candidate>();
  for (const predicate of predicates) {
    for (const candidate of await findCandidates(db, predicate, range)) found.set(candidate.id, candidate);
  }
  // The first candidates of the union are among the first candidates of each predicate.
  return [...found.values()].sort(newestFirst).slice(0, range.limit);
}

/** Every item has an appearance at its owner, so a single owner's items are found through its appearances. */
function ownerCondition({ sourceSets }: ItemPredicate, owners: OwnerFilter): Partial<ItemPredicate> {
  if ('except' in owners) return { exceptOwners: owners.except };
  return { onlyOwner: owners.only, sourceSets: [[owners.only], ...sourceSets] };
}

/** Reads an item, even if it is withdrawn; null when the id is unknown or the item was retired. */
export async function readItem(db: Db, id: number): Promise<Item | null> {
  const found = (await readStoredItems(db, [id])).get(id);
  return found === undefined ? null : toItem(found);
}

/** Reads an item by its key, like `readItem`. */
export async function readItemByKey(db: Db, key: string): Promise<Item | null> {
  const row = await db.selectFrom('item').select('id').where('key', '=', key).executeTakeFirst();
  return row === undefined ? null : readItem(db, row.id);
}

/** The sections of the declared sources, in the order of the declarations. */
export async function readSections(db: Db): Promise<SectionCount[]> {
  const rows = await db
    .selectFrom('source')
    .select(({ fn }) => ['section', fn.sum<number>('items').as('items'), fn.min('position').as('position')])
    .where('removed_ms', 'is', null)
    .groupBy('section')
    .orderBy('position')
    .execute();
  return rows.map(({ section, items }) => ({ slug: slug(section), name: section, items }));
}

/** Only this many of the newest matches are ranked. */
const maxRanked = 5000;
/** How many texts the search index ranks. More than `maxRanked`: other conditions can exclude some of them. */
const maxCompared = 20_000;

/** A position in a ranked list: how many items were listed, and the newest item when the first page was read. */
interface RankCursor {
  readonly listed: number;
  readonly newestId: number;
}

/** A page of a ranked list, and the cursor of the next page: null on the last. */
interface RankedPage {
  readonly items: readonly Candidate[];
  readonly next: RankCursor | null;
}

/** Parses `r<listed>-<id>`; null when the text is invalid. */
function parseRankCursor(text: string): RankCursor | null {
  const match = /^r(\d{1,5})-(\d{1,15})$/.exec(text);
  return match === null ? null : { listed: Number(match[1]), newestId: Number(match[2]) };
}

/** The inverse of `parseRankCursor`: `r<listed>-<id>`. */
function formatRankCursor({ listed, newestId }: RankCursor): string {
  return `r${listed}-${newestId}`;
}

/**
 * A page of the newest 5,000 matches of a search, best match first, equal matches newest first. Items that arrive after
 * the first page was read do not shift the later pages.
 */
async function rankedPage(
  db: Db,
  predicate: ItemPredicate,
  at: { readonly before: RankCursor | null; readonly limit: number },
): Promise<RankedPage> {
  const found = await findCandidates(db, predicate, { before: null, limit: maxRanked });
  const newestId = at.before?.newestId ?? Math.max(0, ...found.map(({ id }) => id));
  const listable = found.filter(({ id }) => id <= newestId);
  const ranked = await sortByRank(db, predicate, listable);
  const start = at.before?.listed ?? 0;
  const listed = start + at.limit;
  return { items: ranked.slice(start, listed), next: listed < ranked.length ? { listed, newestId } : null };
}

async function sortByRank(
  db: Db,
  { search }: ItemPredicate,
  found: readonly Candidate[],
): Promise<readonly Candidate[]> {
  if (search === null || search.required.length === 0 || found.length === 0) return found;
  const ids = found.map(({ id }) => id);
  const page = { fromId: Math.min(...ids), belowId: Math.max(...ids) + 1, limit: maxCompared };
  const best = await engineOf(db).rankTexts(db, search.required, page);
  const ranks = new Map(best.map((id, rank) => [id, rank]));
  const rankOf = ({ id }: Candidate): number => ranks.get(id) ?? best.length;
  return found.toSorted((a, b) => rankOf(a) - rankOf(b));
}
