// `npm run dev`: compiles the sources on every change and restarts the demo with the result. If a build fails, the server
// of the last good build keeps running. Arguments are passed to `newswire demo`: `npm run dev -- --every 5`.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, watch } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import './stop-with-parent.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const out = path.join(root, '.dev');
const assets = path.join(root, 'src', 'web', 'assets');
const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
/** An editor writes a file in several steps. */
const quietMs = 50;

const compilers = [
  { name: 'server', project: 'tsconfig.build.json', outDir: out },
  { name: 'browser', project: 'tsconfig.browser.json', outDir: path.join(out, 'public') },
];
/** By name of the compiler: whether its last run is over, and without errors. */
const results = new Map(compilers.map(({ name }) => [name, 'running']));
const children = new Set();
let server = null;
/** Port 0 lets the first server choose; the later ones keep its choice. */
let port = process.env.PORT === '0' ? undefined : process.env.PORT;
let restarting = Promise.resolve();
let timer;
let isStopping = false;

const say = (text) => process.stdout.write(`dev: ${text}\n`);

/** Starts a child process, out of reach of the terminal's Ctrl-C: this process decides in which order they end. */
function start(args, options) {
  const child = spawn(process.execPath, args, { cwd: root, detached: true, ...options });
  child.ended = new Promise((resolve) => {
    child.once('exit', (code) => {
      children.delete(child);
      resolve(code);
    });
  });
  children.add(child);
  return child;
}

/** Runs a compiler that watches its files, and restarts the server after each of its runs without errors. */
function compile({ name, project, outDir }) {
  const flags = ['--noEmit', 'false', '--noEmitOnError', '--watch', '--preserveWatchOutput'];
  const child = start([tsc, '-p', project, '--outDir', outDir, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  let report = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (/Starting (incremental )?compilation/.test(line)) {
      results.set(name, 'running');
      clearTimeout(timer);
      report = [];
      return;
    }
    const found = /Found (\d+) errors?\b/.exec(line)?.[1];
    if (found === undefined) report.push(line);
    else finish(name, Number(found), report);
  });
  child.ended.then((code) => {
    if (!isStopping) stop(`the compiler of the ${name} ended with ${code}`, 1);
  });
}

function finish(name, errors, report) {
  results.set(name, errors === 0 ? 'good' : 'failed');
  if (errors > 0) {
    process.stderr.write(`${report.join('\n').trim()}\n`);
    const state = server === null ? 'waiting for the next change' : 'the server of the last good build keeps running';
    say(`BUILD FAILED (${name}, ${errors} ${errors === 1 ? 'error' : 'errors'}); ${state}`);
  }
  restartSoon();
}

function restartSoon() {
  clearTimeout(timer);
  if (isStopping || [...results.values()].some((result) => result !== 'good')) return;
  timer = setTimeout(() => {
    restarting = restarting.then(restart);
  }, quietMs);
}

async function restart() {
  if (isStopping) return;
  const startedAt = performance.now();
  await end(server);
  const guard = path.join(root, 'scripts', 'stop-with-parent.mjs');
  const args = ['--import', guard, path.join(out, 'src', 'cli.js'), 'demo', ...process.argv.slice(2)];
  const env = { ...process.env, ...(port === undefined ? {} : { PORT: port }) };
  const child = start(args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  server = child;
  await new Promise((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const url = /^Newswire is at (\S+)/.exec(line)?.[1];
      if (url === undefined) return void process.stdout.write(`${line}\n`);
      // Every later server listens where an open page expects it.
      port ??= new URL(url).port;
      say(`${url} is up after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
      resolve();
    });
    child.ended.then((code) => {
      if (!isStopping && server === child) say(`the server ended with ${code}; waiting for a change`);
      resolve();
    });
  });
}

async function end(child) {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  server = null;
  child.kill('SIGTERM');
  // A second signal skips the wait for open streams: an open page reconnects to the next server.
  const timers = [setTimeout(() => child.kill('SIGTERM'), 100), setTimeout(() => child.kill('SIGKILL'), 10_000)];
  await child.ended;
  for (const each of timers) clearTimeout(each);
}

async function stop(reason, code) {
  if (isStopping) return;
  isStopping = true;
  clearTimeout(timer);
  say(reason);
  const all = [...children];
  for (const child of all) if (child !== server) child.kill('SIGTERM');
  await end(server);
  await Promise.all(all.map((child) => child.ended));
  rmSync(out, { recursive: true, force: true });
  process.exit(code);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop('stopping', 0));

rmSync(out, { recursive: true, force: true });
mkdirSync(path.join(out, 'public'), { recursive: true });
const copyAssets = () => cpSync(assets, path.join(out, 'public', 'assets'), { recursive: true });
copyAssets();
watch(assets, { recursive: true }, () => {
  copyAssets();
  restartSoon();
});
say('compiling; Ctrl-C ends it');
for (const compiler of compilers) compile(compiler);
