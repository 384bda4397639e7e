import { type RawBuilder, sql } from 'kysely';
import type { Filter } from '../domain/filter.ts';
import { parseSearchQuery, type SearchQuery } from '../domain/search-query.ts';
import { slug } from '../domain/source.ts';
import { type Db, engineOf } from './dialect.ts';
import { anyOf } from './rows.ts';

/** Above so many values one walk along the whole order, asking of each item, costs less than one walk for each. */
const maxWalks = 200;
const searchChunk = 2000;

/** An item's place in the order of views, and who owns it. */
export interface Candidate {
  readonly id: number;
  readonly sortMs: number;
  readonly ownerRef: number;
}

/** A place in the order of views: newest first, by (sort_ms, id). */
export type Place = Pick<Candidate, 'id' | 'sortMs'>;

/** Which items are wanted, in terms of the database. */
export interface Wanted {
  /** Sources by reference, one set for each field that restricts them: an appearance in each is asked for. */
  readonly sourceSets: readonly (readonly number[])[];
  readonly categories: readonly string[];
  readonly languages: readonly string[];
  readonly search: SearchQuery | null;
  /** False: no item of backfill. */
  readonly backfill: boolean;
}

/** From where, how many, and whose items to leave out. */
export interface Range {
  readonly before: Place | null;
  readonly limit: number;
  /** Items of these owners are passed over. */
  readonly exceptOwners: readonly number[];
}

/** Newest first; equal times by id, the later one first. */
export function byOrder(a: Place, b: Place): number {
  return b.sortMs - a.sortMs || b.id - a.id;
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
  const { categories, languages } = filter;
  return { sourceSets, categories, languages, search: filter.q === null ? null : parseSearchQuery(filter.q), backfill };
}

function searchConditions(db: Db, search: SearchQuery): RawBuilder<unknown>[] {
  // What has wanted phrases is looked up in the index first, and its unwanted ones with them.
  const only = search.wanted.length === 0 && search.unwanted.length > 0;
  return [
    ...(only ? [sql`item.id not in ${engineOf(db).itemsWithAny(search.unwanted)}`] : []),
    ...(search.afterMs === null ? [] : [sql`item.sort_ms >= ${search.afterMs}`]),
    ...(search.beforeMs === null ? [] : [sql`item.sort_ms < ${search.beforeMs}`]),
  ];
}

/** What an item must satisfy, as conditions on `item`. */
function conditions(db: Db, wanted: Wanted, range: Range): RawBuilder<unknown> {
  const appears = (refs: readonly number[]) => sql`exists (select 1 from appearance as seen
    where seen.item_id = item.id and seen.source_ref in ${anyOf(db, refs)})`;
  const categories = sql`exists (select 1 from item_category as tagged
    where tagged.item_id = item.id and tagged.category in ${anyOf(db, wanted.categories)})`;
  const { before, exceptOwners } = range;
  const all = [
    sql`item.withdrawn_ms is null`,
    ...(before === null ? [] : [sql`(item.sort_ms, item.id) < (${before.sortMs}, ${before.id})`]),
    ...(exceptOwners.length === 0 ? [] : [sql`item.owner_ref not in ${anyOf(db, exceptOwners)}`]),
    ...(wanted.backfill ? [] : [sql`item.backfill = 0`]),
    ...wanted.sourceSets.map(appears),
    ...(wanted.categories.length === 0 ? [] : [categories]),
    ...(wanted.languages.length === 0 ? [] : [sql`item.primary_language in ${anyOf(db, wanted.languages)}`]),
    ...(wanted.search === null ? [] : searchConditions(db, wanted.search)),
  ];
  return sql.join(all, sql` and `);
}

const columns = sql`item.id as id, item.sort_ms as "sortMs", item.owner_ref as "ownerRef"`;

/** One walk along an index, as far as the limit goes. `along` names the index's own copies of the order. */
async function walk(
  db: Db,
  from: RawBuilder<unknown>,
  along: string,
  parts: { where: RawBuilder<unknown>; limit: number },
) {
  const id = along === 'item' ? 'item.id' : `${along}.item_id`;
  const { rows } = await sql<Candidate>`select ${columns} from ${from} where ${parts.where}
    order by ${sql.ref(`${along}.sort_ms`)} desc, ${sql.ref(id)} desc limit ${parts.limit}`.execute(db);
  return rows;
}

/** The newest of several walks, each item once. */
function newestOf(walks: readonly (readonly Candidate[])[], limit: number): Candidate[] {
  const byId = new Map(walks.flat().map((candidate) => [candidate.id, candidate]));
  return [...byId.values()].sort(byOrder).slice(0, limit);
}

function beforeIn(along: string, { before }: Range): RawBuilder<unknown> {
  if (before === null) return sql`1 = 1`;
  return sql`(${sql.ref(`${along}.sort_ms`)}, ${sql.ref(`${along}.item_id`)}) < (${before.sortMs}, ${before.id})`;
}

async function alongSources(db: Db, refs: readonly number[], wanted: Wanted, range: Range): Promise<Candidate[]> {
  const from = sql`appearance as along inner join item on item.id = along.item_id`;
  const rest = conditions(db, wanted, range);
  const walks: Candidate[][] = [];
  for (const ref of refs) {
    const where = sql`along.source_ref = ${ref} and ${beforeIn('along', range)} and ${rest}`;
    walks.push(await walk(db, from, 'along', { where, limit: range.limit }));
  }
  return newestOf(walks, range.limit);
}

async function alongCategories(db: Db, wanted: Wanted, range: Range): Promise<Candidate[]> {
  const from = sql`item_category as along inner join item on item.id = along.item_id`;
  const rest = conditions(db, { ...wanted, categories: [] }, range);
  const walks: Candidate[][] = [];
  for (const category of wanted.categories) {
    const where = sql`along.category = ${category} and ${beforeIn('along', range)} and ${rest}`;
    walks.push(await walk(db, from, 'along', { where, limit: range.limit }));
  }
  return newestOf(walks, range.limit);
}

async function alongLanguages(db: Db, wanted: Wanted, range: Range): Promise<Candidate[]> {
  const rest = conditions(db, { ...wanted, languages: [] }, range);
  const walks: Candidate[][] = [];
  for (const language of wanted.languages) {
    const where = sql`item.primary_language = ${language} and ${rest}`;
    walks.push(await walk(db, sql`item`, 'item', { where, limit: range.limit }));
  }
  return newestOf(walks, range.limit);
}

/**
 * The newest items that a search finds. The index gives ids, highest first, a chunk at a time: no item is sorted later
 * than it was first seen, and ids grow with that, so that a page is complete as soon as its last item is sorted after
 * the first sight of the lowest id looked at. A common word costs no more than a rare one.
 */
async function alongSearch(db: Db, search: SearchQuery, wanted: Wanted, range: Range): Promise<Candidate[]> {
  const where = conditions(db, wanted, range);
  let found: Candidate[] = [];
  let belowId = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const ids = await engineOf(db).searchTexts(db, search, { belowId, limit: searchChunk });
    // The plus keeps the engine from walking the whole order in search of these few.
    const { rows } = await sql<Candidate>`select ${columns} from item where item.id in ${anyOf(db, ids)} and ${where}
      order by +item.sort_ms desc, item.id desc limit ${range.limit}`.execute(db);
    found = newestOf([found, rows], range.limit);
    const lowest = ids.at(-1);
    if (lowest === undefined || ids.length < searchChunk) return found;
    const last = found.length < range.limit ? undefined : found.at(-1);
    if (last !== undefined && last.sortMs >= (await firstSeenOf(db, lowest))) return found;
    belowId = lowest;
  }
}

async function firstSeenOf(db: Db, itemId: number): Promise<number> {
  const row = await db.selectFrom('item').select('first_seen_ms').where('id', '=', itemId).executeTakeFirst();
  return row?.first_seen_ms ?? Number.POSITIVE_INFINITY;
}

/** The newest items that are wanted, in order: found along whichever index leaves least to look at. */
export async function findCandidates(db: Db, wanted: Wanted, range: Range): Promise<readonly Candidate[]> {
  const { search, categories, languages } = wanted;
  if (search !== null && search.wanted.length > 0) return alongSearch(db, search, wanted, range);
  const [refs] = [...wanted.sourceSets].sort((a, b) => a.length - b.length);
  if (refs !== undefined && refs.length <= maxWalks) {
    const others = wanted.sourceSets.filter((set) => set !== refs);
    return alongSources(db, refs, { ...wanted, sourceSets: others }, range);
  }
  if (categories.length > 0 && categories.length <= maxWalks) return alongCategories(db, wanted, range);
  if (languages.length > 0) return alongLanguages(db, wanted, range);
  return walk(db, sql`item`, 'item', { where: conditions(db, wanted, range), limit: range.limit });
}
