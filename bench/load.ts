import { connect, type Socket } from 'node:net';

/** A request that is repeated. */
export interface Load {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The result of a load run. */
export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** Latency of each request in milliseconds, ascending. */
  readonly latenciesMs: readonly number[];
}

const headEnd = Buffer.from('\r\n\r\n');

/**
 * Sends requests over keep-alive connections for a number of seconds, one at a time on each. Reads only status and length
 * of a response, so that the client costs little.
 *
 * @throws Error if a response has another status than expected.
 */
export async function load(
  what: Load,
  options: { connections: number; seconds: number; status: number },
): Promise<LoadResult> {
  const { connections, seconds, status } = options;
  const startedAt = performance.now();
  const endAt = startedAt + seconds * 1000;
  const latencies: number[] = [];
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const connection = new Connection(what.port);
      while (performance.now() < endAt) {
        const sentAt = performance.now();
        await connection.request(requestOf(what), status);
        latencies.push(performance.now() - sentAt);
      }
      connection.close();
    }),
  );
  const took = (performance.now() - startedAt) / 1000;
  return { requests: latencies.length, seconds: took, latenciesMs: latencies.sort((a, b) => a - b) };
}

/** The bytes of a request. */
export function requestOf({ path, headers }: Pick<Load, 'path' | 'headers'>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${lines.join('')}\r\n`;
}

/** A connection with one request at a time. */
export class Connection {
  readonly #socket: Socket;
  #have: Buffer = Buffer.alloc(0);
  #left = -1;
  #status = 0;
  #done: (status: number) => void = () => {};
  #failed: (error: Error) => void = () => {};

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#socket.on('error', (error) => this.#failed(error));
    this.#socket.on('close', () => this.#failed(new Error('the server closed the connection')));
  }

  /** @throws Error if the response has another status. */
  async request(request: string, status: number): Promise<void> {
    const came = await new Promise<number>((resolve, reject) => {
      this.#done = resolve;
      this.#failed = reject;
      this.#socket.write(request);
    });
    if (came !== status) throw new Error(`answered ${came} instead of ${status}: ${request.split('\r\n', 1)[0]}`);
  }

  close(): void {
    this.#failed = () => {};
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    if (this.#left < 0) {
      this.#have = this.#have.length === 0 ? chunk : Buffer.concat([this.#have, chunk]);
      const end = this.#have.indexOf(headEnd);
      if (end < 0) return;
      const head = this.#have.toString('latin1', 0, end);
      this.#status = Number(head.slice(9, 12));
      const length = this.#status === 304 ? 0 : Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      this.#left = length - (this.#have.length - end - headEnd.length);
    } else {
      this.#left -= chunk.length;
    }
    if (this.#left > 0) return;
    this.#left = -1;
    this.#have = Buffer.alloc(0);
    this.#done(this.#status);
  }
}
