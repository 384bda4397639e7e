import { type RawBuilder, sql } from 'kysely';
import type { Filter } from '../domain/filter.ts';
import { parseSearchQuery, type SearchQuery } from '../domain/search-query.ts';
import { slug } from '../domain/source.ts';
import { type Db, engineOf } from './dialect.ts';
import { anyOf } from './rows.ts';

/** Which items are wanted, in terms of the database. */
export interface Wanted {
  /** Sources by reference, one set for each field that restricts them: an appearance in each is asked for. */
  readonly sourceSets: readonly (readonly number[])[];
  readonly categories: readonly string[];
  readonly languages: readonly string[];
  readonly search: SearchQuery | null;
  /** False: no item of backfill. */
  readonly backfill: boolean;
  /** Items of these owners are passed over. */
  readonly exceptOwners: readonly number[];
}

async function refsOfSources(db: Db, ids: readonly string[]): Promise<number[]> {
  const rows = await db
    .selectFrom('source')
    .select('ref')
    .where('id', 'in', sql<string>`${anyOf(db, ids)}`)
    .execute();
  return rows.map(({ ref }) => ref);
}

async function refsOfSections(db: Db, slugs: readonly string[]): Promise<number[]> {
  const sections = await db.selectFrom('source').select('section').distinct().execute();
  const names = sections.map(({ section }) => section).filter((name) => slugs.includes(slug(name)));
  const rows = await db
    .selectFrom('source')
    .select('ref')
    .where('section', 'in', sql<string>`${anyOf(db, names)}`)
    .execute();
  return rows.map(({ ref }) => ref);
}

/** Puts a reader's filter into terms of the database. Values are expected as `parseFilter` leaves them. */
export async function wantedBy(db: Db, filter: Filter, backfill: boolean): Promise<Wanted> {
  const sourceSets = [
    ...(filter.sources.length > 0 ? [await refsOfSources(db, filter.sources)] : []),
    ...(filter.sections.length > 0 ? [await refsOfSections(db, filter.sections)] : []),
  ];
  const search = filter.q === null ? null : parseSearchQuery(filter.q);
  return { sourceSets, categories: filter.categories, languages: filter.languages, search, backfill, exceptOwners: [] };
}

function searchConditions(db: Db, search: SearchQuery): RawBuilder<unknown>[] {
  // Where phrases are wanted, the search index is asked first, for the unwanted ones too.
  const onlyUnwanted = search.wanted.length === 0 && search.unwanted.length > 0;
  return [
    ...(onlyUnwanted ? [sql`item.id not in ${engineOf(db).itemsWithAny(search.unwanted)}`] : []),
    ...(search.afterMs === null ? [] : [sql`item.sort_ms >= ${search.afterMs}`]),
    ...(search.beforeMs === null ? [] : [sql`item.sort_ms < ${search.beforeMs}`]),
  ];
}

/** What a wanted item must satisfy, as conditions on `item`. All but wanted phrases. */
export function conditions(db: Db, wanted: Wanted): RawBuilder<unknown> {
  const appears = (refs: readonly number[]) => sql`exists (select 1 from appearance as seen
    where seen.item_id = item.id and seen.source_ref in ${anyOf(db, refs)})`;
  const tagged = sql`exists (select 1 from item_category as tag
    where tag.item_id = item.id and tag.category in ${anyOf(db, wanted.categories)})`;
  const all = [
    sql`1 = 1`,
    ...(wanted.exceptOwners.length === 0 ? [] : [sql`item.owner_ref not in ${anyOf(db, wanted.exceptOwners)}`]),
    ...(wanted.backfill ? [] : [sql`item.backfill = 0`]),
    ...wanted.sourceSets.map(appears),
    ...(wanted.categories.length === 0 ? [] : [tagged]),
    ...(wanted.languages.length === 0 ? [] : [sql`item.primary_language in ${anyOf(db, wanted.languages)}`]),
    ...(wanted.search === null ? [] : searchConditions(db, wanted.search)),
  ];
  return sql.join(all, sql` and `);
}
