import { byOrder, type Candidate, type Place, type Range } from './walks.ts';

/** Of a page, for one source, while others have items for it. */
const share = 0.2;

/** Items in order, from a place on, but for those of some owners: `findCandidates` with all else settled. */
export type Find = (range: Range, exceptOwners: readonly number[]) => Promise<readonly Candidate[]>;

/** A page, and the place after which the next one begins: null on the last. */
export interface Page {
  readonly items: readonly Candidate[];
  readonly next: Place | null;
}

interface Taken {
  readonly items: readonly Candidate[];
  /** False: the other sources ran out before the page was full. */
  readonly full: boolean;
}

/** The newest items of which no source has more than its share. */
async function takeShares(find: Find, before: Place | null, limit: number): Promise<Taken> {
  const most = Math.max(1, Math.floor(limit * share));
  const items: Candidate[] = [];
  const counts = new Map<number, number>();
  let place = before;
  for (;;) {
    const exceptOwners = [...counts].filter(([, count]) => count >= most).map(([ref]) => ref);
    const found = await find({ before: place, limit }, exceptOwners);
    for (const candidate of found) {
      const count = counts.get(candidate.ownerRef) ?? 0;
      if (count >= most) continue;
      counts.set(candidate.ownerRef, count + 1);
      items.push(candidate);
      if (items.length === limit) return { items, full: true };
    }
    if (found.length < limit) return { items, full: false };
    place = found.at(-1) ?? place;
  }
}

/** A page in plain order. */
export async function plainPage(find: Find, before: Place | null, limit: number): Promise<Page> {
  const found = await find({ before, limit: limit + 1 }, []);
  const items = found.slice(0, limit);
  return { items, next: found.length > limit ? (items.at(-1) ?? null) : null };
}

async function filled(find: Find, taken: readonly Candidate[], limit: number): Promise<Page> {
  const has = new Set(taken.map(({ id }) => id));
  const found = await find({ before: null, limit: limit + taken.length + 1 }, []);
  const rest = found.filter(({ id }) => !has.has(id));
  const fill = rest.slice(0, limit - taken.length);
  const items = [...taken, ...fill].sort(byOrder);
  return { items, next: rest.length > fill.length ? (fill.at(-1) ?? null) : null };
}

/**
 * A page on which one source has at most its share while others have items for it. What a source has beyond its share
 * is passed over: it stands in the source's own view.
 *
 * Where the others run out, the first page shows all they have and is filled with the rest; later pages follow the
 * plain order, so that what was passed over is reached and nothing is repeated page after page.
 */
export async function sharedPage(find: Find, before: Place | null, limit: number): Promise<Page> {
  const { items, full } = await takeShares(find, before, limit);
  if (!full) return before === null ? filled(find, items, limit) : plainPage(find, before, limit);
  const last = items.at(-1) ?? null;
  const more = await find({ before: last, limit: 1 }, []);
  return { items, next: more.length > 0 ? last : null };
}
