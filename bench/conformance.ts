// `npm run conformance -- DIR`: has the built command parse a corpus (DIR/index.jsonl), and fails where it reads worse
// than it has been seen to.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { jsonLines, type ParserResult, readIndex } from './conformance/corpus.ts';
import { compareToThresholds, kindsTable, missesList, type Thresholds } from './conformance/report.ts';
import { score } from './conformance/score.ts';

const bin = fileURLToPath(new URL('../bin/newswire.js', import.meta.url));
/** Just below what is reached. */
const thresholds: Thresholds = { whole: 98.5, meanShare: 99.7 };

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
  const { enough, text } = compareToThresholds(scored, thresholds);
  const read = results.filter((result) => result.ok).length;
  const slowestMs = Math.max(...results.map((result) => result.ms ?? 0));
  if (scored.misses.length > 0) console.log(`${missesList(scored.misses)}\n`);
  console.log(`${kindsTable(scored)}\n`);
  console.log(`${scored.files} files, ${read} of them feeds; the slowest took ${Math.round(slowestMs)} ms\n`);
  console.log(text);
  return enough;
}

const [folder, ...others] = process.argv.slice(2);
if (folder === undefined || others.length > 0 || !existsSync(path.join(folder, 'index.jsonl'))) {
  console.error('Name one folder with an index.jsonl: npm run conformance -- DIR');
  process.exitCode = 2;
} else if (!(await run(folder))) {
  process.exitCode = 1;
}
