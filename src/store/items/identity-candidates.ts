import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../engine/engine.ts';
import {
  alongItems,
  alongTable,
  beyond,
  type Candidate,
  candidateColumns,
  newestAlong,
  type Range,
  walk,
} from '../queries/index-scan.ts';
import { conditions, type Wanted } from '../queries/item-predicate.ts';
import { findBySearch } from '../queries/search-items.ts';

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
  over: { range: Range; path: ReturnType<typeof alongTable>; holds(value: T): RawBuilder<unknown> },
): Way {
  const { range, path, holds } = over;
  const walkOne = (value: T, limit: number) => walk(db, path, sql`${holds(value)} and ${rest}`, { ...range, limit });
  return { walks: values.length, find: () => newestAlong(values, range.limit, walkOne) };
}

/** The ways that the wanted values open, each along an index of its own, the shortest first. */
function waysTo(db: Db, wanted: Wanted, range: Range): Way[] {
  const { sourceSets, categories } = wanted;
  const ways = sourceSets.map((refs) => {
    const rest = conditions(db, { ...wanted, sourceSets: sourceSets.filter((set) => set !== refs) });
    return way(db, refs, rest, {
      range,
      path: alongTable('appearance', wanted.order),
      holds: (ref) => sql`along.source_ref = ${ref}`,
    });
  });
  if (categories.length > 0) {
    const rest = conditions(db, { ...wanted, categories: [] });
    const path = alongTable('item_category', wanted.order);
    ways.push(way(db, categories, rest, { range, path, holds: (category) => sql`along.category = ${category}` }));
  }
  return ways.sort((a, b) => a.walks - b.walks);
}

function alongLanguages(db: Db, wanted: Wanted, range: Range): Promise<Candidate[]> {
  const rest = conditions(db, { ...wanted, languages: [] });
  const holds = (language: string) => sql`item.primary_language = ${language}`;
  return way(db, wanted.languages, rest, { range, path: alongItems(wanted.order), holds }).find();
}

/** What is wanted among the newest items only: out of indexes alone, no item is read for it. */
async function amongRecent(db: Db, wanted: Wanted, range: Range): Promise<Candidate[]> {
  const shown = conditions(db, { ...wanted, sourceSets: [], categories: [], languages: [], search: null });
  const path = alongItems(wanted.order);
  const { rows } = await sql<Candidate>`select ${candidateColumns(wanted.order)} from (
      select id, ${path.sortMs}, owner_ref, backfill, primary_language from item
      where withdrawn_ms is null and ${beyond(path, range.before)} and ${shown}
      order by ${path.sortMs} desc, id desc limit ${recentItems}
    ) as item where ${conditions(db, wanted)}
    order by ${path.sortMs} desc, item.id desc limit ${range.limit}`.execute(db);
  return rows;
}

/** The newest items that are wanted, in order: found along whichever index leaves least to look at. */
export async function findCandidates(db: Db, wanted: Wanted, range: Range): Promise<readonly Candidate[]> {
  const { search, languages } = wanted;
  if (search !== null && search.wanted.length + search.unwanted.length > 0) {
    return findBySearch(db, { ...wanted, search }, range, (others, within) => findCandidates(db, others, within));
  }
  const [shortest] = waysTo(db, wanted, range);
  if (shortest === undefined && languages.length > 0) return alongLanguages(db, wanted, range);
  if (shortest === undefined) return walk(db, alongItems(wanted.order), conditions(db, wanted), range);
  if (shortest.walks <= fewWalks) return shortest.find();
  const recent = await amongRecent(db, wanted, range);
  if (recent.length === range.limit) return recent;
  return shortest.walks <= mostWalks
    ? shortest.find()
    : walk(db, alongItems(wanted.order), conditions(db, wanted), range);
}
