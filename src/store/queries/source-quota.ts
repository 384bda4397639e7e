import { type Candidate, newestFirst, type PageCursor, type PageRange } from './index-scan.ts';

/** Of a page, for one source, while others have items for it. */
const sourceQuota = 0.2;

/** Whose items: of all owners but some, or of one. */
export type OwnerFilter = { readonly except: readonly number[] } | { readonly only: number };

/** Items in order, from a place on, of some owners: `findCandidates` with all else settled. */
export type FindPage = (range: PageRange, owners: OwnerFilter) => Promise<readonly Candidate[]>;

/** A page in plain order, and the place after which the next one begins: null on the last. */
export interface PlainPage {
  readonly items: readonly Candidate[];
  readonly next: PageCursor | null;
}

/**
 * Where a balanced page ends. Items of a source that is in `deferred` are listed down to the source's own place; items
 * of all other sources down to `main`.
 */
export interface BalancedCursor {
  readonly main: PageCursor;
  /** By owner: at most as many as there are shares in a page (1 / 20 %), since each of them filled its share. */
  readonly deferred: ReadonlyMap<number, PageCursor>;
}

/** A balanced page, and where the next one begins: null on the last. */
export interface BalancedPage {
  readonly items: readonly Candidate[];
  readonly next: BalancedCursor | null;
}

/** A page in plain order. */
export async function plainPage(find: FindPage, before: PageCursor | null, limit: number): Promise<PlainPage> {
  const found = await find({ before, limit: limit + 1 }, { except: [] });
  const items = found.slice(0, limit);
  return { items, next: found.length > limit ? (items.at(-1) ?? null) : null };
}

/** The first `limit` items below a place, at most `most` of one owner, without the items of `except`. */
async function readWithinQuota(
  find: FindPage,
  { before, limit }: PageRange,
  { most, except }: { readonly most: number; readonly except: readonly number[] },
): Promise<Candidate[]> {
  const items: Candidate[] = [];
  const counts = new Map<number, number>();
  let place = before;
  for (;;) {
    const filled = [...counts].filter(([, count]) => count >= most).map(([ref]) => ref);
    const found = await find({ before: place, limit }, { except: [...except, ...filled] });
    for (const candidate of found) {
      const count = counts.get(candidate.ownerRef) ?? 0;
      if (count >= most) continue;
      counts.set(candidate.ownerRef, count + 1);
      items.push(candidate);
      if (items.length === limit) return items;
    }
    if (found.length < limit) return items;
    place = found.at(-1) ?? place;
  }
}

/** The newest items that the owners have left below their places. */
async function readNewestAfter(
  find: FindPage,
  places: ReadonlyMap<number, PageCursor>,
  limit: number,
): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (const [only, before] of places) found.push(...(await find({ before, limit }, { only })));
  return found.sort(newestFirst).slice(0, limit);
}

/** The last item of each owner. */
function lastOfEachOwner(items: readonly Candidate[]): Map<number, Candidate> {
  return new Map(items.map((item) => [item.ownerRef, item]));
}

/** The place after which the next page begins, given what this page lists. */
async function nextCursor(
  find: FindPage,
  before: BalancedCursor | null,
  items: readonly Candidate[],
): Promise<BalancedCursor | null> {
  const last = items.at(-1);
  if (last === undefined) return null;
  const main = before !== null && newestFirst(before.main, last) > 0 ? before.main : last;
  const deferred = new Map<number, PageCursor>();
  for (const [owner, place] of new Map<number, PageCursor>([...(before?.deferred ?? []), ...lastOfEachOwner(items)])) {
    if (newestFirst(place, main) >= 0) continue;
    const [left] = await find({ before: place, limit: 1 }, { only: owner });
    if (left !== undefined && newestFirst(left, main) < 0) deferred.set(owner, place);
  }
  if (deferred.size > 0) return { main, deferred };
  const more = await find({ before: main, limit: 1 }, { except: [] });
  return more.length > 0 ? { main, deferred } : null;
}

/**
 * A page, newest first, on which one source has at most its share while others have items for it. What a source has
 * beyond its share opens the next page, again as far as its share goes: page after page lists each item once. An item
 * that arrives meanwhile is listed if its place is still ahead.
 */
export async function balancedPage(
  find: FindPage,
  before: BalancedCursor | null,
  limit: number,
): Promise<BalancedPage> {
  const most = Math.max(1, Math.floor(limit * sourceQuota));
  const deferred = before?.deferred ?? new Map<number, PageCursor>();
  const own: Candidate[] = [];
  for (const [only, place] of deferred) own.push(...(await find({ before: place, limit: most }, { only })));
  const except = [...deferred.keys()];
  const others = await readWithinQuota(find, { before: before?.main ?? null, limit }, { most, except });
  const shares = [...own, ...others].sort(newestFirst).slice(0, limit);
  const places = new Map<number, PageCursor>([...deferred, ...lastOfEachOwner(shares)]);
  const rest = shares.length < limit ? await readNewestAfter(find, places, limit - shares.length) : [];
  const items = [...shares, ...rest].sort(newestFirst);
  return { items, next: await nextCursor(find, before, items) };
}
