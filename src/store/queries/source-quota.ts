import { type Candidate, newestFirst, type PageCursor, type PageRange } from './index-scan.ts';

/** The part of a page that one source may fill while others have items for it. */
const sourceQuota = 0.2;

/** All owners but some, or a single owner. */
export type OwnerFilter = { readonly except: readonly number[] } | { readonly only: number };

/** Finds items of some owners in a range: `findCandidates` with a bound predicate. */
export type FindPage = (range: PageRange, owners: OwnerFilter) => Promise<readonly Candidate[]>;

/** A page without quotas, and the cursor of the next page: null on the last. */
export interface PlainPage {
  readonly items: readonly Candidate[];
  readonly next: PageCursor | null;
}

/**
 * Where a balanced page ends. Items of a source in `deferred` were listed down to the cursor of that source; items of all
 * other sources down to `main`.
 */
export interface BalancedCursor {
  readonly main: PageCursor;
  /** By owner. At most five: each of them filled its quota of 20 %. */
  readonly deferred: ReadonlyMap<number, PageCursor>;
}

/** A page with source quotas, and the cursor of the next page: null on the last. */
export interface BalancedPage {
  readonly items: readonly Candidate[];
  readonly next: BalancedCursor | null;
}

/** Reads a page without quotas. */
export async function plainPage(find: FindPage, before: PageCursor | null, limit: number): Promise<PlainPage> {
  const found = await find({ before, limit: limit + 1 }, { except: [] });
  const items = found.slice(0, limit);
  return { items, next: found.length > limit ? (items.at(-1) ?? null) : null };
}

/** Reads the first `limit` items after a cursor: at most `most` of one owner, none of the owners in `except`. */
async function readWithinQuota(
  find: FindPage,
  { before, limit }: PageRange,
  { most, except }: { readonly most: number; readonly except: readonly number[] },
): Promise<Candidate[]> {
  const items: Candidate[] = [];
  const counts = new Map<number, number>();
  let cursor = before;
  for (;;) {
    const filled = [...counts].filter(([, count]) => count >= most).map(([ref]) => ref);
    const found = await find({ before: cursor, limit }, { except: [...except, ...filled] });
    for (const candidate of found) {
      const count = counts.get(candidate.ownerRef) ?? 0;
      if (count >= most) continue;
      counts.set(candidate.ownerRef, count + 1);
      items.push(candidate);
      if (items.length === limit) return items;
    }
    if (found.length < limit) return items;
    cursor = found.at(-1) ?? cursor;
  }
}

/** Reads the newest items of some owners after their cursors. */
async function readNewestAfter(
  find: FindPage,
  cursors: ReadonlyMap<number, PageCursor>,
  limit: number,
): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (const [only, before] of cursors) found.push(...(await find({ before, limit }, { only })));
  return found.sort(newestFirst).slice(0, limit);
}

/** The last item of each owner. */
function lastOfEachOwner(items: readonly Candidate[]): Map<number, Candidate> {
  return new Map(items.map((item) => [item.ownerRef, item]));
}

/** The cursor of the next page, given the items of this page; null on the last. */
async function nextCursor(
  find: FindPage,
  before: BalancedCursor | null,
  items: readonly Candidate[],
): Promise<BalancedCursor | null> {
  const last = items.at(-1);
  if (last === undefined) return null;
  const main = before !== null && newestFirst(before.main, last) > 0 ? before.main : last;
  const deferred = new Map<number, PageCursor>();
  for (const [owner, cursor] of new Map<number, PageCursor>([...(before?.deferred ?? []), ...lastOfEachOwner(items)])) {
    if (newestFirst(cursor, main) >= 0) continue;
    const [left] = await find({ before: cursor, limit: 1 }, { only: owner });
    if (left !== undefined && newestFirst(left, main) < 0) deferred.set(owner, cursor);
  }
  if (deferred.size > 0) return { main, deferred };
  const more = await find({ before: main, limit: 1 }, { except: [] });
  return more.length > 0 ? { main, deferred } : null;
}

/**
 * Reads a page, newest first, on which a source has at most its quota while others have items for it. Items beyond the
 * quota come first on the next page, again up to the quota: all pages together list each item once. An item that arrives
 * meanwhile is listed if its position is still ahead.
 */
export async function balancedPage(
  find: FindPage,
  before: BalancedCursor | null,
  limit: number,
): Promise<BalancedPage> {
  const most = Math.max(1, Math.floor(limit * sourceQuota));
  const deferred = before?.deferred ?? new Map<number, PageCursor>();
  const own: Candidate[] = [];
  for (const [only, cursor] of deferred) own.push(...(await find({ before: cursor, limit: most }, { only })));
  const except = [...deferred.keys()];
  const others = await readWithinQuota(find, { before: before?.main ?? null, limit }, { most, except });
  const withinQuota = [...own, ...others].sort(newestFirst).slice(0, limit);
  const cursors = new Map<number, PageCursor>([...deferred, ...lastOfEachOwner(withinQuota)]);
  const rest = withinQuota.length < limit ? await readNewestAfter(find, cursors, limit - withinQuota.length) : [];
  const items = [...withinQuota, ...rest].sort(newestFirst);
  return { items, next: await nextCursor(find, before, items) };
}
