import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, mergeNewest, mergeScans, newestFirst } from '../../../src/store/queries/index-scan.ts';

function place(sortMs: number, id: number): Candidate {
  return { id, sortMs, ownerRef: 1 };
}

describe('newestFirst', () => {
  it('sorts the newest first, and equal times by descending id', () => {
    const places = [place(1, 9), place(2, 1), place(2, 2)];
    expect(places.sort(newestFirst).map(({ id }) => id)).toEqual([2, 1, 9]);
  });
});

describe('mergeNewest', () => {
  it('returns each item once, however many scans found it', () => {
    const scans = [[place(3, 3), place(1, 1)], [place(3, 3), place(2, 2)], []];
    expect(mergeNewest(scans, 2).map(({ id }) => id)).toEqual([3, 2]);
  });
});

describe('mergeScans', () => {
  /** Scans lists in memory, and records the limit of each scan. */
  function walksOver(lists: readonly (readonly Candidate[])[]) {
    const asked: number[] = [];
    const walkOne = async (list: number, limit: number) => {
      asked.push(limit);
      return [...(lists[list] ?? [])].sort(newestFirst).slice(0, limit);
    };
    return { asked, values: lists.map((_, index) => index), walkOne };
  }

  it('finds what one scan of all items would find', () => {
    const lists = fc.array(
      fc.uniqueArray(
        fc.nat(60).map((id) => place(id % 7, id)),
        { selector: ({ id }) => id, maxLength: 30 },
      ),
      { maxLength: 25 },
    );
    return fc.assert(
      fc.asyncProperty(lists, fc.integer({ min: 1, max: 30 }), async (all, limit) => {
        const { values, walkOne } = walksOver(all);
        expect(await mergeScans(values, limit, walkOne)).toEqual(mergeNewest(all, limit));
      }),
    );
  });

  it('repeats only the scans that can contribute more to the page', async () => {
    const old = Array.from({ length: 40 }, (_, list) =>
      Array.from({ length: 30 }, (_, step) => place(1000 - step, 100 * list + step)),
    );
    const recent = Array.from({ length: 60 }, (_, step) => place(5000 - step, 10_000 + step));
    const { asked, values, walkOne } = walksOver([...old, recent]);
    const found = await mergeScans(values, 50, walkOne);
    expect(found.every(({ id }) => id >= 10_000)).toBe(true);
    expect(asked.filter((limit) => limit === 50)).toHaveLength(1);
    expect(Math.max(...asked.slice(0, values.length))).toBeLessThan(10);
  });

  it('returns nothing for no values', async () => {
    expect(await mergeScans([], 10, async () => [])).toEqual([]);
  });
});
