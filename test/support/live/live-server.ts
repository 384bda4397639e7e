import type { AddressInfo, Socket } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import { Hono } from 'hono';
import WebSocket from 'ws';
import type { ServerMessage } from '../../../src/domain/events/wire.ts';
import { createFanOut, type FanOutOptions } from '../../../src/push/fanout/fan-out.ts';
import { createLogTail } from '../../../src/push/log/log-tail.ts';
import { type Log, silentLog } from '../../../src/runtime/log.ts';
import { createLiveContext, type LiveContextOptions } from '../../../src/web/live/session/live-context.ts';
import { createSseHandler } from '../../../src/web/live/sse/sse-handler.ts';
import {
  attachWebSocketServer,
  type LiveServer,
  type WebSocketServerOptions,
} from '../../../src/web/live/websocket/websocket-server.ts';
import { MemoryLog } from '../push/memory-log.ts';
import { createManualTimers, type ManualTimers } from './manual-timers.ts';

/** A server with a log in memory and a fake clock. */
export interface TestLiveServer {
  readonly log: MemoryLog;
  readonly live: LiveServer;
  readonly port: number;
  readonly parts: ReturnType<typeof createLiveContext>;
  readonly timers: ManualTimers;
  /** The server's sockets of all connections so far. */
  readonly sockets: readonly Socket[];
  /** Advances the clock and the timers. */
  advance(ms: number): void;
  publish(events?: number): void;
  notify(): void;
  connect(query?: string, options?: ConnectOptions): TestClient;
  url(path: string): string;
  close(): Promise<void>;
}

/** How a client connects. `protocol: null` offers no subprotocol. */
interface ConnectOptions extends Omit<WebSocket.ClientOptions, 'protocol'> {
  readonly protocol?: string | null;
}

/** Differences from the defaults. */
export interface LiveServerOptions {
  readonly log?: MemoryLog;
  readonly parts?: Partial<LiveContextOptions>;
  readonly attach?: Partial<WebSocketServerOptions>;
  readonly limits?: FanOutOptions['limits'];
  readonly logger?: Log;
}

const tickMs = 250;

/** Starts a server on a free port of the loopback interface. */
export async function startLive(options: LiveServerOptions = {}): Promise<TestLiveServer> {
  const log = options.log ?? new MemoryLog();
  const logger = options.logger ?? silentLog;
  let nowMs = 1_000_000;
  const clock = { now: () => nowMs, monotonic: () => nowMs };
  const timers = createManualTimers(tickMs);
  const tail = createLogTail({ eventLog: log, log: logger, pollEveryMs: 1e6 });
  await tail.start();
  const limits = { maxAgeMs: Number.POSITIVE_INFINITY, ...options.limits };
  const fanOut = createFanOut({ tail, clock, log: logger, publicUrl: 'https://news.example.org', limits });
  const parts = createLiveContext({
    tail,
    fanOut,
    clock,
    log: logger,
    maxPerAddress: 50,
    timers,
    random: () => 0,
    ...options.parts,
  });
  const app = new Hono();
  app.get(
    '/events',
    createSseHandler({
      ...parts,
      ...(options.attach?.clientAddress && { clientAddress: options.attach.clientAddress }),
    }),
  );
  app.get('/', (c) => c.text('a page'));
  const server = await new Promise<ServerType>((resolve) => {
    const started = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => resolve(started));
  });
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => void sockets.push(socket));
  const live = attachWebSocketServer({
    server: server as WebSocketServerOptions['server'],
    allowedOrigins: null,
    publicUrl: 'http://127.0.0.1',
    ...parts,
    ...options.attach,
  });
  const { port } = server.address() as AddressInfo;
  const readers: TestClient[] = [];
  return {
    log,
    live,
    port,
    parts,
    timers,
    sockets,
    advance(ms) {
      for (let passed = 0; passed < ms; passed += tickMs) {
        nowMs += tickMs;
        timers.tick();
      }
    },
    publish(events = 1) {
      for (let index = 0; index < events; index += 1) log.append();
      tail.notify(log.headSeq);
    },
    notify: () => tail.notify(Number.MAX_SAFE_INTEGER),
    connect(query = '', { protocol = 'newswire.v1.json', ...rest } = {}) {
      const url = `ws://127.0.0.1:${port}/live${query}`;
      const reader = new TestClient(protocol === null ? new WebSocket(url, rest) : new WebSocket(url, protocol, rest));
      readers.push(reader);
      return reader;
    },
    url: (path) => `http://127.0.0.1:${port}${path}`,
    async close() {
      for (const reader of readers) reader.socket.terminate();
      await live.close(1);
      await tail.stop();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type MessageOf<Type> = Extract<ServerMessage, { type: Type }>;

/** A WebSocket client that returns messages in order and waits for the next ones. */
export class TestClient {
  readonly socket: WebSocket;
  /** Close code and reason, or the status of a refused handshake. */
  readonly ended: Promise<{ code: number; reason: string; status: number | null; headers: Record<string, unknown> }>;
  readonly #messages: ServerMessage[] = [];
  #wake = () => {};

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      this.#messages.push(JSON.parse(data.toString()) as ServerMessage);
      this.#wake();
    });
    this.ended = new Promise((resolve) => {
      const none = { code: 0, reason: '', status: null, headers: {} };
      socket.on('close', (code, reason) => resolve({ ...none, code, reason: reason.toString() }));
      socket.on('unexpected-response', (_, response) => {
        resolve({ ...none, status: response.statusCode ?? null, headers: response.headers });
        response.resume();
        socket.terminate();
      });
      socket.on('error', () => {
        // The `close` event that follows settles the promise.
      });
    });
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The next message of any type. */
  async any(): Promise<ServerMessage> {
    while (this.#messages.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#messages.shift() as ServerMessage;
  }

  /** The next message of a type. Earlier messages of other types are dropped. */
  async next<Type extends ServerMessage['type']>(type: Type): Promise<MessageOf<Type>> {
    for (;;) {
      const message = await this.any();
      if (message.type === type) return message as MessageOf<Type>;
    }
  }

  /** The seqs of the next `count` events. */
  async seqs(count: number): Promise<number[]> {
    const seqs: number[] = [];
    while (seqs.length < count) {
      const message = await this.any();
      if (message.type === 'item') seqs.push(message.seq);
      if (message.type === 'items') seqs.push(...message.list.map((event) => event.seq));
    }
    return seqs;
  }
}
