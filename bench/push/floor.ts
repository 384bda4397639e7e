// The baseline: a bare `ws` server that sends each message in a loop over its sockets. Usage:
// node bench/push/floor.ts [deflate]; prints its URL and receives commands over IPC.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { type BenchServer, findSocket, serveBench } from './child.ts';
import { itemOf } from './item.ts';

async function start(): Promise<BenchServer> {
  const perMessageDeflate = process.argv[2] === 'deflate' ? { threshold: 0 } : false;
  const server = createServer();
  const sockets = new Set<WebSocket>();
  const live = new WebSocketServer({ server, perMessageDeflate, maxPayload: 16_384 });
  live.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  let seq = 0;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pageReads: () => 0,
    unsentTo: (port) => findSocket(port)?.writableLength ?? -1,
    async publish({ events, textBytes, source }, meter) {
      for (let index = 0; index < events; index += 1) {
        seq += 1;
        const item = itemOf(seq, textBytes, source);
        const message = { type: 'item', ch: 'abcdefghij', seq, prev: seq - 1, op: 'add', item };
        const bytes = Buffer.from(JSON.stringify(message));
        meter.committed(seq);
        for (const socket of sockets) socket.send(bytes, { binary: false });
      }
    },
  };
}

await serveBench(start);
