// Loaded by fuzz.config.ts before each file: counts the runs of properties and fails slow ones.
import { appendFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll } from 'vitest';

const longestRunMs = 5_000;

interface Count {
  runs: number;
  slowestMs: number;
}

// All files share one thread and load this module again: the count is global.
const shared = globalThis as { fuzzCount?: Count };

function install(): Count {
  const count: Count = { runs: 0, slowestMs: 0 };
  let startedMs = 0;
  fc.installGlobalPlugin(
    fc.beforeEach(() => {
      startedMs = performance.now();
    }),
  );
  fc.installGlobalPlugin(
    fc.afterEach(() => {
      const tookMs = performance.now() - startedMs;
      count.runs += 1;
      count.slowestMs = Math.max(count.slowestMs, tookMs);
      if (tookMs > longestRunMs) throw new Error(`a run took ${Math.round(tookMs)} ms`);
    }),
  );
  return count;
}

shared.fuzzCount ??= install();
const count = shared.fuzzCount;

afterAll(() => {
  const file = process.env['FUZZ_COUNT_FILE'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(count)}\n`);
  count.runs = 0;
  count.slowestMs = 0;
});
