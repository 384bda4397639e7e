// `npm run fuzz`: runs every property test many times, which takes hours. FUZZ_RUNS sets the number of runs per property.
// Arguments select files by parts of their paths: `npm run fuzz -- parse/`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const runsOfEach = Number(process.env.FUZZ_RUNS ?? 5_000);
const leastRuns = 100_000;
/** A property that never ends blocks its thread. Only the end of the process ends it. */
const longestMs = 3_600_000;

/** The test files whose properties have a configurable number of runs. */
function propertyFiles(words) {
  return readdirSync(path.join(root, 'test'), { recursive: true })
    .map((name) => path.join('test', name))
    .filter((file) => file.endsWith('.test.ts'))
    .filter((file) => words.length === 0 || words.some((word) => file.includes(path.normalize(word))))
    .filter((file) => readFileSync(path.join(root, file), 'utf8').includes('support/fuzz-runs.ts'));
}

function runTests(files, countFile) {
  const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const config = path.join('test', 'fuzz.config.ts');
  return spawnSync(process.execPath, [vitest, 'run', '--config', config, ...files], {
    cwd: root,
    stdio: 'inherit',
    timeout: longestMs,
    killSignal: 'SIGKILL',
    env: { ...process.env, FUZZ_RUNS: String(runsOfEach), FUZZ_COUNT_FILE: countFile },
  });
}

const words = process.argv.slice(2);
const files = propertyFiles(words);
const folder = mkdtempSync(path.join(os.tmpdir(), 'newswire-fuzz-'));
try {
  if (files.length === 0) throw new Error('no property test matches');
  const startedMs = performance.now();
  const countFile = path.join(folder, 'counts.jsonl');
  const { status, error } = runTests(files, countFile);
  if (error?.code === 'ETIMEDOUT') throw new Error(`timeout after ${longestMs / 60_000} min: a property hangs`);
  if (status !== 0) throw new Error('a test failed; use the seed and path of the property to reproduce it');
  const counts = readFileSync(countFile, 'utf8').trim().split('\n').map(JSON.parse);
  const runs = counts.reduce((sum, count) => sum + count.runs, 0);
  const slowestMs = Math.max(...counts.map((count) => count.slowestMs));
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  console.log(
    `fuzz: ${runs.toLocaleString('en')} runs in ${files.length} files, all passed; the slowest took ${Math.round(slowestMs)} ms; ${seconds} s in total`,
  );
  if (words.length === 0 && runs < leastRuns) throw new Error(`fewer than ${leastRuns.toLocaleString('en')} runs`);
} catch (error) {
  console.error(`fuzz: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
