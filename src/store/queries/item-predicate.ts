import { type RawBuilder, sql } from 'kysely';
import type { Filter } from '../../domain/events/filter.ts';
import { parseSearchQuery, type SearchQuery, type SearchScope } from '../../domain/search/search-query.ts';
import { slug } from '../../domain/slug.ts';
import type { Db } from '../engine/engine.ts';
import { valueList } from '../engine/write-rows.ts';
import type { Order } from './index-scan.ts';

/** Which items a query selects, in terms of the database. */
export interface ItemPredicate {
  /** Sets of source refs: an item must have an appearance at a source of each set. */
  readonly sourceSets: readonly (readonly number[])[];
  readonly categories: readonly string[];
  readonly languages: readonly string[];
  readonly search: SearchQuery | null;
  readonly backfill: boolean;
  /** Excludes items that appeared at any of these sources. */
  readonly exceptSources: readonly number[];
  /** Excludes items of these owners. */
  readonly exceptOwners: readonly number[];
  /** Selects the items of this owner only; null: of any owner. */
  readonly onlyOwner: number | null;
  readonly order: Order;
}

async function refsOfSources(db: Db, ids: readonly string[]): Promise<number[]> {
  const rows = await db.selectFrom('source').select('ref').where('id', 'in', valueList(db, ids)).execute();
  return rows.map(({ ref }) => ref);
}

async function refsOfSections(db: Db, slugs: readonly string[]): Promise<number[]> {
  const sections = await db.selectFrom('source').select('section').distinct().execute();
  const names = sections.map(({ section }) => section).filter((name) => slugs.includes(slug(name)));
  const rows = await db.selectFrom('source').select('ref').where('section', 'in', valueList(db, names)).execute();
  return rows.map(({ ref }) => ref);
}

/** Translates a filter, as `parseFilter` returns it, into a predicate: resolves sources and sections to refs. */
export async function toItemPredicate(db: Db, filter: Filter, backfill: boolean): Promise<ItemPredicate> {
  const { q, categories, languages } = filter;
  const search = q === null ? null : parseSearchQuery(q);
  const sourceSets = [
    ...(await readSourceSets(db, filter)),
    // A search can name sources and sections of its own: both conditions must hold.
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

/** The source refs of ids and of sections: one set for each of the two that is not empty. */
async function readSourceSets(db: Db, { sources, sections }: SearchScope): Promise<number[][]> {
  return [
    ...(sources.length > 0 ? [await refsOfSources(db, sources)] : []),
    ...(sections.length > 0 ? [await refsOfSections(db, sections)] : []),
  ];
}

/** The dates of a search. Its phrases are not SQL conditions: the search index is queried for them separately. */
function searchConditions(search: SearchQuery): RawBuilder<unknown>[] {
  return [
    ...(search.afterMs === null ? [] : [sql`item.sort_ms >= ${search.afterMs}`]),
    ...(search.beforeMs === null ? [] : [sql`item.sort_ms < ${search.beforeMs}`]),
  ];
}

/** The SQL condition on `item` of a predicate, without the phrases of its search. */
export function toSqlCondition(db: Db, predicate: ItemPredicate): RawBuilder<unknown> {
  const appears = (refs: readonly number[]) => sql`exists (select 1 from appearance as seen
    where seen.item_id = item.id and seen.source_ref in ${valueList(db, refs)})`;
  const tagged = sql`exists (select 1 from item_category as tag
    where tag.item_id = item.id and tag.category in ${valueList(db, predicate.categories)})`;
  const all = [
    sql`1 = 1`,
    ...(predicate.exceptOwners.length === 0
      ? []
      : [sql`item.owner_ref not in ${valueList(db, predicate.exceptOwners)}`]),
    ...(predicate.onlyOwner === null ? [] : [sql`item.owner_ref = ${predicate.onlyOwner}`]),
    ...(predicate.backfill ? [] : [sql`item.backfill = 0`]),
    ...predicate.sourceSets.map(appears),
    ...(predicate.exceptSources.length === 0 ? [] : [sql`not ${appears(predicate.exceptSources)}`]),
    ...(predicate.categories.length === 0 ? [] : [tagged]),
    ...(predicate.languages.length === 0 ? [] : [sql`item.primary_language in ${valueList(db, predicate.languages)}`]),
    ...(predicate.search === null ? [] : searchConditions(predicate.search)),
  ];
  return sql.join(all, sql` and `);
}
