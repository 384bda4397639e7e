import type { Filter } from '../../domain/events/filter.ts';
import type { Item } from '../../domain/items/item.ts';
import { slug } from '../../domain/polling/source.ts';
import type { Db } from '../engine/engine.ts';
import { findCandidates } from './find-candidates.ts';
import { type Candidate, newestFirst, type Order, type PageCursor, type PageRange } from './index-scan.ts';
import { type ItemPredicate, toItemPredicate } from './item-predicate.ts';
import { readStoredItems, toItem } from './map-item.ts';
import { formatRankCursor, parseRankCursor, rankedPage } from './ranked-page.ts';
import { type BalancedCursor, balancedPage, type FindPage, type OwnerFilter, plainPage } from './source-quota.ts';

/** A page of items: which, how many, from where. */
export interface ItemsQuery {
  /** As `parseFilter` leaves it; its `backfill` is not looked at. */
  readonly filter: Filter;
  /** Further filters, each with its own `backfill`: an item that matches any of them is wanted too. */
  readonly orFilters?: readonly Filter[];
  readonly limit: number;
  /** What `next` of the page before said; null: from the newest. */
  readonly before: string | null;
  /** False leaves backfill out; by default all items are given, whatever they are. */
  readonly includeBackfill?: boolean;
  /** Those first that fit the search best, of its newest matches; by default the newest first. */
  readonly byRelevance?: boolean;
  /** Whether one source may take only its share of the page, while others have items for it. For pages, not for feeds. */
  readonly share?: boolean;
  /** By default `date`. */
  readonly order?: Order;
}

/** Items newest first, and where the next page begins: null on the last. */
export interface ItemsPage {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** A section that some source is in. */
export interface SectionCount {
  readonly slug: string;
  readonly name: string;
  /** Appearances of items in it. */
  readonly items: number;
}

/** `<sort_ms>-<id>`; null when the text is no place. */
export function parsePageCursor(text: string): PageCursor | null {
  const match = /^(-?\d{1,15})-(\d{1,15})$/.exec(text);
  if (match === null) return null;
  return { sortMs: Number(match[1]), id: Number(match[2]) };
}

/** Where an item stands in the order of views, as `before` wants it. */
export function formatPageCursor(place: PageCursor): string {
  return `${place.sortMs}-${place.id}`;
}

/** A place of a balanced listing: `<sort_ms>-<id>`, then `~<owner>-<sort_ms>-<id>` for each deferred source. */
export function formatBalancedCursor({ main, deferred }: BalancedCursor): string {
  return [formatPageCursor(main), ...[...deferred].map(([owner, place]) => `${owner}-${formatPageCursor(place)}`)].join(
    '~',
  );
}

/** Null when the text is no place. A plain place is one without deferred sources. */
export function parseBalancedCursor(text: string): BalancedCursor | null {
  const [first = '', ...rest] = text.split('~');
  const main = parsePageCursor(first);
  if (main === null) return null;
  const deferred = new Map<number, PageCursor>();
  for (const part of rest) {
    const match = /^(\d{1,15})-(.*)$/.exec(part);
    const place = parsePageCursor(match?.[2] ?? '');
    if (place === null) return null;
    deferred.set(Number(match?.[1]), place);
  }
  return { main, deferred };
}

async function itemsOf(db: Db, candidates: readonly Candidate[]): Promise<Item[]> {
  const stored = await readStoredItems(
    db,
    candidates.map(({ id }) => id),
  );
  return candidates.flatMap(({ id }) => {
    const found = stored.get(id);
    return found === undefined ? [] : [toItem(found)];
  });
}

/**
 * A page of items, newest first. Called within `store.read` it is of one instant with whatever else is read there,
 * such as the head of the log.
 */
export async function readItems(db: Db, query: ItemsQuery): Promise<ItemsPage> {
  const { order = 'date' } = query;
  const wanted = { ...(await toItemPredicate(db, query.filter, query.includeBackfill ?? true)), order };
  if (query.byRelevance === true) {
    const before = query.before === null ? null : parseRankCursor(query.before);
    const { items, next } = await rankedPage(db, wanted, { before, limit: query.limit });
    return { items: await itemsOf(db, items), next: next === null ? null : formatRankCursor(next) };
  }
  const choices = [wanted];
  for (const filter of query.orFilters ?? []) choices.push(await toItemPredicate(db, filter, filter.backfill));
  const find: FindPage = (range, owners) =>
    findInAny(
      db,
      choices.map((choice) => ({ ...choice, ...ownersWanted(choice, owners) })),
      range,
    );
  if (query.share === true) {
    const before = query.before === null ? null : parseBalancedCursor(query.before);
    const { items, next } = await balancedPage(find, before, query.limit);
    return { items: await itemsOf(db, items), next: next === null ? null : formatBalancedCursor(next) };
  }
  const before = query.before === null ? null : parsePageCursor(query.before);
  const { items, next } = await plainPage(find, before, query.limit);
  return { items: await itemsOf(db, items), next: next === null ? null : formatPageCursor(next) };
}

/** The first candidates of a range that any of several choices wants, each once. */
async function findInAny(db: Db, choices: readonly ItemPredicate[], range: PageRange): Promise<readonly Candidate[]> {
  const [only] = choices;
  if (only !== undefined && choices.length === 1) return findCandidates(db, only, range);
  const found = new Map<number, Candidate>();
  for (const wanted of choices) {
    for (const candidate of await findCandidates(db, wanted, range)) found.set(candidate.id, candidate);
  }
  // The first of the union are among the first of each choice.
  return [...found.values()].sort(newestFirst).slice(0, range.limit);
}

/** An item has an appearance at its owner: one owner's items are found along its appearances. */
function ownersWanted({ sourceSets }: ItemPredicate, owners: OwnerFilter): Partial<ItemPredicate> {
  if ('except' in owners) return { exceptOwners: owners.except };
  return { onlyOwner: owners.only, sourceSets: [[owners.only], ...sourceSets] };
}

/** One item, withdrawn or not; null when there never was one or it was retired. */
export async function readItem(db: Db, id: number): Promise<Item | null> {
  const found = (await readStoredItems(db, [id])).get(id);
  return found === undefined ? null : toItem(found);
}

/** The same, by its key. */
export async function readItemByKey(db: Db, key: string): Promise<Item | null> {
  const row = await db.selectFrom('item').select('id').where('key', '=', key).executeTakeFirst();
  return row === undefined ? null : readItem(db, row.id);
}

/** The sections that declared sources are in, in the order of the declarations. */
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
