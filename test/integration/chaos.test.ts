import { describe, expect, it } from 'vitest';
import { chaosCase, chaosThemes, startChaosOrigin } from '../support/chaos/chaos-origin.ts';

/** H01 to H79; H30 was never given out. */
const rows = Array.from({ length: 79 }, (_, index) => `H${String(index + 1).padStart(2, '0')}`).filter(
  (row) => row !== 'H30',
);

describe('the hostile origin', () => {
  it('has a case for each of the 78 rows, once', () => {
    const named = Object.values(chaosThemes).flatMap((cases) => Object.keys(cases));
    expect(named.toSorted()).toEqual(rows);
    expect(named).toHaveLength(78);
  });

  it('says of each what it does', () => {
    for (const row of rows) expect(chaosCase(row).what).not.toBe('');
  });

  it('knows no other', async () => {
    expect(() => chaosCase('H30')).toThrow('there is no case H30');
    const origin = await startChaosOrigin();
    await expect(origin.prepare('H01', 'loud')).rejects.toThrow('H01 has no variant loud');
    await origin.close();
  });
});
