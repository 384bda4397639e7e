import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';

/** What the origin says to one request. A `Date` header is sent only when it is scripted. */
export type Reply =
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string | readonly string[]>>;
      readonly body?: string | Uint8Array;
    }
  /** Bytes as they are, no HTTP added; then the socket is ended, reset or left open. */
  | { readonly raw: string | Uint8Array; readonly after?: 'end' | 'reset' | 'hang' }
  /** Whatever else: a reply made of the request, or misbehaviour on the socket itself (return nothing then). */
  | ((request: LoggedRequest, socket: Socket) => Reply | undefined | Promise<Reply | undefined>);

/** A request as it came in. */
export interface LoggedRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly path: string;
  /** Lower-case names; values as latin1, so each character is one byte of the wire. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  /** Number of the connection it came on, from 1. */
  readonly connection: number;
}

/** A scripted HTTP origin on loopback. */
export interface Origin {
  /** `http://127.0.0.1:PORT`, no slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Everything that was asked, oldest first. */
  readonly requests: readonly LoggedRequest[];
  /** Connections accepted so far. */
  readonly connections: number;
  /** Connections open now. */
  readonly open: number;
  /** Scripts a path (without its query): each reply is used once, the last one again and again. */
  on(path: string, ...replies: readonly Reply[]): Origin;
  /** The requests for one path. */
  to(path: string): readonly LoggedRequest[];
  close(): Promise<void>;
}

export interface OriginOptions {
  /** Makes it an https origin. */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly host?: string;
}

/** Starts an origin; unknown paths answer 404. */
export async function startOrigin(options: OriginOptions = {}): Promise<Origin> {
  const host = options.host ?? '127.0.0.1';
  const scripts = new Map<string, Reply[]>();
  const requests: LoggedRequest[] = [];
  const connectionOf = new WeakMap<Socket, number>();

  const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await log(message, connectionOf.get(message.socket) ?? 0);
    requests.push(request);
    const script = scripts.get(request.path.split('?')[0] ?? '');
    const reply = script === undefined ? { status: 404 } : script.length > 1 ? script.shift() : script[0];
    await send(reply, { request, response, socket: message.socket });
  };
  const listener = (message: IncomingMessage, response: ServerResponse): void => {
    answer(message, response).catch((error: unknown) => message.socket.destroy(error as Error));
  };
  // Scripted headers may be as large as a case needs; node would refuse to receive, not to send, larger ones.
  const server = options.tls ? createHttpsServer(options.tls, listener) : createHttpServer(listener);
  server.keepAliveTimeout = 60_000;
  const sockets = await listen(server, host);
  server.on(options.tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    connectionOf.set(socket, sockets.total());
  });

  const { port } = server.address() as AddressInfo;
  const origin: Origin = {
    url: `${options.tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    requests,
    get connections() {
      return sockets.total();
    },
    get open() {
      return sockets.open.size;
    },
    on(path, ...replies) {
      scripts.set(path, [...replies]);
      return origin;
    },
    to: (path) => requests.filter((request) => request.path.split('?')[0] === path),
    close: () => sockets.close(),
  };
  return origin;
}

/** A TCP server that speaks no HTTP of its own: for origins that never answer, stall a handshake or talk nonsense. */
export async function startRawOrigin(
  onSocket: (socket: Socket) => void,
): Promise<Pick<Origin, 'port' | 'url' | 'close'>> {
  const server = createTcpServer(onSocket);
  const sockets = await listen(server, '127.0.0.1');
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}`, close: () => sockets.close() };
}

/** Sends the bytes one by one (or `step` at a time) for as long as the other side listens, from the start again at the end. */
export function drip(socket: Socket, bytes: string, pace: { readonly everyMs: number; readonly step?: number }): void {
  const step = pace.step ?? 1;
  let at = 0;
  const timer = setInterval(() => {
    socket.write(bytes.slice(at, at + step));
    at = at + step >= bytes.length ? 0 : at + step;
  }, pace.everyMs);
  socket.once('close', () => clearInterval(timer));
}

async function log(message: IncomingMessage, connection: number): Promise<LoggedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) headers[name] = String(value);
  const { method = '', url: path = '' } = message;
  return { method, path, headers, body: Buffer.concat(chunks).toString(), connection };
}

interface Exchange {
  readonly request: LoggedRequest;
  readonly response: ServerResponse;
  readonly socket: Socket;
}

async function send(reply: Reply | undefined, exchange: Exchange): Promise<void> {
  const { request, response, socket } = exchange;
  if (reply === undefined) return;
  if (typeof reply === 'function') return await send(await reply(request, socket), exchange);
  if ('raw' in reply) {
    socket.write(reply.raw);
    if (reply.after === 'reset') socket.resetAndDestroy();
    else if (reply.after !== 'hang') socket.end();
    return;
  }
  response.sendDate = false;
  response.writeHead(reply.status ?? 200, { ...reply.headers } as Record<string, string | string[]>);
  response.end(reply.body ?? '');
}

async function listen(server: Server, host: string) {
  const open = new Set<Socket>();
  let total = 0;
  server.prependListener('connection', (socket: Socket) => {
    total += 1;
    open.add(socket);
    // A client that hangs up in the middle of a scripted reply is what many cases are about.
    socket.on('error', () => socket.destroy());
    socket.once('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of open) socket.destroy();
    await closed;
  };
  return { open, total: () => total, close };
}
