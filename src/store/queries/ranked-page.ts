import { type Db, engineOf } from '../engine/engine.ts';
import { findCandidates } from './find-candidates.ts';
import type { Candidate } from './index-scan.ts';
import type { ItemPredicate } from './item-predicate.ts';

/** The newest matches of a search: only they are ranked. */
const mostRanked = 5000;
/** Texts that are compared, of which those matches are a part when more is asked for than words. */
const mostCompared = 20_000;

/** A place in a ranked list: how many were shown, and the newest item there was when it began. */
export interface RankCursor {
  readonly shown: number;
  readonly newestId: number;
}

/** A page of a ranked list, and the place after it: null on the last. */
export interface RankedPage {
  readonly items: readonly Candidate[];
  readonly next: RankCursor | null;
}

/** `r<shown>-<id>`; null when the text is no such place. */
export function parseRankCursor(text: string): RankCursor | null {
  const match = /^r(\d{1,5})-(\d{1,15})$/.exec(text);
  return match === null ? null : { shown: Number(match[1]), newestId: Number(match[2]) };
}

/** The inverse of `parseRankPlace`. */
export function formatRankCursor({ shown, newestId }: RankCursor): string {
  return `r${shown}-${newestId}`;
}

/**
 * The newest 5,000 matches of a search, those first that fit it best; equally good ones newest first. What came in
 * since the first page does not shift the pages after it.
 */
export async function rankedPage(
  db: Db,
  wanted: ItemPredicate,
  at: { readonly before: RankCursor | null; readonly limit: number },
): Promise<RankedPage> {
  const found = await findCandidates(db, wanted, { before: null, limit: mostRanked });
  const newestId = at.before?.newestId ?? Math.max(0, ...found.map(({ id }) => id));
  const ranked = await sortByRank(
    db,
    wanted,
    found.filter(({ id }) => id <= newestId),
  );
  const start = at.before?.shown ?? 0;
  const shown = start + at.limit;
  return { items: ranked.slice(start, shown), next: shown < ranked.length ? { shown, newestId } : null };
}

async function sortByRank(
  db: Db,
  { search }: ItemPredicate,
  found: readonly Candidate[],
): Promise<readonly Candidate[]> {
  if (search === null || search.required.length === 0 || found.length === 0) return found;
  const ids = found.map(({ id }) => id);
  const page = { fromId: Math.min(...ids), belowId: Math.max(...ids) + 1, limit: mostCompared };
  const best = await engineOf(db).rankTexts(db, search.required, page);
  const ranks = new Map(best.map((id, rank) => [id, rank]));
  const rankOf = ({ id }: Candidate): number => ranks.get(id) ?? best.length;
  return found.toSorted((a, b) => rankOf(a) - rankOf(b));
}
