import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ServerMessage } from '../../../src/domain/events/wire.ts';

/** The server side of one WebSocket. */
export interface Peer {
  send(...messages: (ServerMessage | object)[]): void;
  sendText(text: string): void;
  /** The next message from the client. */
  nextMessage(): Promise<Record<string, unknown>>;
  close(code?: number, reason?: string): void;
  /** Breaks the connection without a close frame. */
  cut(): void;
  readonly gone: Promise<void>;
}

/** A server scripted by a test, connection by connection. */
export interface ScriptedServer {
  readonly url: string;
  /** URLs of all HTTP requests so far. */
  readonly requests: string[];
  /** The next WebSocket that a client opens. */
  peer(): Promise<Peer>;
  /** Handles HTTP requests. Default: 404. */
  answer: (request: IncomingMessage, response: ServerResponse) => void;
  /** Answers every handshake with 404, like a proxy without WebSocket support. */
  refusesSockets: boolean;
  close(): Promise<void>;
}

function createPeer(socket: WebSocket): Peer {
  const messages: Record<string, unknown>[] = [];
  let wake = () => {};
  socket.on('message', (data) => {
    messages.push(JSON.parse(data.toString()) as Record<string, unknown>);
    wake();
  });
  return {
    send(...out) {
      for (const message of out) socket.send(JSON.stringify(message));
    },
    sendText: (text) => socket.send(text),
    async nextMessage() {
      while (messages.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return messages.shift() ?? {};
    },
    close: (code, reason) => socket.close(code, reason),
    cut: () => socket.terminate(),
    gone: new Promise((resolve) => socket.once('close', () => resolve())),
  };
}

/** Starts a scripted server on the loopback interface. */
export async function startScriptedServer(): Promise<ScriptedServer> {
  const requests: string[] = [];
  const peers: Peer[] = [];
  let wake = () => {};
  const sockets = new WebSocketServer({ noServer: true });
  const http = createServer((request, response) => {
    requests.push(request.url ?? '');
    server.answer(request, response);
  });
  http.on('upgrade', (request, socket, head) => {
    requests.push(`upgrade ${request.url}`);
    if (server.refusesSockets) {
      socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (peer) => {
      peers.push(createPeer(peer));
      wake();
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const server: ScriptedServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    requests,
    refusesSockets: false,
    answer: (_, response) => void response.writeHead(404).end(),
    async peer() {
      while (peers.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return peers.shift() as Peer;
    },
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return server;
}

/** Messages of the protocol. */
export const protocolMessages = {
  welcome: { type: 'welcome', v: 1, epoch: 'e1', head: 9, floor: 1, pingIntervalMs: 25_000, maxAgeMs: 1e6, limits: {} },
  subscribed: (id: unknown, after: string) => ({ type: 'subscribed', id, ch: '7f', after, head: 9 }),
  item: (seq: number, prev = seq - 1) => ({ type: 'item', ch: '7f', ...event(seq, prev) }),
  items: (...events: object[]) => ({ type: 'items', ch: '7f', list: events }),
  live: (seq: number, prev = seq) => ({ type: 'live', ch: '7f', seq, prev }),
  pos: (seq: number, prev: number) => ({ type: 'pos', ch: '7f', seq, prev }),
  reset: (id: unknown) => ({ type: 'reset', id, reason: 'cursor_too_old', epoch: 'e1', floor: 50, head: 60 }),
  bye: (code: number, reason: string, retryAfterMs = 0) => ({ type: 'bye', code, reason, retryAfterMs }),
};

/** An event that adds item number seq. */
export function event(seq: number, prev = seq - 1): { seq: number; prev: number; op: string; item: { id: number } } {
  return { seq, prev, op: 'add', item: { id: seq } };
}
