// `npm run conformance -- DIR`: parses a corpus (DIR/index.jsonl) with the built command, and fails if the result is below
// the thresholds.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { jsonLines, type ParserResult, readIndex } from './conformance/corpus.ts';
import { compareToThresholds, failuresList, kindsTable, type Thresholds } from './conformance/report.ts';
import { score } from './conformance/score.ts';

const bin = fileURLToPath(new URL('../bin/newswire.js', import.meta.url));
/** Just below the current result, in percent. */
const thresholds: Thresholds = { filesPassed: 98.5, meanPassRate: 99.7 };

async function parseCorpus(index: string): Promise<ParserResult[]> {
  const child = spawn(process.execPath, [bin, 'parse', '--index', index, '--jsonl'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`newswire parse ended with exit code ${code}`)),
    );
  });
  return jsonLines<ParserResult>(Buffer.concat(chunks).toString());
}

async function run(folder: string): Promise<boolean> {
  const index = path.join(folder, 'index.jsonl');
  const results = await parseCorpus(index);
  const scored = score(readIndex(index), results);
  const { passed, text } = compareToThresholds(scored, thresholds);
  const read = results.filter((result) => result.ok).length;
  const slowestMs = Math.max(...results.map((result) => result.ms ?? 0));
  if (scored.failures.length > 0) console.log(`${failuresList(scored.failures)}\n`);
  console.log(`${kindsTable(scored)}\n`);
  console.log(`${scored.files} files, ${read} of them feeds; the slowest took ${Math.round(slowestMs)} ms\n`);
  console.log(text);
  return passed;
}

const [folder, ...others] = process.argv.slice(2);
if (folder === undefined || others.length > 0 || !existsSync(path.join(folder, 'index.jsonl'))) {
  console.error('Usage: npm run conformance -- DIR, where DIR contains an index.jsonl');
  process.exitCode = 2;
} else if (!(await run(folder))) {
  process.exitCode = 1;
}
