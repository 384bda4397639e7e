import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { App } from '../../../src/web/app.ts';

/** An answer as it came over the wire. */
export interface ReceivedResponse {
  readonly status: number;
  /** By lower-case name and in order of names, without those of the connection. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends a request over a real socket. */
export type SendRequest = (
  method: string,
  path: string,
  headers?: Readonly<Record<string, string>>,
) => Promise<ReceivedResponse>;

const ofTheConnection = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding']);

/** Serves an app over real sockets as the server does, with the cache in front of it. */
export async function withServer(app: App, work: (send: SendRequest) => Promise<void>): Promise<void> {
  // The globals are those of other tests too.
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer(app.kept.before((incoming, outgoing) => void listener(incoming, outgoing)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    await work((method, path, headers = {}) => sendTo({ method, path, headers, port, agent }));
  } finally {
    agent.destroy();
    server.close().closeAllConnections();
  }
}

interface Sent {
  readonly port: number;
  readonly agent: Agent;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

function sendTo(sent: Sent): Promise<ReceivedResponse> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', ...sent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const headers = Object.entries(response.headers)
          .filter(([name]) => !ofTheConnection.has(name))
          .toSorted(([one], [other]) => (one < other ? -1 : 1));
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
