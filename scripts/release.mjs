// `npm run release -- 0.2.0`: makes the head of CHANGELOG.md the notes of a version. Requires a clean clone of main. It
// dates the section "Unreleased", sets the version in package.json and package-lock.json, commits, and adds a tag whose
// message is that section. It pushes and publishes nothing; it prints the two commands that do.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const changelog = path.join(root, 'CHANGELOG.md');
const heading = '## Unreleased';

const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

/** The text below the heading "Unreleased", up to the next heading of a version. */
function unreleasedNotes(text) {
  const start = text.indexOf(`${heading}\n`);
  if (start === -1) throw new Error(`CHANGELOG.md: no heading "${heading}"; add it above the newest version`);
  const from = start + heading.length + 1;
  const next = text.indexOf('\n## ', from);
  const notes = text.slice(from, next === -1 ? undefined : next).trim();
  if (notes === '') throw new Error(`CHANGELOG.md: nothing stands below "${heading}"; there is nothing to release`);
  return notes;
}

function release(version) {
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version ?? ''))
    throw new Error(`not a version: "${version ?? ''}"; use for example: npm run release -- 0.2.0`);
  if (git('status', '--porcelain') !== '') throw new Error('the clone has uncommitted changes; commit or stash them');
  if (git('branch', '--show-current') !== 'main') throw new Error('releases are made on main; check it out first');
  if (git('tag', '--list', `v${version}`) !== '') throw new Error(`the tag v${version} exists; choose another version`);
  const text = readFileSync(changelog, 'utf8');
  const notes = unreleasedNotes(text);
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(changelog, text.replace(`${heading}\n`, `${heading}\n\n## ${version} - ${date}\n`));
  for (const name of ['package.json', 'package-lock.json']) setVersion(path.join(root, name), version);
  git(
    'commit',
    '--quiet',
    '-m',
    `chore: release ${version}`,
    '--',
    'CHANGELOG.md',
    'package.json',
    'package-lock.json',
  );
  git('tag', '--annotate', `v${version}`, '--cleanup=verbatim', '-m', `Newswire ${version}\n\n${notes}`);
  console.log(`committed and tagged v${version}. To publish it:\n  git push --follow-tags\n  npm publish`);
}

function setVersion(file, version) {
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  manifest.version = version;
  if (manifest.packages?.[''] !== undefined) manifest.packages[''].version = version;
  writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
}

try {
  release(process.argv[2]);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
