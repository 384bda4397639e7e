import { describe, expect, it } from 'vitest';
import { runWorld } from './helpers/resume-world.ts';

const soak = process.env['SOAK'] === '1';
const seeds = Array.from({ length: soak ? 1000 : 30 }, (_, index) => index + 1);

describe('the resume rule', () => {
  it('serves every reader each item once, in order, whatever breaks and whenever', async () => {
    const sum = { items: 0, resets: 0, connections: 0 };
    for (const seed of seeds) {
      const { violations, stats } = await runWorld(seed);
      expect(violations, `seed ${seed}`).toEqual([]);
      sum.items += stats.items;
      sum.resets += stats.resets;
      sum.connections += stats.connections;
    }
    console.log(sum);
  }, 600_000);
});
