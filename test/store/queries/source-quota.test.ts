import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, newestFirst } from '../../../src/store/queries/index-scan.ts';
import { balancedPage, type FindPage, plainPage } from '../../../src/store/queries/source-quota.ts';

/** Reads pages of a list that may grow between two calls. */
function findIn(items: readonly Candidate[]): FindPage {
  return async ({ before, limit }, owners) =>
    items
      .filter((item) => before === null || newestFirst(before, item) < 0)
      .filter(({ ownerRef }) => ('only' in owners ? ownerRef === owners.only : !owners.except.includes(ownerRef)))
      .toSorted(newestFirst)
      .slice(0, limit);
}

/** A timeline in memory: the owner of each item, newest first. */
function timeline(owners: readonly number[]): { items: Candidate[]; find: FindPage } {
  const items = owners.map((ownerRef, index) => ({
    id: owners.length - index,
    sortMs: owners.length - index,
    ownerRef,
  }));
  return { items, find: findIn(items) };
}

function ownersOf(items: readonly Candidate[]): number[] {
  return items.map(({ ownerRef }) => ownerRef);
}

function most(owners: readonly number[]): number {
  return Math.max(0, ...[...Map.groupBy(owners, (owner) => owner).values()].map((same) => same.length));
}

async function pages<P>(
  page: (find: FindPage, before: P | null, limit: number) => Promise<{ items: readonly Candidate[]; next: P | null }>,
  find: FindPage,
  limit: number,
): Promise<Candidate[][]> {
  const all: Candidate[][] = [];
  let before: P | null = null;
  do {
    const { items, next }: { items: readonly Candidate[]; next: P | null } = await page(find, before, limit);
    all.push([...items]);
    before = next;
  } while (before !== null && all.length < 200);
  return all;
}

function repeat(owner: number, times: number): number[] {
  return Array.from({ length: times }, () => owner);
}

describe('balancedPage', () => {
  it('gives a source a fifth of the page while others fill the rest', async () => {
    const { find } = timeline([...repeat(1, 100), 2, 3, 4, 5, 2, 3, 4, 5, 2, 3]);
    const { items } = await balancedPage(find, null, 10);
    expect(ownersOf(items)).toEqual([1, 1, 2, 3, 4, 5, 2, 3, 4, 5]);
  });

  it('gives every source at least one item, on any page', async () => {
    const { find } = timeline([1, 1, 1, 2, 3, 4]);
    expect(ownersOf((await balancedPage(find, null, 3)).items)).toEqual([1, 2, 3]);
  });

  it('does not change a page on which no source exceeds its quota', async () => {
    const { items, find } = timeline([1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1]);
    expect((await balancedPage(find, null, 10)).items).toEqual((await plainPage(find, null, 10)).items);
    expect((await balancedPage(find, null, 10)).next).toEqual({ main: items[9], deferred: new Map() });
  });

  it('fills the page in order when the other sources run out', async () => {
    const { find } = timeline([...repeat(1, 30), 2, 3]);
    const { items } = await balancedPage(find, null, 10);
    expect(ownersOf(items)).toEqual([...repeat(1, 8), 2, 3]);
  });

  it("starts the next page with the items beyond a source's quota", async () => {
    const { find } = timeline([...repeat(1, 5), 2, 3, 4, 5, 2, 3, 4, 5, 2, 3, 4, 5]);
    const all = await pages(balancedPage, find, 10);
    expect(all.map(ownersOf)).toEqual([
      [1, 1, 2, 3, 4, 5, 2, 3, 4, 5],
      [1, 1, 1, 2, 3, 4, 5],
    ]);
  });

  it('names at most as many sources in its cursor as a page has quotas', async () => {
    const { find } = timeline(Array.from({ length: 12 }, (_, owner) => repeat(owner, 30)).flat());
    let before: Parameters<typeof balancedPage>[1] = null;
    for (let page = 0; page < 30; page += 1) {
      before = (await balancedPage(find, before, 30)).next;
      expect(before?.deferred.size ?? 0).toBeLessThanOrEqual(5);
    }
  });

  it('continues with the skipped items once the other sources have run out', async () => {
    const { items, find } = timeline([...repeat(1, 30), 2, 3]);
    const all = await pages(balancedPage, find, 10);
    const seen = new Set(all.flat().map(({ id }) => id));
    expect(seen.size).toBe(items.length);
  });

  it('returns no cursor on the last page', async () => {
    const { find } = timeline([1, 2, 3, 4, 5]);
    expect((await balancedPage(find, null, 5)).next).toBeNull();
    expect((await balancedPage(find, null, 10)).next).toBeNull();
    expect((await balancedPage(timeline([]).find, null, 10)).items).toEqual([]);
  });

  it('keeps its guarantees on any timeline', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(7), { maxLength: 120 }),
        fc.integer({ min: 1, max: 20 }),
        async (owners, limit) => {
          const { items, find } = timeline(owners);
          const [first = []] = await pages(balancedPage, find, limit);
          const share = Math.max(1, Math.floor(limit / 5));
          const byOwner = [...Map.groupBy(owners, (owner) => owner).values()];
          const sharesOfAll = byOwner.reduce((sum, same) => sum + Math.min(share, same.length), 0);
          expect(first).toHaveLength(Math.min(limit, items.length));
          expect([...first].sort(newestFirst)).toEqual(first);
          if (sharesOfAll >= limit) expect(most(ownersOf(first))).toBeLessThanOrEqual(share);
          // Otherwise every item of a source within its quota is listed.
          else
            for (const same of byOwner)
              expect(ownersOf(first).filter((o) => o === same[0]).length).toBeGreaterThanOrEqual(
                Math.min(share, same.length),
              );
        },
      ),
    ));
});

/** Between two pages items of an owner arrive, dated some time back. Equal times are common. */
const arrivals = fc.array(fc.record({ ownerRef: fc.nat(6), sortMs: fc.nat(12) }), { maxLength: 15 });

type ReadPage<P> = (
  find: FindPage,
  before: P | null,
  limit: number,
) => Promise<{ items: readonly Candidate[]; next: P | null }>;

/** Expects that every item that exists at the start is listed once, and none twice, while others arrive. */
function readsEachOnce<P>(page: ReadPage<P>) {
  const batches = fc.array(arrivals, { minLength: 1, maxLength: 12 });
  return fc.asyncProperty(batches, fc.integer({ min: 1, max: 15 }), async ([first = [], ...later], limit) => {
    const items: Candidate[] = [];
    const arrive = (batch: readonly Omit<Candidate, 'id'>[]): void => {
      for (const one of batch) items.push({ ...one, id: items.length + 1 });
    };
    arrive(first);
    const atStart = items.map(({ id }) => id);
    const growing: ReadPage<P> = async (find, before, size) => {
      const result = await page(find, before, size);
      arrive(later.shift() ?? []);
      return result;
    };
    const ids = (await pages(growing, findIn(items), limit)).flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(atStart));
  });
}

describe('paging while items arrive', () => {
  it('lists each item once on balanced pages', () => fc.assert(readsEachOnce(balancedPage)));

  it('lists each item once on plain pages', () => fc.assert(readsEachOnce(plainPage)));
});

describe('plainPage', () => {
  it('lists every item once, in order, page by page', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(3), { maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        async (owners, limit) => {
          const { items, find } = timeline(owners);
          const all = await pages(plainPage, find, limit);
          expect(all.flat()).toEqual(items);
          expect(all).toHaveLength(Math.max(1, Math.ceil(items.length / limit)));
        },
      ),
    ));
});
