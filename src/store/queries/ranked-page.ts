import { type Db, engineOf } from '../engine/engine.ts';
import { findCandidates } from './find-candidates.ts';
import type { Candidate } from './index-scan.ts';
import type { ItemPredicate } from './item-predicate.ts';

/** Only this many of the newest matches are ranked. */
const maxRanked = 5000;
/** How many texts the search index ranks. More than `maxRanked`: other conditions can exclude some of them. */
const maxCompared = 20_000;

/** A position in a ranked list: how many items were listed, and the newest item when the first page was read. */
export interface RankCursor {
  readonly listed: number;
  readonly newestId: number;
}

/** A page of a ranked list, and the cursor of the next page: null on the last. */
export interface RankedPage {
  readonly items: readonly Candidate[];
  readonly next: RankCursor | null;
}

/** Parses `r<listed>-<id>`; null when the text is invalid. */
export function parseRankCursor(text: string): RankCursor | null {
  const match = /^r(\d{1,5})-(\d{1,15})$/.exec(text);
  return match === null ? null : { listed: Number(match[1]), newestId: Number(match[2]) };
}

/** The inverse of `parseRankCursor`: `r<listed>-<id>`. */
export function formatRankCursor({ listed, newestId }: RankCursor): string {
  return `r${listed}-${newestId}`;
}

/**
 * A page of the newest 5,000 matches of a search, best match first, equal matches newest first. Items that arrive after
 * the first page was read do not shift the later pages.
 */
export async function rankedPage(
  db: Db,
  predicate: ItemPredicate,
  at: { readonly before: RankCursor | null; readonly limit: number },
): Promise<RankedPage> {
  const found = await findCandidates(db, predicate, { before: null, limit: maxRanked });
  const newestId = at.before?.newestId ?? Math.max(0, ...found.map(({ id }) => id));
  const ranked = await sortByRank(
    db,
    predicate,
    found.filter(({ id }) => id <= newestId),
  );
  const start = at.before?.listed ?? 0;
  const listed = start + at.limit;
  return { items: ranked.slice(start, listed), next: listed < ranked.length ? { listed, newestId } : null };
}

async function sortByRank(
  db: Db,
  { search }: ItemPredicate,
  found: readonly Candidate[],
): Promise<readonly Candidate[]> {
  if (search === null || search.required.length === 0 || found.length === 0) return found;
  const ids = found.map(({ id }) => id);
  const page = { fromId: Math.min(...ids), belowId: Math.max(...ids) + 1, limit: maxCompared };
  const best = await engineOf(db).rankTexts(db, search.required, page);
  const ranks = new Map(best.map((id, rank) => [id, rank]));
  const rankOf = ({ id }: Candidate): number => ranks.get(id) ?? best.length;
  return found.toSorted((a, b) => rankOf(a) - rankOf(b));
}
