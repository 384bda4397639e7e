import { type RawBuilder, sql } from 'kysely';
import type { Filter } from '../../domain/events/filter.ts';
import { slug } from '../../domain/polling/source.ts';
import { parseSearchQuery, type SearchQuery, type SearchScope } from '../../domain/search/search-query.ts';
import type { Db } from '../engine/engine.ts';
import { valueList } from '../engine/write-rows.ts';
import type { Order } from './index-scan.ts';

/** Which items are wanted, in terms of the database. */
export interface ItemPredicate {
  /** Sources by reference, one set for each field that restricts them: an appearance in each is asked for. */
  readonly sourceSets: readonly (readonly number[])[];
  readonly categories: readonly string[];
  readonly languages: readonly string[];
  readonly search: SearchQuery | null;
  /** False: no item of backfill. */
  readonly backfill: boolean;
  /** Items that appeared at these sources are not wanted. */
  readonly exceptSources: readonly number[];
  /** Items of these owners are passed over. */
  readonly exceptOwners: readonly number[];
  /** Items of this owner alone; null: of any. */
  readonly onlyOwner: number | null;
  readonly order: Order;
}

async function refsOfSources(db: Db, ids: readonly string[]): Promise<number[]> {
  const rows = await db
    .selectFrom('source')
    .select('ref')
    .where('id', 'in', sql<string>`${valueList(db, ids)}`)
    .execute();
  return rows.map(({ ref }) => ref);
}

async function refsOfSections(db: Db, slugs: readonly string[]): Promise<number[]> {
  const sections = await db.selectFrom('source').select('section').distinct().execute();
  const names = sections.map(({ section }) => section).filter((name) => slugs.includes(slug(name)));
  const rows = await db
    .selectFrom('source')
    .select('ref')
    .where('section', 'in', sql<string>`${valueList(db, names)}`)
    .execute();
  return rows.map(({ ref }) => ref);
}

/** Puts a reader's filter into terms of the database. Values are expected as `parseFilter` leaves them. */
export async function toItemPredicate(db: Db, filter: Filter, backfill: boolean): Promise<ItemPredicate> {
  const { q, categories, languages } = filter;
  const search = q === null ? null : parseSearchQuery(q);
  const sourceSets = [
    ...(await readSourceSets(db, filter)),
    // A search names places of its own, and both must hold.
    ...(search === null ? [] : await readSourceSets(db, search.includedScope)),
  ];
  const exceptSources = search === null ? [] : (await readSourceSets(db, search.excludedScope)).flat();
  return {
    sourceSets,
    categories,
    languages,
    search,
    backfill,
    exceptSources,
    exceptOwners: [],
    onlyOwner: null,
    order: 'date',
  };
}

/** The sources meant by sections and by ids: one set for each of the two that says anything. */
async function readSourceSets(db: Db, { sources, sections }: SearchScope): Promise<number[][]> {
  return [
    ...(sources.length > 0 ? [await refsOfSources(db, sources)] : []),
    ...(sections.length > 0 ? [await refsOfSections(db, sections)] : []),
  ];
}

/** Phrases are no condition: the search index is asked for them apart. */
function searchConditions(search: SearchQuery): RawBuilder<unknown>[] {
  return [
    ...(search.afterMs === null ? [] : [sql`item.sort_ms >= ${search.afterMs}`]),
    ...(search.beforeMs === null ? [] : [sql`item.sort_ms < ${search.beforeMs}`]),
  ];
}

/** What a wanted item must satisfy, as conditions on `item`. All but phrases. */
export function toSqlCondition(db: Db, wanted: ItemPredicate): RawBuilder<unknown> {
  const appears = (refs: readonly number[]) => sql`exists (select 1 from appearance as seen
    where seen.item_id = item.id and seen.source_ref in ${valueList(db, refs)})`;
  const tagged = sql`exists (select 1 from item_category as tag
    where tag.item_id = item.id and tag.category in ${valueList(db, wanted.categories)})`;
  const all = [
    sql`1 = 1`,
    ...(wanted.exceptOwners.length === 0 ? [] : [sql`item.owner_ref not in ${valueList(db, wanted.exceptOwners)}`]),
    ...(wanted.onlyOwner === null ? [] : [sql`item.owner_ref = ${wanted.onlyOwner}`]),
    ...(wanted.backfill ? [] : [sql`item.backfill = 0`]),
    ...wanted.sourceSets.map(appears),
    ...(wanted.exceptSources.length === 0 ? [] : [sql`not ${appears(wanted.exceptSources)}`]),
    ...(wanted.categories.length === 0 ? [] : [tagged]),
    ...(wanted.languages.length === 0 ? [] : [sql`item.primary_language in ${valueList(db, wanted.languages)}`]),
    ...(wanted.search === null ? [] : searchConditions(wanted.search)),
  ];
  return sql.join(all, sql` and `);
}
