// Newswire's live server over its own database. Usage: node bench/push/product.ts FOLDER; prints its URL and receives
// commands over IPC.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { type BenchServer, findSocket, type Publishing, serveBench } from './child.ts';
import { itemOf } from './item.ts';
import type { Meter } from './meter.ts';

type Built<Name extends string> = Name extends 'serving'
  ? typeof import('../../src/server/serving.ts')
  : Name extends 'metrics'
    ? typeof import('../../src/server/metrics-registry.ts')
    : never;

/** A compiled module: pages are JSX. */
async function built<T>(name: string): Promise<T> {
  return (await import(fileURLToPath(new URL(`../../dist/src/${name}.js`, import.meta.url)))) as T;
}

const { startServing } = await built<Built<'serving'>>('server/serving');
const { createMetrics } = await built<Built<'metrics'>>('server/metrics-registry');
const { openStore } = await built<typeof import('../../src/store/open-store.ts')>('store/open-store');
const { appendEvents } = await built<typeof import('../../src/store/log/event-log.ts')>('store/log/event-log');
const { createMemoryDoorbell } = await built<typeof import('../../src/push/doorbell.ts')>('push/doorbell');
const { createShutdown } = await built<typeof import('../../src/runtime/shutdown.ts')>('runtime/shutdown');
const { systemClock } = await built<typeof import('../../src/runtime/clock.ts')>('runtime/clock');
const { createLog } = await built<typeof import('../../src/runtime/log.ts')>('runtime/log');
const { settingsWithin } = await built<typeof import('../../src/config/environment/environment.ts')>(
  'config/environment/environment',
);
const { readDeclarations } =
  await built<typeof import('../../src/config/read-declarations.ts')>('config/read-declarations');

async function start(): Promise<BenchServer> {
  const folder = process.argv[2] ?? '.';
  const settings = settingsWithin(folder, { PORT: '0', LOG_LEVEL: 'warn' });
  const log = createLog('warn');
  const store = await openStore({ url: `sqlite:${path.join(folder, 'push.sqlite')}`, poller: true });
  const doorbell = createMemoryDoorbell();
  const declarations = await readDeclarations(settings.feedsDir, {});
  const reads = countReads();
  const { url } = await startServing({
    ...{ settings, log, doorbell },
    store,
    clock: systemClock,
    shutdown: createShutdown(log),
    metrics: createMetrics(systemClock),
    hubDoorbell: createMemoryDoorbell(),
    configProblems: () => [],
    configWarnings: () => [],
    declaredMs: () => 0,
    pictureOrigins: [],
    declarations: () => declarations,
  });
  let seq = 0;
  return {
    url,
    pageReads() {
      // After several commits the tail has read the first ones.
      if (reads.head > 5000 && reads.all === 0) throw new Error('the reads of the log are not seen any more');
      return reads.pages;
    },
    unsentTo: (port) => findSocket(port)?.writableLength ?? -1,
    async publish({ events, textBytes, source }: Publishing, meter: Meter) {
      const happenings = Array.from({ length: events }, (_, index) => ({
        op: 'add' as const,
        item: itemOf(seq + index + 1, textBytes, source),
        before: null,
        changed: [],
      }));
      const head = await store.write((tx) => appendEvents(tx, happenings, Date.now()));
      for (let index = 0; index < events; index += 1) meter.committed(seq + index + 1);
      seq += events;
      reads.head = seq;
      await doorbell.notify(head ?? 0);
    },
  };
}

/** Reads of the event log, counted at the database. */
interface LogReads {
  all: number;
  /** Reads that start below the newest 600 events: not those of the tail. */
  pages: number;
  head: number;
}

/** Hooks the statements of the database engine, below all layers of the product, so that no read is missed. */
function countReads(): LogReads {
  const reads: LogReads = { all: 0, pages: 0, head: 0 };
  const probe = new Database(':memory:');
  const statements = Object.getPrototypeOf(probe.prepare('SELECT 1')) as Record<
    string,
    (...args: unknown[]) => unknown
  >;
  probe.close();
  for (const name of ['all', 'get', 'iterate']) {
    const original = statements[name];
    if (original === undefined) continue;
    statements[name] = function (this: { readonly source: string }, ...args: unknown[]) {
      if (/from "event" where "seq" > /.test(this.source)) {
        const after = args.flat().find((one): one is number => typeof one === 'number') ?? 0;
        reads.all += 1;
        if (after < reads.head - 600) reads.pages += 1;
      }
      return Reflect.apply(original, this, args) as unknown;
    };
  }
  return reads;
}

await serveBench(start);
