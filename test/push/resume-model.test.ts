import { describe, expect, it } from 'vitest';
import { plants } from './helpers/plants.ts';
import { runWorld } from './helpers/resume-world.ts';

const soak = process.env['SOAK'] === '1';
const seeds = Array.from({ length: soak ? 2000 : 30 }, (_, index) => index + 1);

describe('the resume rule', () => {
  it('serves every reader each item once, in order, whatever breaks and whenever', { timeout: 600_000 }, async () => {
    const sum = { items: 0, resets: 0, connections: 0 };
    for (const seed of seeds) {
      const { violations, stats } = await runWorld(seed);
      expect(violations, `seed ${seed}`).toEqual([]);
      sum.items += stats.items;
      sum.resets += stats.resets;
      sum.connections += stats.connections;
    }
    // The worlds are eventful: a model in which nothing breaks would prove nothing.
    expect(sum.items).toBeGreaterThan(seeds.length * 400);
    expect(sum.resets).toBeGreaterThan(seeds.length * 10);
    expect(sum.connections).toBeGreaterThan(seeds.length * 20);
  });

  // Each bug must be caught within the same seeds: one that survives shows that the model looks away.
  it.each(Object.keys(plants))('catches it when %s', { timeout: 60_000 }, async (name) => {
    for (const seed of seeds.slice(0, 30)) {
      const { violations } = await runWorld(seed, plants[name]?.());
      if (violations.length > 0) return;
    }
    expect.unreachable('the bug survived');
  });
});
