import { sql } from 'kysely';
import { searchText } from '../../domain/events/wire-item.ts';
import { matchesSearch, type SearchQuery, toSearchableText } from '../../domain/search/search-query.ts';
import { type Db, engineOf } from '../engine/engine.ts';
import { valueList } from '../engine/write-rows.ts';
import { afterCursor, type Candidate, candidateColumns, itemPath, mergeNewest, type PageRange } from './index-scan.ts';
import { type ItemPredicate, toSqlCondition } from './item-predicate.ts';
import { readStoredItems, toItem } from './map-item.ts';

/** Matches that are read at a time. */
const chunk = 2000;
/** Matches that are compared with what is unwanted by reading them. */
const mostRead = 200;
/** How many of the newest items are compared with the matches of a common word at most. */
const newestItems = 2000;
/** And at first, for each that is asked for: mostly the page is among so few. */
const newestFactor = 8;
/** How many matches they are compared with. */
const mostMatches = 20_000;

async function readCandidates(
  db: Db,
  ids: readonly number[],
  wanted: ItemPredicate,
  range: PageRange,
): Promise<Candidate[]> {
  const path = itemPath(wanted.order);
  // The plus keeps the engine from walking the whole order in search of these few.
  const { rows } = await sql<Candidate>`select ${candidateColumns(wanted.order)} from item
    where item.id in ${valueList(db, ids)} and item.withdrawn_ms is null
      and ${afterCursor(path, range.before)} and ${toSqlCondition(db, wanted)}
    order by +${path.sortMs} desc, item.id desc limit ${range.limit}`.execute(db);
  return rows;
}

async function firstSeenOf(db: Db, itemId: number): Promise<number> {
  const row = await db.selectFrom('item').select('first_seen_ms').where('id', '=', itemId).executeTakeFirst();
  return row?.first_seen_ms ?? Number.POSITIVE_INFINITY;
}

/**
 * Of these items, those that have none of the unwanted phrases. Asked of the few that are found, and not of the index
 * together with what is wanted: it would read all that there is of a common word.
 */
async function withoutUnwanted(db: Db, search: SearchQuery, ids: readonly number[]): Promise<ReadonlySet<number>> {
  const { required, excluded } = search;
  if (excluded.length === 0) return new Set(ids);
  if (ids.length <= mostRead) return new Set(await filterByReading(db, search, ids));
  const having = new Set(await engineOf(db).filterByText(db, { all: required, oneOf: excluded }, ids));
  return new Set(ids.filter((id) => !having.has(id)));
}

/** The same out of the items themselves, whose texts are read: of a few matches of a rare word. */
async function filterByReading(db: Db, search: SearchQuery, ids: readonly number[]): Promise<number[]> {
  const stored = await readStoredItems(db, ids);
  return [...stored].flatMap(([id, item]) => {
    const isClean = matchesSearch({ ...search, required: [] }, toSearchableText(searchText(toItem(item))));
    return isClean ? [id] : [];
  });
}

type SearchPredicate = ItemPredicate & { readonly search: SearchQuery };

/** Finds what is wanted but for the phrases of a search, newest first. */
export type FindOthers = (wanted: ItemPredicate, range: PageRange) => Promise<readonly Candidate[]>;

/**
 * A common word has more matches than are good to read. It is common among the newest items too: those are found by
 * whatever else is wanted, and compared with the numbers of the matches.
 *
 * @returns null when that does not make a whole page.
 */
async function searchAmongNewest(db: Db, wanted: SearchPredicate, range: PageRange, findOthers: FindOthers) {
  const few = range.limit * newestFactor;
  // Where something is unwanted as well, too few would be left of so few, after they were read for nothing.
  const isPlain = wanted.search.excluded.length === 0;
  const page = isPlain && few < newestItems ? await searchAmong(few, db, { wanted, range, findOthers }) : null;
  return page ?? searchAmong(newestItems, db, { wanted, range, findOthers });
}

interface SearchScope {
  readonly wanted: SearchPredicate;
  readonly range: PageRange;
  readonly findOthers: FindOthers;
}

async function searchAmong(
  many: number,
  db: Db,
  { wanted, range, findOthers }: SearchScope,
): Promise<Candidate[] | null> {
  const { search } = wanted;
  const others = { ...wanted, search: { ...search, wanted: [], unwanted: [] } };
  const newest = await findOthers(others, { ...range, limit: many });
  if (newest.length === 0) return [];
  const ids = newest.map(({ id }) => id);
  const bounds = { fromId: Math.min(...ids), belowId: Math.max(...ids) + 1, limit: mostMatches };
  const matches = await engineOf(db).searchTexts(db, search.required, bounds);
  if (matches.length === mostMatches) return null;
  const matching = new Set(matches);
  const hits = newest.filter(({ id }) => matching.has(id));
  const clean = await withoutUnwanted(
    db,
    search,
    hits.map(({ id }) => id),
  );
  const found = hits.filter(({ id }) => clean.has(id)).slice(0, range.limit);
  return found.length === range.limit || newest.length < many ? found : null;
}

/**
 * Reads matches, those with the highest numbers first. No item is sorted later than it was first seen, and numbers
 * grow with that: a page is complete once its last item is sorted after the first sight of the lowest number read.
 */
async function searchDescending(db: Db, wanted: SearchPredicate, range: PageRange): Promise<Candidate[]> {
  let found: Candidate[] = [];
  let belowId = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const ids = await engineOf(db).searchTexts(db, wanted.search.required, { fromId: 0, belowId, limit: chunk });
    const clean = await withoutUnwanted(db, wanted.search, ids);
    found = mergeNewest([found, await readCandidates(db, [...clean], wanted, range)], range.limit);
    const lowest = ids.at(-1);
    if (lowest === undefined || ids.length < chunk) return found;
    const last = found[range.limit - 1];
    if (last !== undefined && last.sortMs >= (await firstSeenOf(db, lowest))) return found;
    belowId = lowest;
  }
}

/** How many items are looked at for each that is asked for, where only phrases are named that must not occur. */
const unwantedFactor = 2;
/** How many in all: a word that nearly every item has would have them all looked at for one page. */
const mostLookedAt = 40_000;

/** The newest items that have none of the unwanted phrases; nothing is asked that must occur. */
async function findWithout(
  db: Db,
  wanted: SearchPredicate,
  range: PageRange,
  findOthers: FindOthers,
): Promise<Candidate[]> {
  const others = { ...wanted, search: { ...wanted.search, unwanted: [] } };
  const found: Candidate[] = [];
  let before = range.before;
  let lookedAt = 0;
  for (let step = range.limit * unwantedFactor + 20; ; step = Math.min(chunk, step * unwantedFactor)) {
    const some = await findOthers(others, { before, limit: step });
    const ids = some.map(({ id }) => id);
    const clean = await withoutUnwanted(db, wanted.search, ids);
    found.push(...some.filter(({ id }) => clean.has(id)));
    lookedAt += some.length;
    const isEnough = found.length >= range.limit || lookedAt >= mostLookedAt;
    if (isEnough || some.length < step) return found.slice(0, range.limit);
    before = some.at(-1) ?? before;
  }
}

/** The newest items whose text a search finds, in order. */
export async function findBySearch(
  db: Db,
  wanted: SearchPredicate,
  range: PageRange,
  findOthers: FindOthers,
): Promise<readonly Candidate[]> {
  if (wanted.search.required.length === 0) return findWithout(db, wanted, range, findOthers);
  const some = { fromId: 0, belowId: Number.MAX_SAFE_INTEGER, limit: chunk };
  const isCommon = (await engineOf(db).searchTexts(db, wanted.search.required, some)).length === chunk;
  const page = isCommon ? await searchAmongNewest(db, wanted, range, findOthers) : null;
  return page ?? searchDescending(db, wanted, range);
}
