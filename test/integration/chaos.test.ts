import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chaosCase, chaosThemes, startChaosOrigin } from '../support/chaos/chaos-origin.ts';

/** H01 to H79; there is no H30. */
const rows = Array.from({ length: 79 }, (_, index) => `H${String(index + 1).padStart(2, '0')}`).filter(
  (row) => row !== 'H30',
);

describe('the chaos origin', () => {
  it('has one case for each of the 78 rows', () => {
    const named = Object.values(chaosThemes).flatMap((cases) => Object.keys(cases));
    expect(named.toSorted()).toEqual(rows);
    expect(named).toHaveLength(78);
  });

  it('matches the table in test/cases/hostile-origins.md', () => {
    const table = readFileSync(new URL('../cases/hostile-origins.md', import.meta.url), 'utf8');
    const documented = table.split('\n').filter((line) => line.startsWith('| H'));
    const expected = rows.map((row) => {
      const { what, variants } = chaosCase(row);
      return `| ${row} | ${what} | ${Object.keys(variants).join('; ')} |`;
    });
    expect(documented.toSorted()).toEqual(expected);
  });

  it('rejects unknown rows and variants', async () => {
    expect(() => chaosCase('H30')).toThrow('there is no case H30');
    const origin = await startChaosOrigin();
    await expect(origin.prepare('H01', 'loud')).rejects.toThrow('H01 has no variant loud');
    await origin.close();
  });
});
