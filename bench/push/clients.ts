// Readers that cost as little as they can: raw sockets that count bytes. Usage: node bench/push/clients.ts; obeys
// commands over its channel.
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the readers are told to do. */
export type ReaderCommand =
  | {
      readonly do: 'open';
      readonly count: number;
      readonly port: number;
      /** With its query. */
      readonly path: string;
      readonly transport: 'ws' | 'sse';
      readonly offersDeflate?: boolean;
      /** Spread over so long. */
      readonly withinMs: number;
    }
  | { readonly do: 'count' }
  /** Opens one that reads nothing; tells its port, and later that it was ended. */
  | { readonly do: 'deaf'; readonly port: number; readonly path: string }
  | { readonly do: 'close' };

/** What they answer. */
export interface ReaderAnswer {
  readonly open: number;
  readonly bytes: number;
  /** Of the one that reads nothing. */
  readonly port: number;
}

const sockets = new Set<Socket>();
const shared = Buffer.allocUnsafe(65_536);
let bytes = 0;

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

/** Resolves when the server has answered. */
function open(port: number, head: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer: shared,
        callback: (length) => {
          bytes += length;
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

async function obey(command: ReaderCommand): Promise<ReaderAnswer> {
  let port = 0;
  if (command.do === 'open') {
    const head = headOf(command.path, command.transport, command.offersDeflate ?? false);
    const opening: Promise<void>[] = [];
    const startedMs = performance.now();
    for (let index = 0; index < command.count; index += 1) {
      opening.push(open(command.port, head));
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
  return { open: sockets.size, bytes, port };
}

process.on('message', (command: ReaderCommand) => {
  obey(command).then(
    (answer) => process.send?.(answer),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
});
process.stdout.write('ready\n');
