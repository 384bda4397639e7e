import type { AddressInfo } from 'node:net';
import { createServer, type Server, Socket } from 'node:net';

/** What befalls one connection on its way. */
export type Fault =
  /** Nothing. */
  | { readonly kind: 'none' }
  /** Both ends are torn off after so many bytes to the reader. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** Nothing passes any more, and nobody is told. */
  | { readonly kind: 'black hole'; readonly afterBytes: number }
  /** One byte a second, for a while. */
  | { readonly kind: 'trickle'; readonly forMs: number };

/** A stretch of network between readers and a server, in which things go wrong. */
export interface FaultyNetwork {
  readonly port: number;
  /** Connections by what befell them. */
  readonly counts: Readonly<Record<Fault['kind'], number>>;
  close(): Promise<void>;
}

/**
 * Starts a proxy on a free port.
 *
 * @param target port of the server; asked anew for each connection.
 * @param nextFault what shall befall the next connection.
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
  // A black hole tells neither side that the other one has gone, but the reader's own end is the end of it.
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
    // Cut at any byte: in the middle of a frame, of its head, of a character.
    reader.write(chunk.subarray(0, Math.max(0, room)), () => {
      if (fault.kind === 'cut') tear();
    });
    if (fault.kind === 'black hole') state.swallowed = true;
  }
}

/** Passes on, and reads no faster than the other side takes it. */
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
