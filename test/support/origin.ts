import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';

/** The response to one request. A `Date` header is sent only when it is scripted. */
export type Reply =
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string | readonly string[]>>;
      readonly body?: string | Uint8Array;
    }
  /** Raw bytes without added HTTP; afterwards the socket is ended, reset or left open. */
  | { readonly raw: string | Uint8Array; readonly after?: 'end' | 'reset' | 'hang' }
  /** A function of the request that returns a reply, or uses the socket itself and returns undefined. */
  | ((request: LoggedRequest, socket: Socket) => Reply | undefined | Promise<Reply | undefined>);

/** A request as it was received. */
export interface LoggedRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly path: string;
  /** Lower-case names; values in latin1, so that each character is one received byte. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  /** The number of its connection, from 1. */
  readonly connection: number;
}

/** A scripted HTTP origin on loopback. */
export interface Origin {
  /** `http://127.0.0.1:PORT`, without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** All requests, oldest first. */
  readonly requests: readonly LoggedRequest[];
  /** Connections accepted so far. */
  readonly connections: number;
  /** Connections open now. */
  readonly open: number;
  /** Sets the replies of a path (without its query), which are used in order; the last one repeats. */
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

  const respond = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await log(message, connectionOf.get(message.socket) ?? 0);
    requests.push(request);
    const script = scripts.get(request.path.split('?')[0] ?? '');
    const reply = script === undefined ? { status: 404 } : script.length > 1 ? script.shift() : script[0];
    await send(reply, { request, response, socket: message.socket });
  };
  const listener = (message: IncomingMessage, response: ServerResponse): void => {
    respond(message, response).catch((error: unknown) => message.socket.destroy(error as Error));
  };
  // Scripted headers may be of any size: Node limits received headers only.
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

/** Starts a TCP server without HTTP, for origins that never respond, stall a handshake or send invalid bytes. */
export async function startRawOrigin(
  onSocket: (socket: Socket) => void,
): Promise<Pick<Origin, 'port' | 'url' | 'close'>> {
  const server = createTcpServer(onSocket);
  const sockets = await listen(server, '127.0.0.1');
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}`, close: () => sockets.close() };
}

/** Sends the bytes one by one (or `step` at a time), again and again, until the other side closes. */
export function drip(socket: Socket, bytes: string, pace: { readonly everyMs: number; readonly step?: number }): void {
  const step = pace.step ?? 1;
  let at = 0;
  const timer = setInterval(() => {
    socket.write(bytes.slice(at, at + step));
    at = at + step >= bytes.length ? 0 : at + step;
  }, pace.everyMs);
  socket.once('close', () => clearInterval(timer));
}

/** Sends the start at once, and then `bytes` as `drip` does. */
export function drippingReply(start: string, bytes: string, pace: Parameters<typeof drip>[2]): Reply {
  return (_request, socket) => {
    socket.write(start);
    drip(socket, bytes, pace);
    return undefined;
  };
}

/** A chunked body that never ends, sent as fast as the client reads; `headers` are further header lines. */
export function endlessReply(headers: Readonly<Record<string, string>> = {}): Reply {
  return (_request, socket) => {
    const lines = Object.entries({ 'Transfer-Encoding': 'chunked', ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    socket.write(`HTTP/1.1 200 OK\r\n${lines.join('\r\n')}\r\n\r\n`);
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    const more = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', more);
    more();
    return undefined;
  };
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
    // In many cases the client closes the connection during a scripted reply.
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
