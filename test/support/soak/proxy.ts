import type { AddressInfo } from 'node:net';
import { createServer, type Server, Socket } from 'node:net';

/** The fault of one connection. */
export type Fault =
  /** No fault. */
  | { readonly kind: 'none' }
  /** Both sides are disconnected after this many bytes to the client. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** No more data passes, and neither side is closed. */
  | { readonly kind: 'black hole'; readonly afterBytes: number }
  /** One byte per second for a while. */
  | { readonly kind: 'trickle'; readonly forMs: number };

/** A faulty network between clients and a server. */
export interface FaultyNetwork {
  readonly port: number;
  /** Number of connections by fault. */
  readonly counts: Readonly<Record<Fault['kind'], number>>;
  close(): Promise<void>;
}

/**
 * Starts a proxy on a free port.
 *
 * @param target port of the server; called for each connection.
 * @param nextFault the fault of the next connection.
 */
export async function startProxy(target: () => number, nextFault: () => Fault): Promise<FaultyNetwork> {
  const counts: Record<Fault['kind'], number> = { none: 0, cut: 0, 'black hole': 0, trickle: 0 };
  const open = new Set<Socket>();
  const server: Server = createServer((reader) => {
    const fault = nextFault();
    counts[fault.kind] += 1;
    const upstream = new Socket();
    for (const socket of [reader, upstream]) {
      open.add(socket);
      socket.on('close', () => open.delete(socket));
      socket.setNoDelay(true);
    }
    join(reader, upstream, fault);
    upstream.connect(target(), '127.0.0.1');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    counts,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

function join(reader: Socket, upstream: Socket, fault: Fault): void {
  const tear = (): void => {
    if (!reader.destroyed) reader.resetAndDestroy();
    if (!upstream.destroyed) upstream.resetAndDestroy();
  };
  // A stalled connection does not report that the other side is gone, but ends when the client closes it.
  const state = { passed: 0, swallowed: false };
  reader.on('error', tear);
  reader.on('close', tear);
  const tearOpenly = (): void => {
    if (!state.swallowed) tear();
  };
  upstream.on('error', tearOpenly);
  upstream.on('close', tearOpenly);
  reader.on('data', (chunk) => {
    if (!state.swallowed) upstream.write(chunk);
  });
  if (fault.kind === 'trickle') trickle(reader, upstream, fault.forMs);
  else upstream.on('data', (chunk) => pass(chunk));

  function pass(chunk: Buffer): void {
    if (state.swallowed) return;
    const room = 'afterBytes' in fault ? fault.afterBytes - state.passed : Number.POSITIVE_INFINITY;
    state.passed += chunk.length;
    if (chunk.length <= room) {
      forward(reader, upstream, chunk);
      return;
    }
    // Cut at any byte: within a frame, its header or a character.
    reader.write(chunk.subarray(0, Math.max(0, room)), () => {
      if (fault.kind === 'cut') tear();
    });
    if (fault.kind === 'black hole') state.swallowed = true;
  }
}

/** Forwards data with backpressure. */
function forward(reader: Socket, upstream: Socket, chunk: Buffer): void {
  if (reader.write(chunk)) return;
  upstream.pause();
  reader.once('drain', () => upstream.resume());
}

function trickle(reader: Socket, upstream: Socket, forMs: number): void {
  const timer = setInterval(() => {
    const byte: Buffer | null = upstream.read(1);
    if (byte !== null) reader.write(byte);
  }, 1000);
  const end = setTimeout(() => {
    clearInterval(timer);
    upstream.on('data', (chunk) => forward(reader, upstream, chunk));
  }, forMs);
  reader.once('close', () => {
    clearInterval(timer);
    clearTimeout(end);
  });
}
