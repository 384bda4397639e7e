// Set up by fuzz.config.ts before each file: counts what the properties try, and fails a run that hangs.
import { appendFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll } from 'vitest';

const longestRunMs = 5_000;

interface Count {
  runs: number;
  slowestMs: number;
}

// Files share one thread, in which this module runs once for each of them: the count is kept outside of it.
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
