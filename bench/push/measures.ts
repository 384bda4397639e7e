import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../report.ts';
import { type Kind, withBenchTarget } from './bench-target.ts';

/** Number of sockets, limited by the open-file limits of both processes. */
export function socketsWithin(requested: number): number {
  const limit = Number(/Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 1024);
  return Math.min(requested, limit - 200);
}

/** CPU per delivery in microseconds, without the cost of storing and encoding, which is measured without clients. */
export async function cpuPerDelivery(kind: Kind, events: number): Promise<number> {
  const sockets = 1000;
  const commits = 100;
  return withBenchTarget(kind, async ({ server, open, publish, settle }) => {
    const cpuOf = async (): Promise<number> => {
      await publish({ commits: 20, events, everyMs: 40 });
      await settle();
      await server.ask({ do: 'reset' });
      await publish({ commits, events, everyMs: 60 });
      await settle();
      return (await server.ask({ do: 'read' })).cpuMs;
    };
    const alone = await cpuOf();
    await open(sockets);
    return (((await cpuOf()) - alone) * 1000) / (sockets * commits * events);
  });
}

/** Milliseconds; NaN where the writes of a server cannot be observed. */
export interface Lateness {
  /** From the commit to the write to a socket. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** From the commit, or the start of the publishing request, to the read by a client. */
  readonly receivedP50Ms: number;
  readonly receivedP99Ms: number;
}

/** Delay of events: at the writes to sockets in the server, and at the clients. */
export async function lateness(kind: Kind): Promise<Lateness> {
  return withBenchTarget(kind, async ({ server, readers, open, publish, settle }) => {
    await open(2000);
    await publish({ commits: 20, everyMs: 50 });
    await settle();
    await server.ask({ do: 'reset' });
    await publish({ commits: 100, everyMs: 50 });
    await settle();
    const { p50Ms, p99Ms, published } = await server.ask({ do: 'read' });
    const received = await readers.ask({ do: 'lateness', published });
    return { p50Ms, p99Ms, receivedP50Ms: received.p50Ms, receivedP99Ms: received.p99Ms };
  });
}

/** Memory of an idle connection. */
export async function idleKb(kind: Kind, transport: 'ws' | 'sse'): Promise<number> {
  const sockets = socketsWithin(4000);
  return withBenchTarget(kind, async ({ server, open, settle }) => {
    const path = transport === 'ws' ? '/live?after=head' : '/events?after=head';
    const rss = async (): Promise<number> => {
      await settle();
      await server.ask({ do: 'read' });
      return (await server.ask({ do: 'read' })).rssKb;
    };
    // The first connections warm the process up and are not counted.
    await open(500, { path, transport });
    const before = await rss();
    await open(sockets, { path, transport });
    return ((await rss()) - before) / sockets;
  });
}

/** Longest block of the event loop while one event is sent to all clients; median of five. */
export async function longestBlock(kind: Kind, sockets: number): Promise<number> {
  return withBenchTarget(kind, async ({ server, open, publish, settle }) => {
    await open(sockets, { withinMs: sockets });
    await publish({ commits: 3, everyMs: 700 });
    await settle();
    const found: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      await server.ask({ do: 'reset' });
      await sleep(200);
      await publish({ commits: 1 });
      await settle();
      found.push((await server.ask({ do: 'read' })).longestMs);
    }
    return median(found);
  });
}
