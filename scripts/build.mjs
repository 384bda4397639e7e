// Builds dist/ from src/ and db/: into a temporary folder that is renamed into place, under a lock, so that two commands
// that start at once never see a partial build. With --if-stale it does nothing if dist/ is newer than every source file.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const dist = path.join(root, 'dist');
const stamp = path.join(dist, '.built');
const lock = path.join(root, '.build.lock');
const inputs = [
  'src',
  'db/migrations',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'tsconfig.browser.json',
];

/** The latest modification time below a path, in epoch milliseconds. Folders count too, so that a deletion is noticed. */
function newest(file) {
  const stat = statSync(file);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(file).map((name) => newest(path.join(file, name))));
}

function isStale() {
  if (!existsSync(stamp)) return true;
  const built = statSync(stamp).mtimeMs;
  return inputs.some((input) => newest(path.join(root, input)) > built);
}

function tsc(project, outDir) {
  const bin = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [bin, '-p', project, '--noEmit', 'false', '--outDir', outDir];
  const run = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  if (run.status === 0) return;
  process.stderr.write(`${run.stdout}${run.stderr}\nThe build failed; dist/ is unchanged.\n`);
  throw new Error(`tsc -p ${project} failed`);
}

/** Copies icons and style sheets. A sheet's relative imports are replaced by the files, so that browsers load one file. */
function copyAssets(from, to) {
  const read = (name) => readFileSync(path.join(from, name), 'utf8');
  const bundle = (sheet) => sheet.replace(/^@import "(\.\/[^"]+)";$/gm, (_, name) => read(name).trim());
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    if (entry.name.endsWith('.css')) writeFileSync(path.join(to, entry.name), bundle(read(entry.name)));
    else cpSync(path.join(from, entry.name), path.join(to, entry.name));
  }
}

function build() {
  const startedAt = new Date();
  const work = path.join(root, `.build-${process.pid}`);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  try {
    tsc('tsconfig.build.json', work);
    tsc('tsconfig.browser.json', path.join(work, 'public'));
    const assets = path.join(root, 'src', 'web', 'assets');
    if (existsSync(assets)) copyAssets(assets, path.join(work, 'public', 'assets'));
    writeFileSync(path.join(work, '.built'), `${startedAt.toISOString()}\n`);
    // The stamp has the time at which the build started: a file saved during the build makes it stale.
    utimesSync(path.join(work, '.built'), startedAt, startedAt);
    const old = path.join(root, `.build-old-${process.pid}`);
    if (existsSync(dist)) renameSync(dist, old);
    renameSync(work, dist);
    rmSync(old, { recursive: true, force: true });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Runs `work` under the lock. A lock older than two minutes is taken over, since its owner has ended. */
async function underLock(work) {
  for (let waited = 0; ; waited += 100) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const ageMs = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (ageMs > 120_000) rmSync(lock, { recursive: true, force: true });
      if (waited > 180_000) throw new Error(`another build holds ${lock}; remove it if no build is running`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  try {
    work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** Builds if needed. Reports on stderr, so that stdout belongs to the command. */
export async function buildIfStale() {
  if (!existsSync(path.join(root, 'src')) || !isStale()) return;
  await underLock(() => {
    if (!isStale()) return;
    const started = performance.now();
    process.stderr.write('Building newswire … ');
    build();
    process.stderr.write(`done in ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    if (process.argv.includes('--if-stale')) await buildIfStale();
    else await underLock(build);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
