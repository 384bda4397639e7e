import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../engine/engine.ts';
import {
  afterCursor,
  type Candidate,
  candidateColumns,
  indexScan,
  itemPath,
  mergeScans,
  type PageRange,
  tablePath,
} from './index-scan.ts';
import { type ItemPredicate, toSqlCondition } from './item-predicate.ts';
import { findBySearch } from './search-items.ts';

/** A choice of so few values is looked up value by value at once. */
const fewWalks = 8;
/** Above so many, one walk along the whole order, asking of each item, costs less than one walk for each. */
const mostWalks = 200;
/** How far down the order a choice of many values is looked for before each of them is looked up. */
const recentItems = 2000;

/** A way to what is wanted: how many walks it takes, and what they find. */
interface Way {
  readonly walks: number;
  find(): Promise<Candidate[]>;
}

function way<T>(
  db: Db,
  values: readonly T[],
  rest: RawBuilder<unknown>,
  over: { range: PageRange; path: ReturnType<typeof tablePath>; holds(value: T): RawBuilder<unknown> },
): Way {
  const { range, path, holds } = over;
  const walkOne = (value: T, limit: number) =>
    indexScan(db, path, sql`${holds(value)} and ${rest}`, { ...range, limit });
  return { walks: values.length, find: () => mergeScans(values, range.limit, walkOne) };
}

/** The ways that the wanted values open, each along an index of its own, the shortest first. */
function waysTo(db: Db, wanted: ItemPredicate, range: PageRange): Way[] {
  const { sourceSets, categories } = wanted;
  const ways = sourceSets.map((refs) => {
    const rest = toSqlCondition(db, { ...wanted, sourceSets: sourceSets.filter((set) => set !== refs) });
    return way(db, refs, rest, {
      range,
      path: tablePath('appearance', wanted.order),
      holds: (ref) => sql`along.source_ref = ${ref}`,
    });
  });
  if (categories.length > 0) {
    const rest = toSqlCondition(db, { ...wanted, categories: [] });
    const path = tablePath('item_category', wanted.order);
    ways.push(way(db, categories, rest, { range, path, holds: (category) => sql`along.category = ${category}` }));
  }
  return ways.sort((a, b) => a.walks - b.walks);
}

function alongLanguages(db: Db, wanted: ItemPredicate, range: PageRange): Promise<Candidate[]> {
  const rest = toSqlCondition(db, { ...wanted, languages: [] });
  const holds = (language: string) => sql`item.primary_language = ${language}`;
  return way(db, wanted.languages, rest, { range, path: itemPath(wanted.order), holds }).find();
}

/** What is wanted among the newest items only: out of indexes alone, no item is read for it. */
async function amongRecent(db: Db, wanted: ItemPredicate, range: PageRange): Promise<Candidate[]> {
  const shown = toSqlCondition(db, { ...wanted, sourceSets: [], categories: [], languages: [], search: null });
  const path = itemPath(wanted.order);
  const { rows } = await sql<Candidate>`select ${candidateColumns(wanted.order)} from (
      select id, ${path.sortMs}, owner_ref, backfill, primary_language from item
      where withdrawn_ms is null and ${afterCursor(path, range.before)} and ${shown}
      order by ${path.sortMs} desc, id desc limit ${recentItems}
    ) as item where ${toSqlCondition(db, wanted)}
    order by ${path.sortMs} desc, item.id desc limit ${range.limit}`.execute(db);
  return rows;
}

/** The newest items that are wanted, in order: found along whichever index leaves least to look at. */
export async function findCandidates(db: Db, wanted: ItemPredicate, range: PageRange): Promise<readonly Candidate[]> {
  const { search, languages } = wanted;
  if (search !== null && search.required.length + search.excluded.length > 0) {
    return findBySearch(db, { ...wanted, search }, range, (others, within) => findCandidates(db, others, within));
  }
  const [shortest] = waysTo(db, wanted, range);
  if (shortest === undefined && languages.length > 0) return alongLanguages(db, wanted, range);
  if (shortest === undefined) return indexScan(db, itemPath(wanted.order), toSqlCondition(db, wanted), range);
  if (shortest.walks <= fewWalks) return shortest.find();
  const recent = await amongRecent(db, wanted, range);
  if (recent.length === range.limit) return recent;
  return shortest.walks <= mostWalks
    ? shortest.find()
    : indexScan(db, itemPath(wanted.order), toSqlCondition(db, wanted), range);
}
