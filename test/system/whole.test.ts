import { expect, it } from 'vitest';
import { runSystem } from '../support/system/run-system.ts';
import { systemFailures, systemTable } from '../support/system/system-report.ts';

it('the whole system loses nothing, repeats nothing and never blocks for a minute under load', {
  timeout: 300_000,
}, async () => {
  const report = await runSystem({ seed: 7, secondsBefore: 8, seconds: 66, idleSeconds: 8 });
  process.stdout.write(systemTable(report));
  expect(systemFailures(report)).toEqual([]);
  // The limit detects a blocked process, not a slow machine: CPU time of the main thread without a turn of its event loop.
  expect(report.longestBlockMs).toBeLessThan(2000);
  expect(report.longestDelayMs).toBeLessThan(20_000);
  expect(report.polls).toBeGreaterThan(60);
  expect(report.pushed).toBeGreaterThan(0);
  expect(report.withdrawn).toBeGreaterThan(0);
});
