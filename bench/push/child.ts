import { setTimeout as sleep } from 'node:timers/promises';
import { createMeter, type Meter, type Reading } from './meter.ts';

/** How a burst of events is published. */
export interface Publishing {
  readonly commits: number;
  /** Events of each commit. */
  readonly events: number;
  readonly everyMs: number;
  /** Text of an item, so that its message is about as long. */
  readonly textBytes: number;
  readonly source: string;
}

/** What a server of a benchmark is told to do. */
export type Command =
  | { readonly do: 'reset' }
  | { readonly do: 'read' }
  | ({ readonly do: 'publish' } & Publishing)
  /** Unsent bytes to the peer at a port; -1: it has gone. */
  | { readonly do: 'unsent'; readonly port: number };

/** What a server answers. */
export interface Answer extends Reading {
  /** Reads of the database by those who fell behind the ring, since the start. */
  readonly pageReads: number;
  readonly unsent: number;
}

/** A server, as far as the benchmark drives it. */
export interface BenchServer {
  readonly url: string;
  /** Commits so many events, tells the meter, and has them pushed. */
  publish(publishing: Publishing, meter: Meter): Promise<void>;
  pageReads(): number;
  unsentTo(port: number): number;
}

/** Runs a server as a child process that is told what to do over its channel. */
export async function serveBench(start: (meter: Meter) => Promise<BenchServer>): Promise<void> {
  const meter = createMeter();
  const server = await start(meter);
  process.on('message', (command: Command) => {
    obey(server, command, meter).then(
      (answer) => process.send?.(answer),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
  });
  process.stdout.write(`${server.url}\n`);
}

const nothing: Reading = { cpuMs: 0, bytes: 0, p50Ms: 0, p99Ms: 0, longestMs: 0, rssKb: 0, published: [] };

/** Does one command with a server. */
export async function obey(server: BenchServer, command: Command, meter: Meter): Promise<Answer> {
  if (command.do === 'reset') meter.reset();
  if (command.do === 'publish') await publishAll(server, command, meter);
  const unsent = command.do === 'unsent' ? server.unsentTo(command.port) : 0;
  const reading = command.do === 'read' ? meter.read() : nothing;
  return { ...reading, pageReads: server.pageReads(), unsent };
}

async function publishAll(server: BenchServer, publishing: Publishing, meter: Meter): Promise<void> {
  const startedMs = performance.now();
  for (let commit = 0; commit < publishing.commits; commit += 1) {
    await server.publish(publishing, meter);
    // By the clock, not after the last one: a slow server gets no fewer.
    const dueMs = startedMs + (commit + 1) * publishing.everyMs - performance.now();
    if (publishing.everyMs > 0) await sleep(Math.max(0, dueMs));
  }
}

/** A socket of this process by its peer's port, to look at its backlog. */
export function findSocket(port: number): { readonly writableLength: number } | undefined {
  const handles = (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles();
  return handles.find((handle): handle is { remotePort: number; writableLength: number } => {
    return (handle as { remotePort?: number }).remotePort === port;
  });
}
