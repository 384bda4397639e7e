// Minimal clients: raw sockets that count bytes. Usage: node bench/push/clients.ts; receives commands over IPC.
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from './meter.ts';

/** A command for the clients. */
export type ReaderCommand =
  | {
      readonly do: 'open';
      readonly count: number;
      readonly port: number;
      /** Including the query. */
      readonly path: string;
      readonly transport: 'ws' | 'sse';
      readonly offersDeflate?: boolean;
      /** Time over which the connections are spread. */
      readonly withinMs: number;
    }
  | { readonly do: 'count' }
  /** Delays of the events at every tenth client; clears them. */
  | { readonly do: 'lateness'; readonly published: readonly (readonly [number, number])[] }
  /** Opens a client that does not read; reports its port, and later that it was closed. */
  | { readonly do: 'deaf'; readonly port: number; readonly path: string }
  | { readonly do: 'close' };

/** The response of the clients. */
export interface ReaderAnswer {
  readonly open: number;
  readonly bytes: number;
  /** Of the client that does not read. */
  readonly port: number;
  /** NaN when nothing has arrived. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Parsing messages costs time, so only some clients do. */
const timedShare = 10;
const sockets = new Set<Socket>();
const shared = Buffer.allocUnsafe(65_536);
let bytes = 0;
let arrivals: [number, number][] = [];

function headOf(path: string, transport: 'ws' | 'sse', offersDeflate: boolean): string {
  const lines = [`GET ${path} HTTP/1.1`, 'Host: 127.0.0.1'];
  if (transport === 'sse') return [...lines, 'Accept: text/event-stream', '', ''].join('\r\n');
  return [
    ...lines,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...(offersDeflate ? ['Sec-WebSocket-Extensions: permessage-deflate'] : []),
    '',
    '',
  ].join('\r\n');
}

/** Resolves when the server has responded. */
function open(port: number, head: string, timed: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer: shared,
        callback: (length) => {
          bytes += length;
          if (timed) noteArrival(length);
          resolve();
          return true;
        },
      },
    });
    sockets.add(socket);
    socket.on('error', reject);
    socket.on('close', () => sockets.delete(socket));
    socket.write(head);
  });
}

/** The first event of a chunk. Later ones in the same chunk are ignored, for every server alike. */
function noteArrival(length: number): void {
  const seq = /"seq":(\d+)/.exec(shared.toString('latin1', 0, Math.min(length, 200)))?.[1];
  if (seq !== undefined) arrivals.push([Number(seq), monotonicMs()]);
}

function takeLateness(published: readonly (readonly [number, number])[]): { p50Ms: number; p99Ms: number } {
  const times = new Map(published);
  const late = arrivals
    .flatMap(([seq, atMs]) => {
      const publishedMs = times.get(seq);
      return publishedMs === undefined ? [] : [atMs - publishedMs];
    })
    .sort((a, b) => a - b);
  arrivals = [];
  const at = (share: number): number => late[Math.min(late.length - 1, Math.floor(late.length * share))] ?? Number.NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

function openDeaf(port: number, head: string): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => resolve(socket.localPort ?? 0));
    sockets.add(socket);
    socket.pause();
    socket.write(head);
    socket.on('error', () => sockets.delete(socket));
    socket.on('close', () => sockets.delete(socket));
  });
}

async function execute(command: ReaderCommand): Promise<ReaderAnswer> {
  let port = 0;
  if (command.do === 'open') {
    const head = headOf(command.path, command.transport, command.offersDeflate ?? false);
    const opening: Promise<void>[] = [];
    const startedMs = performance.now();
    for (let index = 0; index < command.count; index += 1) {
      opening.push(open(command.port, head, index % timedShare === 0));
      const dueMs = startedMs + (index * command.withinMs) / command.count - performance.now();
      if (index % 100 === 99 || dueMs > 5) await sleep(Math.max(0, dueMs));
    }
    await Promise.all(opening);
  }
  if (command.do === 'deaf') port = await openDeaf(command.port, headOf(command.path, 'ws', false));
  if (command.do === 'close') {
    for (const socket of sockets) socket.destroy();
    await sleep(500);
  }
  const late = command.do === 'lateness' ? takeLateness(command.published) : { p50Ms: 0, p99Ms: 0 };
  return { open: sockets.size, bytes, port, ...late };
}

process.on('message', (command: ReaderCommand) => {
  execute(command).then(
    (answer) => process.send?.(answer),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
});
process.stdout.write('ready\n');
