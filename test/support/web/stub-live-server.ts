import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ServerMessage, WireEvent } from '../../../src/domain/events/wire.ts';
import { toWireBody } from '../../../src/domain/events/wire-item.ts';
import type { Item } from '../../../src/domain/items/item.ts';
import { type FakeReadPort, makeApp } from './test-app.ts';

/** A server of pages over items in memory, with a WebSocket that sends what the test publishes. */
export interface StubLiveServer {
  readonly url: string;
  readonly reads: FakeReadPort;
  /** Sends an added or updated item to every page. */
  publish(op: 'add' | 'update', item: Item): void;
  /** Sends the removal of an item to every page. */
  withdraw(item: Item): void;
  /** The subscriptions of the pages so far. */
  subscriptions(): readonly Subscription[];
  /** Terminates all connections without `bye`. */
  drop(): void;
  close(): Promise<void>;
}

/** A `subscribe` message of a page. */
interface Subscription {
  readonly type: string;
  readonly id: string;
  readonly after?: string;
  readonly filter?: object;
}

/**
 * @param assetsDir the built `dist/public`.
 */
export async function startStubLiveServer(items: readonly Item[], assetsDir: string): Promise<StubLiveServer> {
  const server = createServer();
  const sockets = new Set<WebSocket>();
  const subscribed: Subscription[] = [];
  const live = new WebSocketServer({ server, path: '/live' });
  let seq = 0;
  live.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serveSocket(socket, { head: () => seq, note: (subscription) => subscribed.push(subscription) });
  });
  const publishAll = (event: Pick<WireEvent, 'op'> & { item: object; changed?: readonly string[] }): void => {
    seq += 1;
    for (const socket of sockets) socket.send(JSON.stringify({ type: 'item', ch: 'x', seq, prev: seq - 1, ...event }));
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { app, reads } = makeApp(items, { assetsDir, publicUrl: url });
  server.on('request', getRequestListener(app.fetch));
  return {
    url,
    reads,
    publish: (op, item) => {
      const wire = { ...toWireBody(item), page: `${url}/items/${item.id}` };
      publishAll(op === 'add' ? { op, item: wire } : { op, changed: ['title'], item: wire });
    },
    withdraw: (item) => publishAll({ op: 'remove', item: { id: item.id, url: item.url } }),
    subscriptions: () => subscribed,
    drop: () => {
      for (const socket of sockets) socket.terminate();
    },
    close: async () => {
      for (const socket of sockets) socket.terminate();
      live.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Sends `welcome`, and accepts every subscription at the head. */
function serveSocket(socket: WebSocket, log: { head(): number; note(subscription: Subscription): void }): void {
  const { head } = log;
  const send = (message: ServerMessage): void => socket.send(JSON.stringify(message));
  const limits = { subscriptions: 32, messageBytes: 16_384, filterValues: 200 };
  send({
    type: 'welcome',
    v: 1,
    epoch: 'k3f9',
    head: head(),
    floor: 1,
    pingIntervalMs: 25_000,
    maxAgeMs: 3_600_000,
    limits,
  });
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as Subscription;
    if (message.type !== 'subscribe') return;
    log.note(message);
    send({ type: 'subscribed', id: message.id, ch: 'x', after: message.after ?? 'head', head: head() });
    send({ type: 'live', ch: 'x', seq: head(), prev: head() });
  });
}
