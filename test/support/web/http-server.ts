import { Agent, createServer, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { App } from '../../../src/web/app.ts';

/** A response as it was received. */
export interface ReceivedResponse {
  readonly status: number;
  /** By lower-case name and in order of names, without those of the connection. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends a request over a socket. */
export type SendRequest = (
  method: string,
  path: string,
  headers?: Readonly<Record<string, string>>,
) => Promise<ReceivedResponse>;

const connectionHeaders = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding']);

/** The listener of an app, without the cache. */
export function listenerOf(app: App): RequestListener {
  // Other tests need the global Request and Response.
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  return (incoming, outgoing) => void listener(incoming, outgoing);
}

/** Serves an app over sockets as the server does, with its cache. */
export function withServer(app: App, work: (send: SendRequest) => Promise<void>): Promise<void> {
  return withListener(app.responseCache.wrap(listenerOf(app)), work);
}

/** Serves a listener over sockets. The bodies of responses are read as UTF-8, or as Latin-1 when they are compressed. */
export async function withListener(
  listener: RequestListener,
  work: (send: SendRequest) => Promise<void>,
): Promise<void> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });
  try {
    await work((method, path, headers = {}) => sendTo({ method, path, headers, port, agent }));
  } finally {
    agent.destroy();
    server.close().closeAllConnections();
  }
}

interface OutgoingRequest {
  readonly port: number;
  readonly agent: Agent;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

function sendTo(options: OutgoingRequest): Promise<ReceivedResponse> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const headers = Object.entries(response.headers)
          .filter(([name]) => !connectionHeaders.has(name))
          .toSorted(([one], [other]) => (one < other ? -1 : 1));
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(headers) as Record<string, string>,
          body: Buffer.concat(chunks).toString(response.headers['content-encoding'] === undefined ? 'utf8' : 'latin1'),
        });
      });
      response.on('error', reject);
    });
    outgoing.on('error', reject).end();
  });
}
