import { describe, expect, it } from 'vitest';
import { mapInOrder } from '../../../src/cli/output/map-in-order.ts';

async function all<T>(results: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const result of results) list.push(result);
  return list;
}

describe('mapInOrder', () => {
  it('yields results in the order of the items, whichever finishes first', async () => {
    const gates = [0, 1, 2].map(() => Promise.withResolvers<void>());
    const results = all(
      mapInOrder([0, 1, 2], 3, async (item) => {
        await gates[item]?.promise;
        return item * 10;
      }),
    );
    for (const gate of gates.toReversed()) gate.resolve();
    expect(await results).toEqual([0, 10, 20]);
  });

  it('does not exceed the concurrency', async () => {
    let underWay = 0;
    let most = 0;
    const work = async (item: number): Promise<number> => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return item;
    };
    const items = Array.from({ length: 20 }, (_, index) => index);
    expect(await all(mapInOrder(items, 4, work))).toEqual(items);
    expect(most).toBe(4);
  });

  it('yields nothing for no items', async () => {
    expect(await all(mapInOrder([], 2, async () => 1))).toEqual([]);
  });
});
