import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { seededRandom } from '../../../src/demo/random.ts';
import type { WireFilter } from '../../../src/domain/events/wire.ts';
import { startOrigin } from '../origin.ts';
import { type Home, makeHome, runCommand, type ServerProcess, startServer } from '../server.ts';
import { expectedEvents, keepSourcesDue, readEventLog, searchedWord } from '../soak/feed-generator.ts';
import { type SoakReader, startNewswireClient, startSocketReader } from '../soak/soak-readers.ts';
import { compareWithLog } from '../soak/soak-report.ts';
import { until } from '../until.ts';
import { countedItem, type Load, startLoad } from './load.ts';
import { type Publishers, startPublishers } from './publishers.ts';
import { hookSecret, type ReceiverReport, type Receivers, startReceivers } from './receivers.ts';
import type { SystemReport } from './system-report.ts';
import { createWatchdog, type Sample, slopePerHour, type Watchdog } from './watchdog.ts';

/** Options of a system run. */
export interface SystemOptions {
  readonly seed: number;
  /** Seconds of load after the restart. Housekeeping starts one minute after a start. */
  readonly seconds: number;
  /** Seconds of load before the restart. */
  readonly secondsBefore: number;
  /** Seconds for which the CPU of the idle server is measured. */
  readonly idleSeconds: number;
  readonly onProgress?: (seconds: number) => void;
}

/** As in `npm start`. */
const shippedOptions = ['--max-semi-space-size=4', '--heap-growing-percent=70'];
const reloadEveryMs = 5000;
const withdrawEveryMs = 12_000;
/** Each source is made due once per this many intervals of 250 ms. */
const dueTurns = 12;
const quietMs = 60_000;
const settleMs = 5000;
const stopWithinMs = 30_000;
const warmUpShare = 1 / 3;
/** Samples (one per second) ignored after a start, while modules are loaded and the database is opened. */
const startUpSamples = 5;
const sampleEveryMs = 1000;

const everything: WireFilter = { backfill: true };

/**
 * Runs the built server with all features: changing feeds, hubs that push, webhooks, subscribers of its own hub, live clients,
 * visitors, comments, searches, retention, edited declarations, withdrawals and a restart. At the end the events that each
 * receiver got are compared with the event log.
 */
export async function runSystem(options: SystemOptions): Promise<SystemReport> {
  const system = await openSystem(options.seed);
  try {
    const startedMs = performance.now();
    await system.start();
    await system.receivers.subscribe(system.url);
    const readers = startReaders(system.url, seededRandom(options.seed + 2));
    system.onClose(() => {
      for (const reader of readers) reader.close();
    });
    const load = startLoad(system.url, seededRandom(options.seed + 3));
    system.onClose(() => load.close());
    const operations = startOperations(system);
    await sleep(options.secondsBefore * 1000);
    load.pause();
    await system.restart();
    load.resume();
    for (let second = 0; second < options.seconds; second += 1) {
      await sleep(1000);
      options.onProgress?.(second + 1);
    }
    await load.stop();
    const chored = await operations.stop();
    await settle(system, readers);
    // Let garbage collection and rate-limited deliveries of the hub finish first.
    await sleep(settleMs);
    const watchedUntilMs = Date.now();
    const idleCpuPercent = await system.watchdog.idleCpu(system.server, options.idleSeconds * 1000);
    await until('the counts of reads', () => load.countedReads === load.visitors || null, 10_000).catch(() => {
      // The report shows what is missing.
    });
    await system.stop();
    const log = readEventLog(system.home);
    return {
      ...{ seed: options.seed, events: log.length, idleCpuPercent, ...chored },
      seconds: (performance.now() - startedMs) / 1000,
      ...{ pushed: system.publishers.pushed, exits: system.exits, faults: faultsOf(system.output()) },
      ...watched(system.watchdog.samples(), system.starts, watchedUntilMs),
      ...countsOf(system.home, load),
      received: [...system.receivers.compareWithLog(log), ...readers.map((reader) => receivedBy(reader, log))],
      requests: load.figures(),
    };
  } finally {
    await system.close();
  }
}

interface System {
  readonly home: Home;
  readonly url: string;
  readonly publishers: Publishers;
  readonly receivers: Receivers;
  readonly watchdog: Watchdog;
  readonly server: ServerProcess;
  /** Times at which the server was listening, epoch ms. */
  readonly starts: readonly number[];
  readonly exits: readonly (number | null)[];
  output(): string;
  start(): Promise<void>;
  /** Stops the server, or kills it when it does not exit. */
  stop(): Promise<void>;
  restart(): Promise<void>;
  onClose(cleanup: () => unknown): void;
  close(): Promise<void>;
}

async function openSystem(seed: number): Promise<System> {
  const publishers = await startPublishers(seededRandom(seed));
  const receivers = await startReceivers();
  const home = makeHome(publishers.sourcesYaml(0));
  home.write('hooks.yaml', receivers.hooksYaml);
  const watchdog = createWatchdog(home);
  // PUBLIC_URL contains the port, so it must be known before the start.
  const probe = await startOrigin();
  await probe.close();
  const url = `http://127.0.0.1:${probe.port}`;
  const env = {
    ...watchdog.env,
    ...{ PORT: String(probe.port), PUBLIC_URL: url, LOG_LEVEL: 'info', NEWS_HOOK_SECRET: hookSecret },
    ...{ ALLOW_PRIVATE_NETWORKS_FOR_ALL: '127.0.0.0/8', TRUSTED_PROXIES: '127.0.0.0/8' },
  };
  const cleanups: (() => unknown)[] = [() => home.remove(), () => publishers.close(), () => receivers.close()];
  const servers: ServerProcess[] = [];
  const starts: number[] = [];
  const exits: (number | null)[] = [];
  const current = (): ServerProcess => {
    const server = servers.at(-1);
    if (server === undefined) throw new Error('the server was not started');
    return server;
  };
  const system: System = {
    ...{ home, url, publishers, receivers, watchdog, starts, exits },
    get server() {
      return current();
    },
    output: () => servers.map((server) => server.output()).join(''),
    async start() {
      const server = await startServer(home, env, [...shippedOptions, ...watchdog.nodeOptions]);
      servers.push(server);
      starts.push(Date.now());
      cleanups.push(() => server.end('SIGKILL'));
    },
    async stop() {
      const code = await Promise.race([current().end(), sleep(stopWithinMs, null, { ref: false })]);
      exits.push(code);
      if (code === null) await current().end('SIGKILL');
    },
    async restart() {
      await system.stop();
      await system.start();
    },
    onClose: (cleanup) => void cleanups.push(cleanup),
    async close() {
      for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    },
  };
  return system;
}

function startReaders(url: string, random: () => number): readonly SoakReader[] {
  const common = { url: () => url, random, patienceMs: 60_000 };
  const oneWord: WireFilter = { q: searchedWord, backfill: true };
  const oneSource: WireFilter = { sources: ['s3'], backfill: true };
  return [
    startSocketReader({ ...common, name: 'WebSocket, everything', filter: everything }),
    startSocketReader({ ...common, name: 'WebSocket, one source', filter: oneSource }),
    startSocketReader({ ...common, name: 'WebSocket, one word', filter: oneWord }),
    startSocketReader({ ...common, name: 'WebSocket by address', filter: everything, plain: true }),
    startNewswireClient({ ...common, name: 'client, WebSocket', filter: everything, overStream: false }),
    startNewswireClient({ ...common, name: 'client, event stream', filter: everything, overStream: true }),
    startNewswireClient({ ...common, name: 'client, event stream, one word', filter: oneWord, overStream: true }),
  ];
}

/** Makes sources due, edits declarations and withdraws items. */
function startOperations({ home, publishers }: System) {
  const stopDue = keepSourcesDue(home, dueTurns);
  const done = { reloads: 0, withdrawn: 0 };
  const reloading = setInterval(() => {
    done.reloads += 1;
    home.write('sources.yaml', publishers.sourcesYaml(done.reloads));
  }, reloadEveryMs);
  let withdrawing: Promise<void> = Promise.resolve();
  const withdrawal = setInterval(() => {
    withdrawing = withdrawing.then(async () => {
      const item = readEventLog(home).findLast((row) => row.source_id === 's7' && row.op === 'add');
      if (item === undefined) return;
      const { code } = await runCommand(home, ['withdraw', String(item.item_id)]);
      if (code === 0) done.withdrawn += 1;
    });
  }, withdrawEveryMs);
  return {
    async stop(): Promise<{ readonly reloads: number; readonly withdrawn: number }> {
      clearInterval(reloading);
      clearInterval(withdrawal);
      await withdrawing;
      publishers.publishing = false;
      // Wait until the last pushes have been read.
      await sleep(4000);
      stopDue();
      return done;
    },
  };
}

/** Waits until the log stops growing and every receiver has reached its head. The report shows what is missing. */
async function settle({ home, receivers }: System, readers: readonly SoakReader[]): Promise<void> {
  let before = -1;
  await until(
    'the log to come to rest',
    async () => {
      const last = before;
      before = readEventLog(home).length;
      if (before === last) return true;
      await sleep(2000);
      return null;
    },
    quietMs,
  );
  for (const reader of readers) reader.refresh();
  const log = readEventLog(home);
  const head = log.at(-1)?.seq ?? 0;
  const isDone = (): boolean =>
    readers.every((reader) => reader.isLive() && reader.last >= head) && receivers.areDone(log);
  await until('every receiver to reach the head', () => isDone() || null, quietMs).catch(() => {
    // The report shows which receiver has not, and what it misses.
  });
}

function receivedBy(reader: SoakReader, log: ReturnType<typeof readEventLog>): ReceiverReport {
  const expected = expectedEvents(reader.filter, log);
  const { name, deliveries, lost, repeated, wrong, problems } = compareWithLog(reader, expected);
  return { name, expected: expected.length, received: deliveries, lost, repeated, wrong, problems };
}

/** Event loop and memory, without the samples of starts and stops. */
function watched(samples: readonly Sample[], starts: readonly number[], untilMs: number) {
  const lastStartMs = starts.at(-1) ?? 0;
  const seen = new Map<number, number>();
  const running = samples.filter(({ pid, atMs }) => {
    seen.set(pid, (seen.get(pid) ?? 0) + 1);
    return (seen.get(pid) ?? 0) > startUpSamples && atMs < untilMs;
  });
  const last = running.filter(({ atMs }) => atMs > lastStartMs);
  const warmAtMs = lastStartMs + ((last.at(-1)?.atMs ?? lastStartMs) - lastStartMs) * warmUpShare;
  const warm = last.filter(({ atMs }) => atMs >= warmAtMs);
  return {
    longestBlockMs: running.reduce((longest, { blockMs }) => Math.max(longest, blockMs), 0),
    // A blocked process writes no samples, so the time between two samples counts too.
    longestDelayMs: running.reduce((longest, sample, index) => {
      const next = running[index + 1];
      const nextMs = next === undefined ? untilMs : next.pid === sample.pid ? next.atMs : sample.atMs;
      return Math.max(longest, sample.delayMs, nextMs - sample.atMs - sampleEveryMs);
    }, 0),
    memory: {
      samples: warm.length,
      rssMb: last.at(-1)?.rssMb ?? 0,
      rssMbPerHour: slopePerHour(warm.map(({ atMs, rssMb }) => ({ atMs, value: rssMb }))),
      heapMbPerHour: slopePerHour(warm.map(({ atMs, heapMb }) => ({ atMs, value: heapMb }))),
    },
  };
}

function countsOf(home: Home, load: Load) {
  const database = new Database(path.join(home.folder, 'newswire.sqlite'), { readonly: true, timeout: 5000 });
  try {
    const count = (sql: string, ...values: number[]): number =>
      (database.prepare(sql).get(...values) as { n: number } | undefined)?.n ?? 0;
    const reads = count('SELECT reads AS n FROM item_count WHERE item_id = ?', countedItem);
    return {
      polls: count('SELECT count(*) AS n FROM refresh'),
      comments: { accepted: load.commentsAccepted, stored: count('SELECT count(*) AS n FROM comment') },
      // The count that a client received must be the stored one.
      reads: { visitors: load.visitors, counted: load.countedReads === reads ? reads : load.countedReads },
    };
  } finally {
    database.close();
  }
}

/** pino's level of an error is 50. */
function faultsOf(output: string): readonly string[] {
  return output.split('\n').filter((line) => /^\{"level":[56]0,/.test(line));
}
