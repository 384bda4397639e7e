import { expect, it } from 'vitest';
import { runSoak } from '../support/soak/soak.ts';
import { readersTable, soakFailures } from '../support/soak/soak-report.ts';

it('a soak loses nothing and repeats nothing in 5,000 deliveries under faults', { timeout: 240_000 }, async () => {
  const report = await runSoak({
    deliveries: 5000,
    seed: 11,
    minFaults: 1,
    killEveryMs: 2500,
    stopEveryMs: 2000,
  });
  process.stdout.write(readersTable(report));
  expect(soakFailures(report)).toEqual([]);
  expect(report.deliveries).toBeGreaterThanOrEqual(5000);
});
