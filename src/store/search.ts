import { sql } from 'kysely';
import type { SearchQuery } from '../domain/search-query.ts';
import { type Db, engineOf } from './dialect.ts';
import { anyOf } from './rows.ts';
import { alongItems, beyond, type Candidate, candidateColumns, newestOf, type Range } from './walks.ts';
import { conditions, type Wanted } from './wanted.ts';

/** Matches that are read at a time. */
const chunk = 2000;
/** How many of the newest items are compared with the matches of a common word. */
const newestItems = 2000;
/** How many matches they are compared with. */
const mostMatches = 20_000;

async function readPlaces(db: Db, ids: readonly number[], wanted: Wanted, range: Range): Promise<Candidate[]> {
  // The plus keeps the engine from walking the whole order in search of these few.
  const { rows } = await sql<Candidate>`select ${candidateColumns} from item
    where item.id in ${anyOf(db, ids)} and item.withdrawn_ms is null
      and ${beyond(alongItems, range.before)} and ${conditions(db, wanted)}
    order by +item.sort_ms desc, item.id desc limit ${range.limit}`.execute(db);
  return rows;
}

async function firstSeenOf(db: Db, itemId: number): Promise<number> {
  const row = await db.selectFrom('item').select('first_seen_ms').where('id', '=', itemId).executeTakeFirst();
  return row?.first_seen_ms ?? Number.POSITIVE_INFINITY;
}

type Searched = Wanted & { readonly search: SearchQuery };

/** Finds what is wanted but for the phrases of a search, newest first. */
export type FindOthers = (wanted: Wanted, range: Range) => Promise<readonly Candidate[]>;

/**
 * A common word has more matches than are good to read. It is common among the newest items too: those are found by
 * whatever else is wanted, and compared with the numbers of the matches.
 *
 * @returns null when that does not make a whole page.
 */
async function amongNewest(db: Db, wanted: Searched, range: Range, findOthers: FindOthers) {
  const { search } = wanted;
  const others = { ...wanted, search: { ...search, wanted: [], unwanted: [] } };
  const newest = await findOthers(others, { ...range, limit: newestItems });
  if (newest.length === 0) return [];
  const ids = newest.map(({ id }) => id);
  const bounds = { fromId: Math.min(...ids), belowId: Math.max(...ids) + 1, limit: mostMatches };
  const matches = await engineOf(db).searchTexts(db, search, bounds);
  if (matches.length === mostMatches) return null;
  const matching = new Set(matches);
  const found = newest.filter(({ id }) => matching.has(id)).slice(0, range.limit);
  return found.length === range.limit || newest.length < newestItems ? found : null;
}

/**
 * Reads matches, those with the highest numbers first. No item is sorted later than it was first seen, and numbers
 * grow with that: a page is complete once its last item is sorted after the first sight of the lowest number read.
 */
async function readDown(db: Db, wanted: Searched, range: Range): Promise<Candidate[]> {
  let found: Candidate[] = [];
  let belowId = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const ids = await engineOf(db).searchTexts(db, wanted.search, { fromId: 0, belowId, limit: chunk });
    found = newestOf([found, await readPlaces(db, ids, wanted, range)], range.limit);
    const lowest = ids.at(-1);
    if (lowest === undefined || ids.length < chunk) return found;
    const last = found[range.limit - 1];
    if (last !== undefined && last.sortMs >= (await firstSeenOf(db, lowest))) return found;
    belowId = lowest;
  }
}

/** How many items are looked at for each that is asked for, where only phrases are named that must not occur. */
const unwantedFactor = 2;

/** The newest items that have none of the unwanted phrases; nothing is asked that must occur. */
async function findWithout(db: Db, wanted: Searched, range: Range, findOthers: FindOthers): Promise<Candidate[]> {
  const others = { ...wanted, search: { ...wanted.search, unwanted: [] } };
  const found: Candidate[] = [];
  let before = range.before;
  for (let step = range.limit * unwantedFactor + 20; ; step = Math.min(chunk, step * unwantedFactor)) {
    const some = await findOthers(others, { before, limit: step });
    const ids = some.map(({ id }) => id);
    const having = new Set(await engineOf(db).textsWithAny(db, wanted.search.unwanted, ids));
    found.push(...some.filter(({ id }) => !having.has(id)));
    if (found.length >= range.limit || some.length < step) return found.slice(0, range.limit);
    before = some.at(-1) ?? before;
  }
}

/** The newest items whose text a search finds, in order. */
export async function findBySearch(
  db: Db,
  wanted: Searched,
  range: Range,
  findOthers: FindOthers,
): Promise<readonly Candidate[]> {
  if (wanted.search.wanted.length === 0) return findWithout(db, wanted, range, findOthers);
  const some = { fromId: 0, belowId: Number.MAX_SAFE_INTEGER, limit: chunk };
  const isCommon = (await engineOf(db).searchTexts(db, wanted.search, some)).length === chunk;
  const page = isCommon ? await amongNewest(db, wanted, range, findOthers) : null;
  return page ?? readDown(db, wanted, range);
}
