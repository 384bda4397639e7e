import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Find, plainPage, sharedPage } from '../../src/store/share.ts';
import { byOrder, type Candidate, type Place } from '../../src/store/walks.ts';

/** A timeline in memory: the owner of each item, newest first. */
function timeline(owners: readonly number[]): { items: Candidate[]; find: Find } {
  const items = owners.map((ownerRef, index) => ({
    id: owners.length - index,
    sortMs: owners.length - index,
    ownerRef,
  }));
  const find: Find = async ({ before, limit }, exceptOwners) =>
    items
      .filter((item) => (before === null || byOrder(before, item) < 0) && !exceptOwners.includes(item.ownerRef))
      .slice(0, limit);
  return { items, find };
}

function ownersOf(items: readonly Candidate[]): number[] {
  return items.map(({ ownerRef }) => ownerRef);
}

function most(owners: readonly number[]): number {
  return Math.max(0, ...[...Map.groupBy(owners, (owner) => owner).values()].map((same) => same.length));
}

async function pages(page: typeof sharedPage, find: Find, limit: number): Promise<Candidate[][]> {
  const all: Candidate[][] = [];
  let before: Place | null = null;
  do {
    const { items, next }: Awaited<ReturnType<typeof sharedPage>> = await page(find, before, limit);
    all.push([...items]);
    before = next;
  } while (before !== null && all.length < 200);
  return all;
}

function repeat(owner: number, times: number): number[] {
  return Array.from({ length: times }, () => owner);
}

describe('sharedPage', () => {
  it('gives a source a fifth of the page while others fill the rest', async () => {
    const { find } = timeline([...repeat(1, 100), 2, 3, 4, 5, 2, 3, 4, 5, 2, 3]);
    const { items } = await sharedPage(find, null, 10);
    expect(ownersOf(items)).toEqual([1, 1, 2, 3, 4, 5, 2, 3, 4, 5]);
  });

  it('gives every source one item at least, on however short a page', async () => {
    const { find } = timeline([1, 1, 1, 2, 3, 4]);
    expect(ownersOf((await sharedPage(find, null, 3)).items)).toEqual([1, 2, 3]);
  });

  it('leaves a page alone on which nobody has more than a share', async () => {
    const { items, find } = timeline([1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1]);
    expect(await sharedPage(find, null, 10)).toEqual(await plainPage(find, null, 10));
    expect((await sharedPage(find, null, 10)).next).toEqual(items[9]);
  });

  it('shows all that the others have, in order, when they run out', async () => {
    const { find } = timeline([...repeat(1, 30), 2, 3]);
    const { items } = await sharedPage(find, null, 10);
    expect(ownersOf(items)).toEqual([...repeat(1, 8), 2, 3]);
  });

  it('goes on with what was passed over once the others have run out', async () => {
    const { items, find } = timeline([...repeat(1, 30), 2, 3]);
    const all = await pages(sharedPage, find, 10);
    const seen = new Set(all.flat().map(({ id }) => id));
    expect(seen.size).toBe(items.length);
  });

  it('says on the last page that it is the last', async () => {
    const { find } = timeline([1, 2, 3, 4, 5]);
    expect((await sharedPage(find, null, 5)).next).toBeNull();
    expect((await sharedPage(find, null, 10)).next).toBeNull();
    expect((await sharedPage(timeline([]).find, null, 10)).items).toEqual([]);
  });

  it('holds its promises on any timeline', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(7), { maxLength: 120 }),
        fc.integer({ min: 1, max: 20 }),
        async (owners, limit) => {
          const { items, find } = timeline(owners);
          const [first = []] = await pages(sharedPage, find, limit);
          const share = Math.max(1, Math.floor(limit / 5));
          const byOwner = [...Map.groupBy(owners, (owner) => owner).values()];
          const sharesOfAll = byOwner.reduce((sum, same) => sum + Math.min(share, same.length), 0);
          expect(first).toHaveLength(Math.min(limit, items.length));
          expect([...first].sort(byOrder)).toEqual(first);
          if (sharesOfAll >= limit) expect(most(ownersOf(first))).toBeLessThanOrEqual(share);
          // Otherwise every item of those who have no more than their share is there.
          else
            for (const same of byOwner)
              expect(ownersOf(first).filter((o) => o === same[0]).length).toBeGreaterThanOrEqual(
                Math.min(share, same.length),
              );
        },
      ),
    ));
});

describe('plainPage', () => {
  it('gives everything once, in order, page by page', () =>
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
