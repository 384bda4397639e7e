import { afterAll, describe, expect, it } from 'vitest';
import { plainTable } from '../support/plain-table.ts';
import { type BugReport, findBug, injectedBugs, runModels } from '../support/push/resume-model.ts';

/** `npm run soak` runs ten times as many. */
const seeds = 30;
const caught: BugReport[] = [];

afterAll(() => {
  const rows = caught.map(({ bug, seed, violation }) => [bug, String(seed), violation.slice(0, 60)]);
  process.stdout.write(plainTable('planted bugs, and what caught them', ['bug', 'seed', 'sign'], rows));
});

describe('the resume rule', () => {
  it('delivers each event once and in order to every client under random faults', { timeout: 600_000 }, async () => {
    const { violations, items, resets, connections, committed } = await runModels(seeds);
    expect(violations).toEqual([]);
    // The runs contain faults: a model without faults would prove nothing.
    expect(items).toBeGreaterThan(seeds * 400);
    expect(resets).toBeGreaterThan(seeds * 10);
    expect(connections).toBeGreaterThan(seeds * 20);
    expect(committed).toBeGreaterThan(seeds * 100);
  });

  it('is checked against at least a dozen injected bugs', () => {
    expect(injectedBugs.length).toBeGreaterThanOrEqual(12);
  });

  // Each bug must be detected within the same seeds; otherwise the model does not check enough.
  it.each(injectedBugs)('detects the injected bug: %s', { timeout: 60_000 }, async (bug) => {
    const found = await findBug(bug, seeds);
    caught.push(found);
    expect(found.seed, 'the bug survived').not.toBeNull();
  });
});
