import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { App } from '../../src/web/app.ts';

/** An answer as it came over the wire. */
export interface Got {
  readonly status: number;
  /** By lower-case name, without those of the connection. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends a request over a socket of its own. */
export type Send = (method: string, path: string, headers?: Readonly<Record<string, string>>) => Promise<Got>;

const ofTheConnection = new Set(['date', 'connection', 'keep-alive']);

/** Serves an app over real sockets as the server does, with the cache in front of it. */
export async function withServer(app: App, work: (send: Send) => Promise<void>): Promise<void> {
  // The globals are those of other tests too.
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer(app.kept.before((incoming, outgoing) => void listener(incoming, outgoing)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await work((method, path, headers = {}) => sendTo(port, { method, path, headers }));
  } finally {
    server.close().closeAllConnections();
  }
}

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

function sendTo(port: number, sent: Sent): Promise<Got> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, ...sent, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const headers = Object.entries(response.headers).filter(([name]) => !ofTheConnection.has(name));
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(headers) as Record<string, string>,
          body: Buffer.concat(chunks).toString(),
        });
      });
      response.on('error', reject);
    });
    asked.on('error', reject).end();
  });
}
