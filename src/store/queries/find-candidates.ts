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

/** Up to this many values, one index scan for each value is tried first. */
const fewScans = 8;
/** Above this many values, one scan of all items that tests each costs less than one scan for each value. */
const maxScans = 200;
/** How many of the newest items are tested before many values are scanned one by one. */
const recentItems = 2000;

/** A plan that finds the candidates by one index scan for each of some values. */
interface ScanPlan {
  readonly scans: number;
  find(): Promise<Candidate[]>;
}

function createPlan<T>(
  db: Db,
  values: readonly T[],
  rest: RawBuilder<unknown>,
  over: { range: PageRange; path: ReturnType<typeof tablePath>; holds(value: T): RawBuilder<unknown> },
): ScanPlan {
  const { range, path, holds } = over;
  const scanOne = (value: T, limit: number) =>
    indexScan(db, path, sql`${holds(value)} and ${rest}`, { ...range, limit });
  return { scans: values.length, find: () => mergeScans(values, range.limit, scanOne) };
}

/** The possible plans, each on the index of one condition. The one with the fewest scans comes first. */
function plansFor(db: Db, predicate: ItemPredicate, range: PageRange): ScanPlan[] {
  const { sourceSets, categories } = predicate;
  const plans = sourceSets.map((refs) => {
    const rest = toSqlCondition(db, { ...predicate, sourceSets: sourceSets.filter((set) => set !== refs) });
    return createPlan(db, refs, rest, {
      range,
      path: tablePath('appearance', predicate.order),
      holds: (ref) => sql`along.source_ref = ${ref}`,
    });
  });
  if (categories.length > 0) {
    const rest = toSqlCondition(db, { ...predicate, categories: [] });
    const path = tablePath('item_category', predicate.order);
    plans.push(
      createPlan(db, categories, rest, { range, path, holds: (category) => sql`along.category = ${category}` }),
    );
  }
  return plans.sort((a, b) => a.scans - b.scans);
}

function scanLanguages(db: Db, predicate: ItemPredicate, range: PageRange): Promise<Candidate[]> {
  const rest = toSqlCondition(db, { ...predicate, languages: [] });
  const holds = (language: string) => sql`item.primary_language = ${language}`;
  return createPlan(db, predicate.languages, rest, { range, path: itemPath(predicate.order), holds }).find();
}

/** The candidates among the newest items. Reads covering indexes only, no table rows. */
async function findAmongRecent(db: Db, predicate: ItemPredicate, range: PageRange): Promise<Candidate[]> {
  const indexed = toSqlCondition(db, { ...predicate, sourceSets: [], categories: [], languages: [], search: null });
  const path = itemPath(predicate.order);
  const { rows } = await sql<Candidate>`select ${candidateColumns(predicate.order)} from (
      select id, ${path.sortMs}, owner_ref, backfill, primary_language from item
      where withdrawn_ms is null and ${afterCursor(path, range.before)} and ${indexed}
      order by ${path.sortMs} desc, id desc limit ${recentItems}
    ) as item where ${toSqlCondition(db, predicate)}
    order by ${path.sortMs} desc, item.id desc limit ${range.limit}`.execute(db);
  return rows;
}

/** Finds the newest items that match a predicate, in order, by the index that leaves the fewest rows to test. */
export async function findCandidates(
  db: Db,
  predicate: ItemPredicate,
  range: PageRange,
): Promise<readonly Candidate[]> {
  const { search, languages } = predicate;
  if (search !== null && search.required.length + search.excluded.length > 0) {
    return findBySearch(db, { ...predicate, search }, range, (others, within) => findCandidates(db, others, within));
  }
  const [cheapest] = plansFor(db, predicate, range);
  if (cheapest === undefined && languages.length > 0) return scanLanguages(db, predicate, range);
  if (cheapest === undefined) return indexScan(db, itemPath(predicate.order), toSqlCondition(db, predicate), range);
  if (cheapest.scans <= fewScans) return cheapest.find();
  const recent = await findAmongRecent(db, predicate, range);
  if (recent.length === range.limit) return recent;
  return cheapest.scans <= maxScans
    ? cheapest.find()
    : indexScan(db, itemPath(predicate.order), toSqlCondition(db, predicate), range);
}
