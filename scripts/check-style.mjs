// Style rules that Biome does not check: lengths of files, documented exports, unique file names and plain words.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const limits = { maxFileLines: 400, p90FileLines: 220 };

/** All files below a folder whose name matches, with their text. */
function filesBelow(folder, pattern = /\.tsx?$/) {
  return readdirSync(path.join(root, folder), { recursive: true })
    .filter((name) => pattern.test(name))
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

/** Words that only this project used for what the field has a word for, and phrases that hide who does what. */
const privateWords =
  /\b(errands?|happenings?|digesters?|unmendable|mend(s|ed|ing)?|anew|whoever|in force|hold(s|ing)? out|goes by)\b/i;
/** More of them, which the sample data of tests contains as names. */
const privateNames = /\b(desks?|heralds?|couriers?)\b/i;

function privateWordsIn({ file, text }, patterns = [privateWords, privateNames]) {
  // The sample news of the demo is prose, not the product's vocabulary.
  if (file.startsWith(path.join('src', 'demo'))) return [];
  return text.split('\n').flatMap((line, index) => {
    const word = patterns.map((pattern) => pattern.exec(line)?.[0]).find((found) => found !== undefined);
    return word === undefined ? [] : [`${file}:${index + 1}: "${word}"; use the standard term`];
  });
}

/** Files of src/ that share a base name: opening a file by its name must find one. */
function repeatedNames(files) {
  const byName = Map.groupBy(files, ({ file }) => path.basename(file).replace(/\.tsx?$/, ''));
  return [...byName.values()]
    .filter((same) => same.length > 1)
    .map((same) => `${same.map(({ file }) => file).join(', ')}: the same base name; name the room in one of them`);
}

const sources = [...filesBelow('src'), ...filesBelow('db')];
const tests = filesBelow('test');
const problems = [
  ...[...sources, ...tests]
    .filter((f) => f.lines > limits.maxFileLines)
    .map((f) => `${f.file}: ${f.lines} lines; at most ${limits.maxFileLines}`),
  ...sources.flatMap(undocumented),
  ...repeatedNames(sources.filter(({ file }) => file.startsWith('src'))),
  ...[...sources, ...filesBelow('docs', /\.md$/)].flatMap((file) => privateWordsIn(file)),
  ...[...tests, ...filesBelow('test', /\.md$/)].flatMap((file) => privateWordsIn(file, [privateWords])),
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
if (p90 > limits.p90FileLines)
  problems.push(`nine files of ten have up to ${p90} lines; at most ${limits.p90FileLines}`);

for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(
  `style: ${sources.length} source files, ${sum(sources)} lines, p90 ${p90}; tests ${sum(tests)} lines; ${problems.length} problems\n`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
