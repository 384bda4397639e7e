import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../../../src/demo/random.ts';
import type { WireFilter } from '../../../src/domain/events/wire.ts';
import { makeHome, type ServerProcess, startServer } from '../server.ts';
import { until } from '../until.ts';
import { expectedEvents, keepSourcesDue, readEventLog, searchedWord, startFeedGenerator } from './feed-generator.ts';
import { type Fault, type FaultyNetwork, startProxy } from './proxy.ts';
import { type ReaderOptions, type SoakReader, startNewswireClient, startSocketReader } from './soak-readers.ts';
import { compareWithLog } from './soak-report.ts';

/** Options of a soak. */
export interface SoakOptions {
  /** Minimum number of deliveries to conforming clients in total. */
  readonly deliveries: number;
  readonly seed: number;
  /** Minimum number of kills, and of stops. */
  readonly minFaults: number;
  /** Time between two `kill -9` of the polling node, and between two `SIGSTOP` of the other. */
  readonly killEveryMs: number;
  readonly stopEveryMs: number;
  readonly onProgress?: (deliveries: number) => void;
}

/** Result of one client. */
export interface ReaderReport {
  readonly name: string;
  readonly deliveries: number;
  readonly connections: number;
  /** Events of the log that it never received. */
  readonly lost: number;
  /** Events that it applied twice. */
  readonly repeated: number;
  /** Events that it applied without matching its filter, or out of order. */
  readonly wrong: number;
  readonly problems: readonly string[];
  /** A deliberately wrong client, which must fail. */
  readonly isNaive: boolean;
}

/** Result of a soak. */
export interface SoakReport {
  readonly seed: number;
  readonly seconds: number;
  readonly events: number;
  readonly deliveries: number;
  readonly kills: number;
  readonly stops: number;
  readonly faults: Readonly<Record<Fault['kind'], number>>;
  readonly readers: readonly ReaderReport[];
}

const everything: WireFilter = { backfill: true };
const oneSource: WireFilter = { sources: ['s3'], backfill: true };
const oneWord: WireFilter = { q: searchedWord, backfill: true };
const stopForMs = 1500;
const quietMs = 60_000;

/**
 * Runs two server processes on one database. One is killed repeatedly, the other suspended. Clients of every kind connect through
 * proxies that cut, stall and throttle connections. At the end the events that each client applied are compared with the log.
 */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const startedMs = performance.now();
  const environment = await openEnvironment(options);
  try {
    const { readers, deliveriesOf } = environment;
    const chaos = environment.startChaos();
    let reported = 0;
    const isEnough = (): boolean =>
      deliveriesOf() >= options.deliveries && Math.min(chaos.kills(), chaos.stops()) >= options.minFaults;
    while (!isEnough()) {
      await sleep(100);
      if (deliveriesOf() - reported < options.deliveries / 50) continue;
      reported = deliveriesOf();
      options.onProgress?.(reported);
    }
    await chaos.end();
    await environment.settle();
    const log = readEventLog(environment.home);
    const reports = readers.map((reader) => compareWithLog(reader, expectedEvents(reader.filter, log)));
    return {
      seed: options.seed,
      seconds: (performance.now() - startedMs) / 1000,
      events: log.length,
      deliveries: reports.reduce((sum, { deliveries, isNaive }) => sum + (isNaive ? 0 : deliveries), 0),
      kills: chaos.kills(),
      stops: chaos.stops(),
      faults: sumFaults(environment.proxies),
      readers: reports,
    };
  } finally {
    await environment.close();
  }
}

async function openEnvironment(options: SoakOptions) {
  const random = seededRandom(options.seed);
  const newsroom = await startFeedGenerator(random);
  const home = makeHome(newsroom.sourcesYaml);
  const env = { LOG_LEVEL: 'info' };
  const nodes: { poller: ServerProcess; server: ServerProcess } = {
    poller: await startServer(home, env),
    server: await startServer(home, { ...env, ROLES: 'serve' }),
  };
  const stopDue = keepSourcesDue(home);
  const calm = { now: false };
  const portOf = (node: keyof typeof nodes) => () => Number(new URL(nodes[node].url).port);
  const rough = () => (calm.now ? none : roughFault(random));
  const cuts = () => (calm.now ? none : cutFault(random));
  const proxies = {
    poller: await startProxy(portOf('poller'), rough),
    server: await startProxy(portOf('server'), rough),
    // For clients whose heartbeat timeout is longer than the soak.
    patient: await startProxy(portOf('server'), cuts),
    slow: await startProxy(portOf('server'), () => (calm.now ? none : { kind: 'trickle', forMs: 40_000 })),
  };
  const readers = startReaders({ random, proxies, direct: () => nodes.server.url });
  return {
    home,
    readers,
    proxies: Object.values(proxies),
    deliveriesOf: () => readers.reduce((sum, { applied, flaw }) => sum + (flaw === null ? applied.length : 0), 0),
    startChaos: () => startChaos(options, nodes, () => startServer(home, env)),
    async settle() {
      newsroom.publishing = false;
      await until('the log to stop growing', () => isStable(() => readEventLog(home).length), quietMs);
      stopDue();
      calm.now = true;
      for (const reader of readers) reader.refresh();
      const head = readEventLog(home).at(-1)?.seq ?? 0;
      const isDone = (reader: SoakReader) => reader.isLive() && (reader.flaw !== null || reader.last >= head);
      await until('every client to reach the head', () => (readers.every(isDone) ? true : null), quietMs).catch(() => {
        // The report shows which client has not, and what it misses.
      });
    },
    async close() {
      for (const reader of readers) reader.close();
      for (const node of Object.values(nodes)) await node.end('SIGKILL');
      for (const proxy of Object.values(proxies)) await proxy.close();
      await newsroom.close();
      home.remove();
    },
  };
}

const none: Fault = { kind: 'none' };

function roughFault(random: () => number): Fault {
  const chance = random();
  const afterBytes = Math.floor(random() ** 2 * 150_000);
  if (chance < 0.8) return { kind: 'cut', afterBytes };
  if (chance < 0.92) return { kind: 'black hole', afterBytes };
  return chance < 0.96 ? { kind: 'trickle', forMs: 3000 } : none;
}

function cutFault(random: () => number): Fault {
  return random() < 0.9 ? { kind: 'cut', afterBytes: Math.floor(random() * 200_000) } : none;
}

function sumFaults(proxies: readonly FaultyNetwork[]): Record<Fault['kind'], number> {
  const sum = { none: 0, cut: 0, 'black hole': 0, trickle: 0 };
  for (const { counts } of proxies) {
    for (const kind of Object.keys(sum) as Fault['kind'][]) sum[kind] += counts[kind];
  }
  return sum;
}

/** Null until a count has not changed for two seconds. */
async function isStable(count: () => number): Promise<true | null> {
  const before = count();
  await sleep(2000);
  return count() === before ? true : null;
}

interface ReaderParts {
  readonly random: () => number;
  readonly proxies: Readonly<Record<'poller' | 'server' | 'patient' | 'slow', FaultyNetwork>>;
  readonly direct: () => string;
}

function startReaders({ random, proxies, direct }: ReaderParts): readonly SoakReader[] {
  const through = (proxy: FaultyNetwork): string => `http://127.0.0.1:${proxy.port}`;
  const anyProxy = (): string => through(random() < 0.5 ? proxies.poller : proxies.server);
  const common = { random, url: anyProxy };
  const socket = (name: string, filter: WireFilter, more: Partial<ReaderOptions> = {}): SoakReader =>
    startSocketReader({ ...common, name, filter, ...more });
  const long = { patienceMs: 90_000 };
  return [
    ...Array.from({ length: 10 }, (_, index) => socket(`everything ${index + 1}`, everything)),
    ...Array.from({ length: 2 }, (_, index) => socket(`one source ${index + 1}`, oneSource)),
    ...Array.from({ length: 3 }, (_, index) => socket(`one word ${index + 1}`, oneWord)),
    ...Array.from({ length: 4 }, (_, index) => socket(`plain ${index + 1}`, everything, { plain: true })),
    socket('plain, one connection', everything, { plain: true, stays: true, url: direct, ...long }),
    socket('one byte a second', everything, { url: () => through(proxies.slow), ...long }),
    startNewswireClient({
      ...common,
      name: 'client, WebSocket',
      filter: everything,
      url: () => through(proxies.patient),
      overStream: false,
    }),
    startNewswireClient({
      ...common,
      name: 'client, stream',
      filter: oneWord,
      url: () => through(proxies.patient),
      overStream: true,
    }),
    socket('naive: forgets its cursor', everything, { flaw: 'forgets its cursor' }),
    socket('naive: applies repeats', everything, { flaw: 'applies repeats' }),
  ];
}

/** Repeatedly kills one node and suspends the other. */
function startChaos(
  { killEveryMs, stopEveryMs }: SoakOptions,
  nodes: { poller: ServerProcess; readonly server: ServerProcess },
  restart: () => Promise<ServerProcess>,
) {
  const counts = { kills: 0, stops: 0 };
  const ending = new AbortController();
  const pause = (ms: number): Promise<boolean> =>
    sleep(ms, true, { signal: ending.signal }).catch((error: Error) => {
      if (error.name !== 'AbortError') throw error;
      return false;
    });
  const killing = (async () => {
    while (await pause(killEveryMs)) {
      await nodes.poller.end('SIGKILL');
      counts.kills += 1;
      nodes.poller = await restart();
    }
  })();
  const stopping = (async () => {
    while (await pause(stopEveryMs)) {
      process.kill(nodes.server.pid, 'SIGSTOP');
      counts.stops += 1;
      await sleep(stopForMs);
      process.kill(nodes.server.pid, 'SIGCONT');
    }
  })();
  return {
    kills: () => counts.kills,
    stops: () => counts.stops,
    async end() {
      ending.abort();
      await Promise.all([killing, stopping]);
    },
  };
}
