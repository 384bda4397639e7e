import type { Filter } from '../domain/filter.ts';
import type { Item } from '../domain/item.ts';
import { slug } from '../domain/source.ts';
import { findCandidates } from './candidates.ts';
import type { Db } from './dialect.ts';
import { formatRankPlace, parseRankPlace, rankedPage } from './ranking.ts';
import { type Find, plainPage, sharedPage } from './share.ts';
import { readStored, toItem } from './shown.ts';
import { byOrder, type Candidate, type Place, type Range } from './walks.ts';
import { type Wanted, wantedBy } from './wanted.ts';

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
  /** Whether one source may take only its share of the page, while others have items for it. */
  readonly share?: boolean;
}

/** Items newest first, and where the next page begins: null on the last. */
export interface ItemsPart {
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
export function parsePlace(text: string): Place | null {
  const match = /^(-?\d{1,15})-(\d{1,15})$/.exec(text);
  if (match === null) return null;
  return { sortMs: Number(match[1]), id: Number(match[2]) };
}

/** Where an item stands in the order of views, as `before` wants it. */
export function formatPlace(place: Place): string {
  return `${place.sortMs}-${place.id}`;
}

async function itemsOf(db: Db, candidates: readonly Candidate[]): Promise<Item[]> {
  const stored = await readStored(
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
export async function readItems(db: Db, query: ItemsQuery): Promise<ItemsPart> {
  const wanted = await wantedBy(db, query.filter, query.includeBackfill ?? true);
  if (query.byRelevance === true) {
    const before = query.before === null ? null : parseRankPlace(query.before);
    const { items, next } = await rankedPage(db, wanted, { before, limit: query.limit });
    return { items: await itemsOf(db, items), next: next === null ? null : formatRankPlace(next) };
  }
  const before = query.before === null ? null : parsePlace(query.before);
  const choices = [wanted];
  for (const filter of query.orFilters ?? []) choices.push(await wantedBy(db, filter, filter.backfill));
  const find: Find = (range, exceptOwners) => findInAny(db, { choices, exceptOwners }, range);
  const paged = query.share === true ? sharedPage : plainPage;
  const { items, next } = await paged(find, before, query.limit);
  return { items: await itemsOf(db, items), next: next === null ? null : formatPlace(next) };
}

/** The first candidates of a range that any of several choices wants, each once. */
async function findInAny(
  db: Db,
  { choices, exceptOwners }: { readonly choices: readonly Wanted[]; readonly exceptOwners: readonly number[] },
  range: Range,
): Promise<readonly Candidate[]> {
  const found = new Map<number, Candidate>();
  for (const wanted of choices) {
    for (const candidate of await findCandidates(db, { ...wanted, exceptOwners }, range)) {
      found.set(candidate.id, candidate);
    }
  }
  // The first of the union are among the first of each choice.
  return choices.length === 1 ? [...found.values()] : [...found.values()].sort(byOrder).slice(0, range.limit);
}

/** One item, withdrawn or not; null when there never was one or it was retired. */
export async function readItem(db: Db, id: number): Promise<Item | null> {
  const found = (await readStored(db, [id])).get(id);
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
