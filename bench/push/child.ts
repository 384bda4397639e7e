import { setTimeout as sleep } from 'node:timers/promises';
import { createMeter, type Meter, type Reading } from './meter.ts';

/** How a burst of events is published. */
export interface Publishing {
  readonly commits: number;
  /** Events per commit. */
  readonly events: number;
  readonly everyMs: number;
  /** Bytes of text per item, which determines the size of a message. */
  readonly textBytes: number;
  readonly source: string;
}

/** A command for a benchmark server. */
export type Command =
  | { readonly do: 'reset' }
  | { readonly do: 'read' }
  | ({ readonly do: 'publish' } & Publishing)
  /** Unsent bytes to the peer at a port; -1: closed. */
  | { readonly do: 'unsent'; readonly port: number };

/** The response of a server. */
export interface Answer extends Reading {
  /** Database reads for subscriptions behind the buffer, since the start. */
  readonly pageReads: number;
  readonly unsent: number;
}

/** The interface between a server and the benchmark. */
export interface BenchServer {
  readonly url: string;
  /** Commits events, notifies the meter, and has them pushed. */
  publish(publishing: Publishing, meter: Meter): Promise<void>;
  pageReads(): number;
  unsentTo(port: number): number;
}

/** Runs a server as a child process that receives commands over IPC. */
export async function serveBench(start: (meter: Meter) => Promise<BenchServer>): Promise<void> {
  const meter = createMeter();
  const server = await start(meter);
  process.on('message', (command: Command) => {
    execute(server, command, meter).then(
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

/** Executes one command. */
export async function execute(server: BenchServer, command: Command, meter: Meter): Promise<Answer> {
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
    // At fixed times, not after the last commit, so that a slow server gets the same load.
    const dueMs = startedMs + (commit + 1) * publishing.everyMs - performance.now();
    if (publishing.everyMs > 0) await sleep(Math.max(0, dueMs));
  }
}

/** Finds a socket of this process by its peer's port, to read its backlog. */
export function findSocket(port: number): { readonly writableLength: number } | undefined {
  const handles = (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles();
  return handles.find((handle): handle is { remotePort: number; writableLength: number } => {
    return (handle as { remotePort?: number }).remotePort === port;
  });
}
