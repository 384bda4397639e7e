import { afterEach, describe, expect, it } from 'vitest';
import { type LiveServerOptions, startLive, type TestLiveServer } from '../../../support/live/live-server.ts';
import { MemoryLog } from '../../../support/push/memory-log.ts';

let server: TestLiveServer;

async function start(options: LiveServerOptions = {}): Promise<TestLiveServer> {
  server = await startLive(options);
  return server;
}

afterEach(() => server.close());

/** Clients whose address is in a header, as behind a proxy. */
const byHeader: LiveServerOptions['attach'] = {
  clientAddress: (request) => String(request.headers['x-address'] ?? '127.0.0.1'),
};
const from = (address: string) => ({ headers: { 'x-address': address } });

describe('connections from one address', () => {
  it('are answered 429 with Retry-After above the limit', async () => {
    const { connect } = await start({ parts: { maxPerAddress: 2 }, attach: byHeader });
    for (let index = 0; index < 2; index += 1) await connect('', from('192.0.2.7')).next('welcome');
    const { status, headers } = await connect('', from('192.0.2.7')).ended;
    expect(status).toBe(429);
    expect(headers['retry-after']).toBe('30');
    await connect('', from('192.0.2.8')).next('welcome');
  });

  it('are counted for the /64 of an IPv6 address', async () => {
    const { connect } = await start({ parts: { maxPerAddress: 1 }, attach: byHeader });
    await connect('', from('2001:db8:1:2::1')).next('welcome');
    expect((await connect('', from('2001:db8:1:2:ffff::9')).ended).status).toBe(429);
    await connect('', from('2001:db8:1:3::1')).next('welcome');
  });

  it('are not limited on loopback', async () => {
    const { connect } = await start({ parts: { maxPerAddress: 1 } });
    for (let index = 0; index < 3; index += 1) await connect().next('welcome');
  });

  it('count streams and sockets together', async () => {
    const { connect, url } = await start({ parts: { maxPerAddress: 1 }, attach: byHeader });
    await connect('', from('192.0.2.7')).next('welcome');
    const response = await fetch(url('/events'), from('192.0.2.7'));
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('30');
  });

  it('are accepted again when one has closed', async () => {
    const { connect, parts } = await start({ parts: { maxPerAddress: 1 }, attach: byHeader });
    const reader = connect('', from('192.0.2.7'));
    await reader.next('welcome');
    reader.socket.close();
    await expect.poll(() => parts.sessions.size).toBe(0);
    await connect('', from('192.0.2.7')).next('welcome');
  });
});

describe('connections in all', () => {
  it('are answered 503 with Retry-After above the limit', async () => {
    const { connect, url } = await start({ parts: { maxSessions: 1 } });
    await connect().next('welcome');
    const { status, headers } = await connect().ended;
    expect([status, headers['retry-after']]).toEqual([503, '30']);
    expect((await fetch(url('/events'))).status).toBe(503);
  });

  it('are answered 503 while the server is stopping', async () => {
    const { connect, live, url } = await start();
    const stays = connect();
    await stays.next('welcome');
    stays.socket.pause();
    const closed = live.close(300);
    expect((await connect().ended).status).toBe(503);
    expect((await fetch(url('/events'))).status).toBe(503);
    await closed;
  });
});

describe('the unsent bytes of one client', () => {
  const mark = 64 * 1024;

  /** A server whose log has far more bytes than the system buffers for a connection. */
  async function startHeavy(): Promise<TestLiveServer> {
    const log = new MemoryLog();
    const started = await start({ log, parts: { timing: { pingIntervalMs: 1e9 } } });
    for (let index = 0; index < 450; index += 1) log.append({ body: `{"id":1,"t":"${'x'.repeat(30_000)}"}` });
    started.publish(1);
    return started;
  }

  it('stay below the high-water mark plus one frame, and no event is lost', async () => {
    const { connect, sockets, timers } = await startHeavy();
    const reader = connect('?after=floor');
    await reader.next('welcome');
    reader.socket.pause();
    await expect.poll(() => timers.size, { timeout: 5000 }).toBe(3);
    expect(sockets[0]?.writableLength).toBeGreaterThanOrEqual(mark);
    expect(sockets[0]?.writableLength).toBeLessThanOrEqual(mark + mark);
    reader.socket.resume();
    expect(await reader.seqs(451)).toEqual(Array.from({ length: 451 }, (_, index) => index + 1));
  });

  it('stay below it on an event stream too', async () => {
    const { sockets, timers, url } = await startHeavy();
    const stop = new AbortController();
    const response = await fetch(url('/events?after=floor'), { signal: stop.signal });
    await expect.poll(() => timers.size, { timeout: 5000 }).toBe(3);
    expect(sockets.at(-1)?.writableLength).toBeLessThanOrEqual(mark + mark);
    const pieces: Uint8Array[] = [];
    for await (const piece of response.body ?? []) {
      pieces.push(piece);
      if (Buffer.concat(pieces.slice(-2)).includes('event: live')) break;
    }
    const text = Buffer.concat(pieces).toString();
    const ids = [...text.matchAll(/^id: e1-(\d+)\nevent: item$/gm)].map(([, seq]) => Number(seq));
    expect(ids).toEqual(Array.from({ length: 451 }, (_, index) => index + 1));
    stop.abort();
  });
});
