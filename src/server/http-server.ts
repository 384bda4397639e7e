import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Settings } from '../config/environment/environment.ts';
import { ConfigError } from '../domain/config-error.ts';
import { minuteMs } from '../domain/durations.ts';
import { openFilesLimit } from '../runtime/open-files.ts';
import type { ConnectionLimits } from '../web/http/connections/connection-limits.ts';
import { refuseRepeatedHost } from '../web/http/security/host-header.ts';

/** How long a slow client can occupy a connection with one request. */
const httpLimits = { headersTimeout: 10_000, requestTimeout: minuteMs, connectionsCheckingInterval: 5000 };
/** File descriptors for everything but clients: database, polls, webhooks. */
const reservedFiles = 512;
const closeTimeoutMs = 1000;

/** How many connections a server accepts. At the limit of open files everything fails, including the database. */
export function connectionLimit(openFiles: number): number {
  return Math.max(64, openFiles - reservedFiles);
}

/** The limit of this process. */
export const maxConnections = connectionLimit(openFilesLimit());

/** An HTTP server that is listening. */
export interface HttpServer {
  readonly server: Server;
  /** `http://HOST:PORT`, with the actual port. */
  readonly url: string;
  /** Sets the handler of requests. Call it before the next await: until then a request gets no response. */
  handle(listener: RequestListener): void;
  /** Stops listening. Requests that are running have a second to end. */
  close(): Promise<void>;
}

/**
 * Listens on HOST and PORT, within the connection limits.
 *
 * @throws ConfigError when the address cannot be used.
 */
export async function listen(settings: Settings, limits: ConnectionLimits): Promise<HttpServer> {
  const server = createServer(httpLimits);
  limits.watch(server);
  server.maxConnections = maxConnections;
  return {
    server,
    url: await bind(server, settings),
    handle: (listener) => void server.on('request', limits.wrap(refuseRepeatedHost(listener))),
    close: () => close(server),
  };
}

function bind(server: Server, { host, port }: Settings): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(toConfigError(error, host, port)));
    server.listen(port, host, () => {
      const { port: actualPort } = server.address() as AddressInfo;
      resolve(`http://${host.includes(':') ? `[${host}]` : host}:${actualPort}`);
    });
  });
}

function toConfigError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const where = 'HOST, PORT';
  if (error.code === 'EADDRINUSE') {
    const remedy = 'Stop that process, or set PORT to a free port or to 0 for any free port';
    return new ConfigError([{ where, what: `${host}:${port} is in use by another process`, remedy }]);
  }
  if (error.code === 'EACCES') {
    const what = `this user may not listen on ${host}:${port}`;
    return new ConfigError([{ where, what, remedy: 'Set PORT to 1024 or above' }]);
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    const remedy = 'Set HOST to an address of this machine, 127.0.0.1 or 0.0.0.0';
    return new ConfigError([{ where, what: `${host} is not an address of this machine`, remedy }]);
  }
  return error;
}

/** Live sessions have been closed before: running requests and idle connections are left. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timeout = setTimeout(() => server.closeAllConnections(), closeTimeoutMs);
    server.close(() => {
      clearTimeout(timeout);
      resolve();
    });
    server.closeIdleConnections();
  });
}
