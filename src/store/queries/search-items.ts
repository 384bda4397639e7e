import { sql } from 'kysely';
import { searchText } from '../../domain/events/wire-item.ts';
import { matchesSearch, type SearchQuery, toSearchableText } from '../../domain/search/search-query.ts';
import { type Db, engineOf } from '../engine/engine.ts';
import { valueList } from '../engine/write-rows.ts';
import { afterCursor, type Candidate, candidateColumns, itemPath, mergeNewest, type PageRange } from './index-scan.ts';
import { type ItemPredicate, toSqlCondition } from './item-predicate.ts';
import { readStoredItems, toItem } from './map-item.ts';

/** How many matches the search index returns at a time. */
const chunk = 2000;
/** Up to this many matches are tested for excluded phrases by reading their texts. */
const maxTextsRead = 200;
/** How many of the newest items are intersected with the matches of a common word at most. */
const newestItems = 2000;
/** And at first, for each item of the page: mostly that suffices. */
const newestFactor = 8;
/** How many matches they are intersected with. */
const maxMatches = 20_000;

async function readCandidates(
  db: Db,
  ids: readonly number[],
  predicate: ItemPredicate,
  range: PageRange,
): Promise<Candidate[]> {
  const path = itemPath(predicate.order);
  // The unary plus keeps SQLite from scanning the whole order for these few ids.
  const { rows } = await sql<Candidate>`select ${candidateColumns(predicate.order)} from item
    where item.id in ${valueList(db, ids)} and item.withdrawn_ms is null
      and ${afterCursor(path, range.before)} and ${toSqlCondition(db, predicate)}
    order by +${path.sortMs} desc, item.id desc limit ${range.limit}`.execute(db);
  return rows;
}

async function firstSeenOf(db: Db, itemId: number): Promise<number> {
  const row = await db.selectFrom('item').select('first_seen_ms').where('id', '=', itemId).executeTakeFirst();
  return row?.first_seen_ms ?? Number.POSITIVE_INFINITY;
}

/**
 * Filters out the items that contain an excluded phrase. It tests only the ids that were found: an exclusion inside the
 * search expression would make FTS5 read all matches of a common word.
 */
async function withoutExcluded(db: Db, search: SearchQuery, ids: readonly number[]): Promise<ReadonlySet<number>> {
  const { required, excluded } = search;
  if (excluded.length === 0) return new Set(ids);
  if (ids.length <= maxTextsRead) return new Set(await filterByReading(db, search, ids));
  const having = new Set(await engineOf(db).filterByText(db, { all: required, anyOf: excluded }, ids));
  return new Set(ids.filter((id) => !having.has(id)));
}

/** Filters like `withoutExcluded` by reading the texts of the items: for few matches. */
async function filterByReading(db: Db, search: SearchQuery, ids: readonly number[]): Promise<number[]> {
  const stored = await readStoredItems(db, ids);
  return [...stored].flatMap(([id, item]) => {
    const matches = matchesSearch({ ...search, required: [] }, toSearchableText(searchText(toItem(item))));
    return matches ? [id] : [];
  });
}

type SearchPredicate = ItemPredicate & { readonly search: SearchQuery };

/** Finds the items that match a predicate without phrases, newest first. */
export type FindOthers = (predicate: ItemPredicate, range: PageRange) => Promise<readonly Candidate[]>;

/**
 * Finds a page for a common word, which has too many matches to read. It is common among the newest items too: those that
 * match the rest of the predicate are found first and intersected with the ids of the matches.
 *
 * @returns null when they do not fill a page.
 */
async function searchAmongNewest(db: Db, predicate: SearchPredicate, range: PageRange, findOthers: FindOthers) {
  const few = range.limit * newestFactor;
  // With excluded phrases the small attempt would often leave too few items.
  const isPlain = predicate.search.excluded.length === 0;
  const page = isPlain && few < newestItems ? await searchAmong(few, db, { predicate, range, findOthers }) : null;
  return page ?? searchAmong(newestItems, db, { predicate, range, findOthers });
}

interface SearchScope {
  readonly predicate: SearchPredicate;
  readonly range: PageRange;
  readonly findOthers: FindOthers;
}

async function searchAmong(
  many: number,
  db: Db,
  { predicate, range, findOthers }: SearchScope,
): Promise<Candidate[] | null> {
  const { search } = predicate;
  const others = { ...predicate, search: { ...search, required: [], excluded: [] } };
  const newest = await findOthers(others, { ...range, limit: many });
  if (newest.length === 0) return [];
  const ids = newest.map(({ id }) => id);
  const bounds = { fromId: Math.min(...ids), belowId: Math.max(...ids) + 1, limit: maxMatches };
  const matches = await engineOf(db).searchTexts(db, search.required, bounds);
  if (matches.length === maxMatches) return null;
  const matching = new Set(matches);
  const hits = newest.filter(({ id }) => matching.has(id));
  const hitIds = hits.map(({ id }) => id);
  const clean = await withoutExcluded(db, search, hitIds);
  const found = hits.filter(({ id }) => clean.has(id)).slice(0, range.limit);
  return found.length === range.limit || newest.length < many ? found : null;
}

/**
 * Reads matches by descending id. An item is never sorted later than it was first seen, and ids grow with the time of
 * first sight: a page is complete once its last item is sorted after the first sight of the lowest id that was read.
 */
async function searchDescending(db: Db, predicate: SearchPredicate, range: PageRange): Promise<Candidate[]> {
  let found: Candidate[] = [];
  let belowId = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const ids = await engineOf(db).searchTexts(db, predicate.search.required, { fromId: 0, belowId, limit: chunk });
    const clean = await withoutExcluded(db, predicate.search, ids);
    found = mergeNewest([found, await readCandidates(db, [...clean], predicate, range)], range.limit);
    const lowest = ids.at(-1);
    if (lowest === undefined || ids.length < chunk) return found;
    const last = found[range.limit - 1];
    if (last !== undefined && last.sortMs >= (await firstSeenOf(db, lowest))) return found;
    belowId = lowest;
  }
}

/** For a search with excluded phrases only: how many items are read for each item of the page. */
const excludedFactor = 2;
/** And how many in all: if nearly every item contains the excluded word, one page would read all items. */
const maxExamined = 40_000;

/** Finds the newest items for a search that has excluded phrases only. */
async function findByExclusion(
  db: Db,
  predicate: SearchPredicate,
  range: PageRange,
  findOthers: FindOthers,
): Promise<Candidate[]> {
  const others = { ...predicate, search: { ...predicate.search, excluded: [] } };
  const found: Candidate[] = [];
  let before = range.before;
  let examined = 0;
  for (let step = range.limit * excludedFactor + 20; ; step = Math.min(chunk, step * excludedFactor)) {
    const some = await findOthers(others, { before, limit: step });
    const ids = some.map(({ id }) => id);
    const clean = await withoutExcluded(db, predicate.search, ids);
    found.push(...some.filter(({ id }) => clean.has(id)));
    examined += some.length;
    const isEnough = found.length >= range.limit || examined >= maxExamined;
    if (isEnough || some.length < step) return found.slice(0, range.limit);
    before = some.at(-1) ?? before;
  }
}

/** Finds the newest items that match a predicate with a search, in order. */
export async function findBySearch(
  db: Db,
  predicate: SearchPredicate,
  range: PageRange,
  findOthers: FindOthers,
): Promise<readonly Candidate[]> {
  if (predicate.search.required.length === 0) return findByExclusion(db, predicate, range, findOthers);
  const some = { fromId: 0, belowId: Number.MAX_SAFE_INTEGER, limit: chunk };
  const isCommon = (await engineOf(db).searchTexts(db, predicate.search.required, some)).length === chunk;
  const page = isCommon ? await searchAmongNewest(db, predicate, range, findOthers) : null;
  return page ?? searchDescending(db, predicate, range);
}
