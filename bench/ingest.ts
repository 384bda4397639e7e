import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { minuteMs } from '../src/domain/durations.ts';
import { hasNewsboat, newsboat, type PeerUse } from './newsboat.ts';
import { startScript, usageOf } from './processes.ts';
import { median, printPeer, printTable } from './report.ts';

const here = path.dirname(fileURLToPath(import.meta.url));
const addresses = 250;
const sources = 1000;
const items = 30;

interface Round {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly peakRssMb: number;
}

interface Rounds {
  readonly cold: Round;
  readonly warm: Round;
}

interface Run {
  readonly floor: Rounds;
  readonly product: Rounds;
}

function floor(port: string, folder: string): Rounds {
  const args = [
    path.join(here, 'floor-ingest.ts'),
    port,
    String(addresses),
    String(sources),
    path.join(folder, 'floor.sqlite'),
  ];
  const text = execFileSync(process.execPath, args, { encoding: 'utf8' });
  const round = (name: string): Round =>
    JSON.parse(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.slice(5) ?? '',
    ) as Round;
  return { cold: round('cold'), warm: round('warm') };
}

/** Waits until a query over the database of Newswire returns a count. */
async function reached(database: Database.Database, query: string, count: number): Promise<void> {
  const statement = database.prepare(query).pluck();
  for (const startedAt = performance.now(); performance.now() - startedAt < 10 * minuteMs; ) {
    if (Number(statement.get()) >= count) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not reached within ten minutes: ${query} >= ${count}; last value ${String(statement.get())}`);
}

function urlsOf(port: string): string[] {
  return Array.from(
    { length: sources },
    (_, source) => `http://127.1.0.${(source % addresses) + 1}:${port}/${source}.xml`,
  );
}

async function product(port: string, folder: string): Promise<Rounds> {
  const feeds = path.join(folder, 'feeds');
  mkdirSync(feeds, { recursive: true });
  const lines = urlsOf(port).map((url, source) => `  - { url: "${url}", id: s${source} }`);
  const politeness = '{ hostGap: 0s, hostConcurrency: 1, globalPerSecond: 1000 }';
  writeFileSync(
    path.join(feeds, 'sources.yaml'),
    `site:\n  politeness: ${politeness}\nsources:\n${lines.join('\n')}\n`,
  );
  const file = path.join(folder, 'product.sqlite');
  const env = {
    ...process.env,
    PORT: '0',
    FEEDS_DIR: feeds,
    DATABASE_URL: `sqlite:${file}`,
    ALLOW_PRIVATE_NETWORKS: '127.0.0.0/8',
    LOG_LEVEL: 'warn',
  };
  const child = spawn(process.execPath, [...startFlags(), path.join(here, '..', 'bin', 'newswire.js'), 'serve'], {
    cwd: folder,
    env,
    stdio: 'inherit',
  });
  const pid = child.pid ?? 0;
  try {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const database = await openWhenDeclared(file);
    const cold = await measured(pid, async () => {
      // The first polls of so many sources would be spread over an hour.
      database.exec('UPDATE source SET next_check_ms = 0 WHERE last_attempt_ms IS NULL');
      await reached(database, `SELECT count(*) FROM source WHERE last_outcome = 'fresh'`, sources);
    });
    const stored = Number(database.prepare('SELECT count(*) FROM item').pluck().get());
    if (stored !== sources * items) throw new Error(`${stored} items are stored instead of ${sources * items}`);
    const warm = await measured(pid, async () => {
      database.exec('UPDATE source SET next_check_ms = 0');
      await reached(database, `SELECT count(*) FROM source WHERE last_outcome = 'not-modified'`, sources);
    });
    database.close();
    return { cold, warm };
  } finally {
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
  }
}

/** The Node options of `npm start`. */
function startFlags(): string[] {
  const { scripts } = JSON.parse(readFileSync(path.join(here, '..', 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  return (scripts['start'] ?? '').split(' ').filter((word) => word.startsWith('--'));
}

async function openWhenDeclared(file: string): Promise<Database.Database> {
  for (let tries = 0; tries < 600; tries += 1) {
    try {
      const database = new Database(file, { fileMustExist: true, timeout: 5000 });
      if (Number(database.prepare('SELECT count(*) FROM source').pluck().get()) === sources) return database;
      database.close();
    } catch (error) {
      if (!/no such table|unable to open/.test(String(error))) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the server has not stored its sources within a minute');
}

async function measured(pid: number, work: () => Promise<void>): Promise<Round> {
  const before = usageOf(pid);
  const startedAt = performance.now();
  await work();
  const wallSeconds = (performance.now() - startedAt) / 1000;
  const after = usageOf(pid);
  return { cpuSeconds: after.cpuSeconds - before.cpuSeconds, wallSeconds, peakRssMb: after.peakRssMb };
}

/** Polls 1,000 sources with 30 new items each, then all unchanged, with the baseline in the same run; medians. */
export async function ingest(rounds = 3): Promise<void> {
  const origin = await startScript(
    [path.join(here, 'origin.ts'), String(addresses), String(sources), String(items)],
    process.env,
  );
  const runs: Run[] = [];
  let peer: PeerUse | null = null;
  try {
    for (let index = 0; index < rounds; index += 1) {
      const folder = mkdtempSync(path.join(os.tmpdir(), 'newswire-bench-'));
      try {
        runs.push({ floor: floor(origin.line, folder), product: await product(origin.line, folder) });
        if (peer === null && hasNewsboat()) peer = await newsboat(urlsOf(origin.line), sources * items, folder);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
      process.stderr.write(`ingest: round ${index + 1} of ${rounds} done\n`);
    }
  } finally {
    origin.child.kill();
  }
  printRuns(runs, peer);
}

function printRuns(runs: readonly Run[], peer: PeerUse | null): void {
  const of = (who: 'floor' | 'product', when: 'cold' | 'warm', what: keyof Round): number =>
    median(runs.map((run) => run[who][when][what]));
  const row = (name: string, when: 'cold' | 'warm', what: keyof Round, goal: number | null) => ({
    name,
    floor: of('floor', when, what),
    product: of('product', when, what),
    goal,
  });
  printTable(`ingest: ${sources} sources x ${items} items on ${addresses} addresses, medians of ${runs.length}`, [
    row('cold, CPU s', 'cold', 'cpuSeconds', 1.6),
    row('cold, wall s', 'cold', 'wallSeconds', null),
    row('warm, CPU s', 'warm', 'cpuSeconds', 2),
    row('warm, wall s', 'warm', 'wallSeconds', null),
    row('peak RSS, MB', 'cold', 'peakRssMb', 1.5),
  ]);
  const both = (rounds: { readonly cold: { cpuSeconds: number }; readonly warm: { cpuSeconds: number } }): number =>
    rounds.cold.cpuSeconds + rounds.warm.cpuSeconds;
  const beside = (name: string, peer: number, product: number, goal: number | null) => ({ name, peer, product, goal });
  if (peer === null) process.stdout.write('newsboat is not installed: no comparison\n');
  else {
    printPeer('newsboat', [
      beside('cold, CPU s', peer.cold.cpuSeconds, of('product', 'cold', 'cpuSeconds'), 3),
      beside('warm, CPU s', peer.warm.cpuSeconds, of('product', 'warm', 'cpuSeconds'), 3),
      beside('both, CPU s', both(peer), median(runs.map((run) => both(run.product))), 3),
      beside('cold, wall s', peer.cold.wallSeconds, of('product', 'cold', 'wallSeconds'), null),
      beside('warm, wall s', peer.warm.wallSeconds, of('product', 'warm', 'wallSeconds'), null),
    ]);
  }
}
