// The style bar that Biome does not check: file lengths, documented exports, how much is tested.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const bar = { maxFileLines: 400, p90FileLines: 220, testsPerSource: 1.2 };

/** All TypeScript files below a folder, with their text. */
function filesBelow(folder) {
  return readdirSync(path.join(root, folder), { recursive: true })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => {
      const file = path.join(folder, name);
      const text = readFileSync(path.join(root, file), 'utf8');
      return { file, text, lines: text.split('\n').length - 1 };
    });
}

/** Exported functions whose line is not preceded by the end of a doc comment. */
function undocumented({ file, text }) {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    if (!/^export (async )?function |^export const \w+ = (async )?\(/.test(line)) return [];
    let above = index - 1;
    // Overloads and lint suppressions may stand between the comment and the function.
    while (/^(export (async )?function .*;|\/\/ biome-ignore)/.test(lines[above] ?? '')) above -= 1;
    return lines[above]?.trim().endsWith('*/')
      ? []
      : [`${file}:${index + 1}: an exported function without a doc comment`];
  });
}

const forbidden = [
  [/:\s*any\b|\bas any\b|<any>/, 'any'],
  [/@ts-(ignore|nocheck|expect-error)/, 'a silenced type error'],
  [/\b(TODO|FIXME|XXX|HACK)\b/, 'an unfinished mark'],
  [/catch\s*(\([^)]*\))?\s*\{\s*\}|\.catch\(\(\)\s*=>\s*(\{\s*\}|undefined|null)\)/, 'a swallowed error'],
];

function forbiddenIn({ file, text }) {
  return text
    .split('\n')
    .flatMap((line, index) =>
      forbidden.filter(([pattern]) => pattern.test(line)).map(([, what]) => `${file}:${index + 1}: ${what}`),
    );
}

const sources = [...filesBelow('src'), ...filesBelow('db')];
const tests = filesBelow('test');
const problems = [
  ...[...sources, ...tests]
    .filter((f) => f.lines > bar.maxFileLines)
    .map((f) => `${f.file}: ${f.lines} lines; the bar is ${bar.maxFileLines}`),
  ...sources.flatMap(undocumented),
  ...sources.flatMap(forbiddenIn),
  ...tests.flatMap(({ file, text }) =>
    text
      .split('\n')
      .flatMap((line, i) =>
        /\b(it|test)\(['"`]should /.test(line) ? [`${file}:${i + 1}: a title with "should"`] : [],
      ),
  ),
];

const lengths = sources.map((f) => f.lines).sort((a, b) => a - b);
const p90 = lengths[Math.floor(lengths.length * 0.9)] ?? 0;
const sum = (list) => list.reduce((total, f) => total + f.lines, 0);
const ratio = sum(tests) / sum(sources);
if (p90 > bar.p90FileLines) problems.push(`nine files of ten have up to ${p90} lines; the bar is ${bar.p90FileLines}`);
if (ratio < bar.testsPerSource)
  problems.push(`${ratio.toFixed(2)} lines of test a line of source; the bar is ${bar.testsPerSource}`);

for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(
  `style: ${sources.length} source files, ${sum(sources)} lines, p90 ${p90}; tests ${ratio.toFixed(2)} a line; ${problems.length} problems\n`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
