import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/runtime/clock.ts';
import {
  type ConnectionLimitOptions,
  createConnectionLimits,
} from '../../../../src/web/http/connections/connection-limits.ts';
import { maxWaitingRequests } from '../../../../src/web/http/connections/request-pipeline.ts';
import { isEventStream } from '../../../../src/web/live/sse/sse-handler.ts';
import { createClientAddress, createProxyTest } from '../../../../src/web/shared/client-address.ts';
import { openRaw, type RawConnection } from '../../../support/raw-connection.ts';
import { until } from '../../../support/until.ts';
import { useCleanups } from '../../../support/use-cleanups.ts';

const stranger = '192.0.2.7';
const proxy = '10.0.0.1';
/** More than the system buffers of a response that the client does not read. */
const large = Buffer.alloc(16 * 1024 * 1024, 'x');

const cleanups = useCleanups();

interface LimitedOptions extends Partial<ConnectionLimitOptions> {
  /** The remote address of its connections. */
  readonly from?: string;
  readonly listener?: RequestListener;
}

/** A server with limits, its sockets, and a function that connects to it. */
class Limited {
  readonly server: Server;
  readonly sockets: Socket[] = [];
  readonly warnings: string[] = [];
  requests = 0;

  constructor({ from, listener = answerPath, ...over }: LimitedOptions) {
    const limits = createConnectionLimits({
      clock: systemClock,
      log: { warn: (facts, message) => void this.warnings.push(`${message} ${JSON.stringify(facts)}`) },
      maxPerAddress: 2,
      clientAddress: createClientAddress([`${proxy}/32`]),
      isTrustedProxy: createProxyTest([`${proxy}/32`]),
      isStream: isEventStream,
      ...over,
    });
    this.server = createServer(limits.wrap(listener));
    this.server.on('request', () => {
      this.requests += 1;
    });
    this.server.on('connection', (socket) => {
      this.sockets.push(socket);
      if (from !== undefined) Object.defineProperty(socket, 'remoteAddress', { value: from });
    });
    limits.watch(this.server);
  }

  async open(first = ''): Promise<RawConnection> {
    const connection = await openRaw((this.server.address() as AddressInfo).port, first);
    cleanups.push(() => connection.socket.destroy());
    return connection;
  }

  /** A connection that is open, or was refused. */
  async arrived(first = ''): Promise<RawConnection> {
    const before = this.sockets.length;
    const connection = await this.open(first);
    await until('the connection', () => this.sockets.length > before || null);
    return connection;
  }
}

async function limited(options: LimitedOptions = {}): Promise<Limited> {
  const one = new Limited(options);
  await new Promise<void>((resolve) => one.server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    one.server.closeAllConnections();
    one.server.close();
  });
  return one;
}

function get(path: string, ...headers: string[]): string {
  return [`GET ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...headers, '', ''].join('\r\n');
}

function answerPath({ url }: IncomingMessage, outgoing: Parameters<RequestListener>[1]): void {
  outgoing.end(`<${url}>`);
}

function bodies({ received }: RawConnection): string[] {
  return [...received().matchAll(/<\/(\w*)>/g)].map((match) => match[1] ?? '');
}

describe('pipelined requests', () => {
  it('are answered one after another, in their order', async () => {
    let underWay = 0;
    let most = 0;
    const one = await limited({
      listener(incoming, outgoing) {
        underWay += 1;
        most = Math.max(most, underWay);
        setImmediate(() => {
          underWay -= 1;
          answerPath(incoming, outgoing);
        });
      },
    });
    const names = Array.from({ length: 10 }, (_, at) => `${at}`);
    const client = await one.open(names.map((name) => get(`/${name}`)).join(''));
    await until('ten answers', () => bodies(client).length === 10 || null);
    expect(bodies(client)).toEqual(names);
    expect(most).toBe(1);
  });

  it('above the limit are not handled, and the connection is closed after the waiting ones', async () => {
    const one = await limited();
    const client = await one.open(get('/a').repeat(955));
    await client.ended;
    expect(bodies(client)).toHaveLength(maxWaitingRequests + 1);
    expect(client.received().match(/Connection: close/g)).toHaveLength(1);
    // Node has created no request for the others.
    expect(one.requests).toBeLessThan(maxWaitingRequests + 5);
  });

  it('are not handled while the client does not read', async () => {
    let handled = 0;
    const one = await limited({
      listener(_incoming, outgoing) {
        handled += 1;
        outgoing.end(large);
      },
    });
    const client = await one.open();
    client.socket.pause();
    client.socket.write(get('/a').repeat(10));
    await until('an answer', () => handled > 0 || null);
    expect(await (await fetch(urlOf(one), { method: 'HEAD' })).text()).toBe('');
    // The other one is the response to the HEAD.
    expect(handled).toBe(2);
  });

  it('are dropped when the client has disconnected', async () => {
    let handled = 0;
    const one = await limited({
      listener: () => {
        handled += 1;
      },
    });
    const client = await one.open(get('/a').repeat(3));
    await until('the first', () => handled === 1 || null);
    client.socket.destroy();
    await until('the end', () => one.sockets[0]?.destroyed || null);
    await (await fetchSoon(one, () => handled === 2)).abort();
    expect(handled).toBe(2);
  });
});

/** Sends another request and waits until the server has received it. */
async function fetchSoon(one: Limited, seen: () => boolean): Promise<AbortController> {
  const controller = new AbortController();
  fetch(urlOf(one), { signal: controller.signal }).catch(() => {});
  await until('the request', () => seen() || null);
  return controller;
}

function urlOf({ server }: Limited): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe('the write timeout', () => {
  it('closes a connection whose client does not read', async () => {
    const one = await limited({ writeTimeoutMs: 50, listener: (_incoming, outgoing) => void outgoing.end(large) });
    const client = await one.open();
    client.socket.pause();
    client.socket.write(get('/a'));
    await until('the end', () => one.sockets[0]?.destroyed || null);
  });

  it('waits for a response that is being built', async () => {
    const one = await limited({ listener: () => {} });
    await one.open(get('/a'));
    await until('the request', () => one.requests === 1 || null);
    one.sockets[0]?.emit('timeout');
    expect(one.sockets[0]?.destroyed).toBe(false);
  });

  it('does not apply to event streams, which have their own limits', async () => {
    const one = await limited({ listener: (_incoming, outgoing) => void outgoing.write(large) });
    const client = await one.open();
    client.socket.pause();
    client.socket.write(get('/events?after=head'));
    await until('the stream', () => (one.sockets[0]?.writableLength ?? 0) > 0 || null);
    one.sockets[0]?.emit('timeout');
    expect(one.sockets[0]?.destroyed).toBe(false);
  });

  it('closes an idle connection', async () => {
    const one = await limited();
    const client = await one.open(get('/a'));
    await until('the answer', () => bodies(client).length === 1 || null);
    one.sockets[0]?.emit('timeout');
    expect(one.sockets[0]?.destroyed).toBe(true);
  });
});

describe('unsent bytes', () => {
  it('are bounded in all: the connection with the oldest response is closed', async () => {
    const one = await limited({
      maxUnsentBytes: 2.5 * large.length,
      listener: (_incoming, outgoing) => void outgoing.end(large),
    });
    for (let count = 1; count <= 3; count += 1) {
      const client = await one.arrived();
      client.socket.pause();
      client.socket.write(get('/a'));
      await until('the answer', () => one.requests === count || null);
    }
    await until('an end', () => one.sockets[0]?.destroyed || null);
    expect(one.sockets.map(({ destroyed }) => destroyed)).toEqual([true, false, false]);
    expect(one.warnings).toHaveLength(1);
  });
});

describe('connections of one address', () => {
  it('above the limit are answered 429 and closed', async () => {
    const one = await limited({ from: stranger });
    await one.arrived();
    await one.arrived();
    const third = await one.arrived(get('/a'));
    await third.ended;
    expect(third.received()).toMatch(/^HTTP\/1\.1 429 .*Retry-After: 30.*Your address has too many connections/s);
    expect(one.requests).toBe(0);
    expect(one.warnings[0]).toMatch(/TRUSTED_PROXIES.*192\.0\.2\.7/);
  });

  it('are accepted again when one has closed', async () => {
    const one = await limited({ from: stranger });
    const first = await one.arrived();
    await one.arrived();
    first.socket.destroy();
    await until('the end', () => one.sockets[0]?.destroyed || null);
    const third = await one.arrived(get('/a'));
    await until('the answer', () => bodies(third).length === 1 || null);
  });

  it('are not limited on loopback', async () => {
    const one = await limited();
    for (let count = 0; count < 4; count += 1) await one.arrived();
    const last = await one.arrived(get('/a'));
    await until('the answer', () => bodies(last).length === 1 || null);
  });

  it('are not counted while they are a WebSocket or an event stream', async () => {
    const one = await limited({ from: stranger, listener: (_incoming, outgoing) => void outgoing.write('<stream>') });
    one.server.on('upgrade', (_request, socket) => socket.write('switched'));
    const socket = await one.arrived(get('/live', 'Connection: Upgrade', 'Upgrade: websocket'));
    const stream = await one.arrived(get('/events'));
    await until('both', () => (socket.received() !== '' && stream.received() !== '') || null);
    await one.arrived();
    const more = await one.arrived(get('/a'));
    await until('an answer', () => more.received() || null);
    expect(more.received()).toMatch(/^HTTP\/1\.1 200/);
  });

  it('are counted again when their event stream has ended', async () => {
    const one = await limited({ from: stranger });
    const stream = await one.arrived(get('/events'));
    await one.arrived();
    await until('the end of the stream', () => stream.received().includes('</events>') || null);
    stream.socket.write(get('/a'));
    await until('the next answer', () => stream.received().includes('</a>') || null);
    const third = await one.arrived(get('/a'));
    await third.ended;
    expect(third.received()).toMatch(/^HTTP\/1\.1 429/);
  });

  it('are not limited for a trusted proxy, but concurrent requests of each of its clients are', async () => {
    const one = await limited({
      from: proxy,
      listener(incoming, outgoing) {
        if (incoming.url !== '/slow') answerPath(incoming, outgoing);
      },
    });
    const forwarded = `X-Forwarded-For: ${stranger}`;
    await one.arrived(get('/slow', forwarded));
    const leaves = await one.arrived(get('/slow', forwarded));
    await until('both', () => one.requests === 2 || null);
    const third = await one.arrived(get('/a', forwarded));
    await until('the refusal', () => /^HTTP\/1\.1 429 /.test(third.received()) || null);
    const other = await one.arrived(get('/a', 'X-Forwarded-For: 192.0.2.8'));
    await until('the answer to another', () => bodies(other).length === 1 || null);
    leaves.socket.destroy();
    await until('the end', () => one.sockets[1]?.destroyed || null);
    third.socket.write(get('/again', forwarded));
    await until('the answer', () => bodies(third).includes('again') || null);
  });
});
