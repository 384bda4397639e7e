import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import type { BareAnswer } from './bare-server.ts';
import { fillDatabase, fillSections } from './fill.ts';
import { Connection, load, requestOf } from './load.ts';
import { startScript, usageOf } from './processes.ts';
import { median, printRows } from './report.ts';

const here = path.dirname(fileURLToPath(import.meta.url));
const connections = 16;
const roundSeconds = 2;
const rounds = 3;
/** Requests of each page at each size, each after a commit, without warm-up. */
const growthRequests = 600;
const warmingUp = 40;
/** Requests after which sizes alternate. */
const growthTurn = 20;

/** A request, and the minimum share of the bare handler's speed. */
interface Case {
  readonly name: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
  readonly goal: number;
}

const plain = { 'accept-encoding': 'identity' };
const feed = { path: '/feed.rss', goal: 0.8 };
const cases: readonly Case[] = [
  { ...feed, name: '/feed.rss, br', headers: { 'accept-encoding': 'br' }, status: 200 },
  { ...feed, name: '/feed.rss, identity', headers: plain, status: 200 },
  { ...feed, name: '/feed.rss, 304', headers: plain, status: 304 },
  { name: '/', path: '/', headers: plain, status: 200, goal: 0.5 },
  { name: '/items/77', path: '/items/77', headers: plain, status: 200, goal: 0.5 },
  { name: '/search?q=', path: '/search?q=council', headers: plain, status: 200, goal: 0.5 },
];

/** A measurement and whether its goal is met. */
interface Measurement {
  readonly what: string;
  readonly bare: number;
  readonly newswire: number;
  readonly ratio: number;
  /** CPU of the server in microseconds for each request. */
  readonly bareCpuUs?: number;
  readonly newswireCpuUs?: number;
  readonly goal: string;
  readonly met: boolean;
}

interface Server {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts Newswire on a database, without polling. */
async function startProduct(file: string, folder: string): Promise<Server> {
  const feeds = path.join(folder, 'feeds');
  mkdirSync(feeds, { recursive: true });
  const sources = 'sources:\n  - { url: "file:none.xml", id: none, section: World }\n';
  writeFileSync(path.join(feeds, 'sources.yaml'), `sections: [${fillSections.join(', ')}]\n${sources}`);
  const env = {
    ...process.env,
    PORT: '0',
    FEEDS_DIR: feeds,
    DATABASE_URL: `sqlite:${file}`,
    ROLES: 'serve',
    LOG_LEVEL: 'info',
  };
  const args = [path.join(here, '..', 'bin', 'newswire.js'), 'serve'];
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const found = /"url":"([^"]+)","msg":"listening"/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${output}`)));
  });
  return {
    port: Number(new URL(url).port),
    pid: child.pid ?? 0,
    stop: () => {
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** The responses of Newswire, byte for byte, for the bare handler. */
async function capture(server: Server): Promise<Record<string, BareAnswer>> {
  const answers: Record<string, BareAnswer> = {};
  for (const [index, one] of cases.entries()) {
    const response = await ask(server, one);
    const body = one.status === 304 ? '' : response.body.toString('base64');
    answers[`/${index}`] = { status: one.status, headers: response.headers, body };
  }
  return answers;
}

interface Captured {
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

async function ask(server: Server, one: Case): Promise<Captured> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: server.port, path: one.path, headers: one.headers };
    const asked = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { date: _date, connection: _connection, 'keep-alive': _alive, ...headers } = response.headers;
        resolve({ headers: headers as Record<string, string>, body: Buffer.concat(chunks) });
      });
    });
    asked.on('error', reject).end();
  });
}

interface Speed {
  readonly perSecond: number;
  readonly cpuUs: number;
}

async function speedOf(server: Pick<Server, 'port' | 'pid'>, one: Case): Promise<Speed> {
  const before = usageOf(server.pid).cpuSeconds;
  const { requests, seconds } = await load(
    { ...one, port: server.port },
    { connections, seconds: roundSeconds, status: one.status },
  );
  const cpuSeconds = usageOf(server.pid).cpuSeconds - before;
  return { perSecond: requests / seconds, cpuUs: (cpuSeconds * 1e6) / requests };
}

/** Alternates each case with the bare handler, so that other load of the machine affects both. */
async function compare(server: Server, folder: string): Promise<Measurement[]> {
  const answers = await capture(server);
  const tag = answers['/1']?.headers['etag'] ?? '';
  const file = path.join(folder, 'answers.json');
  writeFileSync(file, JSON.stringify(answers));
  const bare = await startScript([path.join(here, 'bare-server.ts'), file], process.env);
  const floor = { port: Number(bare.line), pid: bare.child.pid ?? 0 };
  const measurements: Measurement[] = [];
  try {
    for (const [index, one] of cases.entries()) {
      const headers = one.status === 304 ? { ...one.headers, 'if-none-match': tag } : one.headers;
      const asked = { ...one, headers };
      const runs: { bare: Speed; product: Speed }[] = [];
      for (let round = 0; round < rounds; round += 1) {
        runs.push({
          bare: await speedOf(floor, { ...asked, path: `/${index}` }),
          product: await speedOf(server, asked),
        });
      }
      const of = (who: 'bare' | 'product', what: keyof Speed): number => median(runs.map((run) => run[who][what]));
      const ratio = of('product', 'perSecond') / of('bare', 'perSecond');
      measurements.push({
        what: `${one.name}, requests/s`,
        bare: of('bare', 'perSecond'),
        newswire: of('product', 'perSecond'),
        ratio,
        bareCpuUs: of('bare', 'cpuUs'),
        newswireCpuUs: of('product', 'cpuUs'),
        goal: `>= ${one.goal}`,
        met: ratio >= one.goal,
      });
    }
  } finally {
    bare.child.kill();
  }
  return measurements;
}

const searches = ['council', 'bako', '"of the" market', 'section:world week', 'author:"desk 7"', 'council -week'];

/** Requests at each size: another page or query each time. */
const grown: readonly { readonly name: string; path(index: number, items: number): string }[] = [
  { name: 'front page', path: () => '/' },
  { name: 'item page', path: (index, items) => `/items/${1 + ((index * 7919) % items)}` },
  { name: 'section feed', path: (index) => `/sections/${fillSections[index % 8]?.toLowerCase()}/feed.rss` },
  { name: 'search', path: (index) => `/search?q=${encodeURIComponent(searches[index % searches.length] ?? '')}` },
];

/** A database of one size and who serves it. */
interface Grown {
  readonly items: number;
  readonly line: Connection;
  /** Has something be committed. */
  commit(): void;
  close(): Promise<void>;
}

async function openGrown(items: number, file: string, folder: string): Promise<Grown> {
  const server = await startProduct(file, folder);
  const database = new Database(file, { timeout: 5000 });
  const write = database.prepare("INSERT OR REPLACE INTO setting (name, value) VALUES ('bench', ?)");
  const line = new Connection(server.port);
  let commits = 0;
  return {
    items,
    line,
    commit: () => {
      commits += 1;
      write.run(String(commits));
    },
    close: () => {
      line.close();
      database.close();
      return server.stop();
    },
  };
}

/**
 * The 99th percentile of each page, in ms, by size. Before every request something is committed, so that nothing kept
 * is good. The sizes alternate, on servers that were started for this: what else the machine does falls on all, and
 * none has run itself in on what the others have not been asked.
 */
async function tails(sizes: readonly Grown[]): Promise<Map<number, number[]>> {
  const found = new Map(sizes.map(({ items }) => [items, [] as number[]]));
  for (const page of grown) {
    const latencies = new Map(sizes.map(({ items }) => [items, [] as number[]]));
    for (let start = 0; start < warmingUp + growthRequests; start += growthTurn) {
      for (const one of sizes) {
        const took = await turnOf(one, page, start);
        if (start >= warmingUp) latencies.get(one.items)?.push(...took);
      }
    }
    for (const [items, all] of latencies) {
      all.sort((a, b) => a - b);
      found.get(items)?.push(all[Math.floor(all.length * 0.99)] ?? Number.NaN);
    }
  }
  return found;
}

async function turnOf({ items, line, commit }: Grown, page: (typeof grown)[number], start: number): Promise<number[]> {
  const took: number[] = [];
  for (let index = start; index < start + growthTurn; index += 1) {
    commit();
    const startedAt = performance.now();
    await line.request(requestOf({ path: page.path(index, items), headers: plain }), 200);
    took.push(performance.now() - startedAt);
  }
  return took;
}

async function databaseOf(items: number, folder: string, given: string | undefined): Promise<string> {
  const file = path.join(given ?? folder, `${items}.sqlite`);
  if (existsSync(file)) return file;
  process.stderr.write(`serve: filling ${items} items …\n`);
  await fillDatabase({ file, items, nowMs: Date.now() });
  return file;
}

/**
 * `npm run bench -- serve [--sizes 10000,100000,1000000] [--dir FOLDER] [--json]`: how fast pages and feeds are served
 * beside a bare handler that gives the same bytes, and how the slowest hundredth grows with the database.
 */
export async function serve(args: readonly string[]): Promise<void> {
  const options = { sizes: { type: 'string' }, dir: { type: 'string' }, json: { type: 'boolean' } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const sizes = (values.sizes ?? '10000,100000,1000000').split(',').map(Number);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'newswire-bench-'));
  const measurements: Measurement[] = [];
  const open: Grown[] = [];
  try {
    const files = new Map<number, string>();
    for (const items of sizes) files.set(items, await databaseOf(items, folder, values.dir));
    const [first] = files.values();
    if (first === undefined) throw new Error('serve takes --sizes N,N,…');
    const server = await startProduct(first, folder);
    try {
      measurements.push(...(await compare(server, folder)));
    } finally {
      await server.stop();
    }
    process.stderr.write('serve: compared\n');
    for (const [items, file] of files) open.push(await openGrown(items, file, folder));
    const bySize = await tails(open);
    measurements.push(...growthOf(sizes, bySize));
    print(measurements, { json: values.json === true, sizes, tails: bySize });
  } finally {
    for (const one of open) await one.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function growthOf(sizes: readonly number[], bySize: ReadonlyMap<number, readonly number[]>): Measurement[] {
  const [first, last] = [sizes[0] ?? 0, sizes.at(-1) ?? 0];
  if (first === last) return [];
  return grown.map(({ name }, index) => {
    const [bare, newswire] = [bySize.get(first)?.[index] ?? Number.NaN, bySize.get(last)?.[index] ?? Number.NaN];
    const ratio = newswire / bare;
    return {
      what: `${name}, p99 ms, ${first} and ${last} items`,
      bare,
      newswire,
      ratio,
      goal: '< 1.5',
      met: ratio < 1.5,
    };
  });
}

interface Printed {
  readonly json: boolean;
  readonly sizes: readonly number[];
  readonly tails: ReadonlyMap<number, readonly number[]>;
}

function print(measurements: readonly Measurement[], { json, sizes, tails: bySize }: Printed): void {
  if (json) {
    const p99Ms = Object.fromEntries(sizes.map((items) => [items, bySize.get(items)]));
    process.stdout.write(`${JSON.stringify({ measurements, p99Ms })}\n`);
    return;
  }
  printRows(`serve: ${connections} connections, medians of ${rounds} rounds`, [
    ['', 'bare / first', 'newswire / last', 'ratio', 'CPU µs', 'goal', ''],
    ...measurements.map(({ what, bare, newswire, ratio, bareCpuUs, newswireCpuUs, goal, met }) => [
      what,
      bare.toFixed(bare < 100 ? 2 : 0),
      newswire.toFixed(newswire < 100 ? 2 : 0),
      ratio.toFixed(2),
      bareCpuUs === undefined ? '' : `${bareCpuUs.toFixed(0)} / ${newswireCpuUs?.toFixed(0)}`,
      goal,
      met ? 'met' : 'MISSED',
    ]),
  ]);
}
