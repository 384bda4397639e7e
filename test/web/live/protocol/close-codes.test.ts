import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type CloseCode,
  closeCodes,
  retryAfterMs,
  webSocketCloseCodes,
} from '../../../../src/web/live/protocol/close-codes.ts';
import {
  type LiveServerOptions,
  startLive,
  type TestClient,
  type TestLiveServer,
} from '../../../support/live/live-server.ts';
import { trackRows } from '../../../support/live/tested-rows.ts';
import { MemoryLog } from '../../../support/push/memory-log.ts';

const table = trackRows(
  'close codes, row by row',
  new Map([
    ...Object.values(closeCodes).map(({ code, reason }): [string, string] => [String(code), reason]),
    ...webSocketCloseCodes.map(({ code, meaning }): [string, string] => [String(code), meaning]),
  ]),
  (title) => /^(\d{4}) /.exec(title)?.[1] ?? null,
);

let server: TestLiveServer | null = null;

async function start(options: LiveServerOptions = {}): Promise<TestLiveServer> {
  server = await startLive(options);
  return server;
}

afterEach(async () => {
  await server?.close();
  server = null;
});

/** The TCP connection of a client's WebSocket. */
function rawOf(reader: TestClient): Duplex {
  return (reader.socket as unknown as { readonly _socket: Duplex })._socket;
}

/** Expects `bye` with this code and reason, and then the close. */
async function expectEnd(reader: TestClient, close: CloseCode): Promise<void> {
  const { code, reason } = close;
  expect(await reader.next('bye')).toEqual({ type: 'bye', code, reason, retryAfterMs: retryAfterMs(close, () => 0) });
  expect(await reader.ended).toMatchObject({ code, reason });
  expect(server?.parts.sessions.closes.get(code)).toBe(1);
}

describe('the table of close codes', () => {
  const rows: readonly CloseCode[] = Object.values(closeCodes);

  it('has numbers below 4500 exactly for the codes after which a client reconnects', () => {
    for (const { code, retryAfterMs: wait } of rows) {
      expect(code).toBeGreaterThanOrEqual(4000);
      expect(code).toBeLessThan(5000);
      expect(wait === null, `${code}`).toBe(code >= 4500);
    }
  });

  it('has unique reasons that fit into a close frame', () => {
    expect(new Set(rows.map(({ code }) => code)).size).toBe(rows.length);
    for (const { reason } of rows) expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
  });

  it('spreads the delays over their range', () => {
    expect(retryAfterMs(closeCodes.shutdown, () => 0)).toBe(500);
    expect(retryAfterMs(closeCodes.shutdown, () => 0.999999)).toBe(8000);
    expect(retryAfterMs(closeCodes.badMessage, () => 0.5)).toBe(0);
  });
});

describe('a session ends with', () => {
  it('4000 when the server stops', async () => {
    const { live, connect } = await start();
    const reader = connect();
    await reader.next('welcome');
    const closed = live.close(5000);
    await expectEnd(reader, closeCodes.shutdown);
    await closed;
  });

  it('4001 when the client does not read for 30 seconds', async () => {
    const log = new MemoryLog();
    const started = await start({ log, parts: { timing: { pingIntervalMs: 1e9 } } });
    const { parts, timers, connect, advance, publish } = started;
    for (let index = 0; index < 300; index += 1) log.append({ body: `{"id":1,"t":"${'x'.repeat(60_000)}"}` });
    publish(1);
    const reader = connect('?after=floor');
    await reader.next('welcome');
    reader.socket.pause();
    await expect.poll(() => parts.fanOut.size).toBe(1);
    // The buffers of the system must be full before bytes are unsent.
    await expect.poll(() => timers.size, { timeout: 5000 }).toBe(3);
    advance(24_000);
    expect(parts.sessions.closes.size).toBe(0);
    advance(6500);
    expect(parts.sessions.closes.get(4001)).toBe(1);
    reader.socket.resume();
    expect(await reader.next('bye')).toMatchObject({ code: 4001, reason: 'slow_consumer' });
  });

  it('4002 when a ping is not answered within 10 seconds', async () => {
    const { connect, advance, parts } = await start();
    const reader = connect('', { autoPong: false });
    await reader.next('welcome');
    advance(12_750);
    await reader.next('ping');
    advance(9_500);
    expect(parts.sessions.closes.size).toBe(0);
    advance(1000);
    await expectEnd(reader, closeCodes.noPong);
  });

  it('4004 when the log cannot be read', async () => {
    const log = new MemoryLog(30);
    const { connect } = await start({ log });
    log.read = async () => {
      throw new Error('database is gone');
    };
    await expectEnd(connect('?after=e1-3'), closeCodes.positionLost);
  });

  it('4005 when it sends more than 20 messages in 10 seconds', async () => {
    const { connect, advance } = await start();
    const reader = connect();
    await reader.next('welcome');
    for (let index = 0; index < 20; index += 1) reader.send({ type: 'ping' });
    for (let index = 0; index < 20; index += 1) await reader.next('ping');
    advance(10_000);
    for (let index = 0; index < 20; index += 1) reader.send({ type: 'ping' });
    for (let index = 0; index < 20; index += 1) await reader.next('ping');
    reader.send({ type: 'pong' });
    await expectEnd(reader, closeCodes.rateLimited);
  });

  it('4005 for ping frames too, since each of them is answered', async () => {
    const { connect } = await start();
    const reader = connect();
    await reader.next('welcome');
    for (let index = 0; index < 21; index += 1) reader.socket.ping();
    await expectEnd(reader, closeCodes.rateLimited);
  });

  it('4006 at an age of 80 to 100 % of an hour', async () => {
    const { connect, advance, parts } = await start({ parts: { timing: { pingIntervalMs: 1e9 } } });
    const reader = connect();
    await reader.next('welcome');
    advance(0.8 * 3_600_000 - 1000);
    expect(parts.sessions.closes.size).toBe(0);
    advance(1500);
    await expectEnd(reader, closeCodes.maxAge);
  });

  it('4008 when a stream exceeds the limit of connections', async () => {
    const { url } = await start({ parts: { maxPerAddress: 0 }, attach: { clientAddress: () => '192.0.2.7' } });
    const response = await fetch(url('/events'), { headers: { Accept: 'text/event-stream' } });
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text).toContain('event: bye\n');
    expect(text).toContain('"code":4008,"reason":"connection_limit","retryAfterMs":15000');
    expect(text).toContain('retry: 15000\n');
  });

  it.each([
    ['a message that is not JSON', 'hello'],
    ['a message that is not an object', '[]'],
    ['nothing', 'null'],
    ['an object without a type', '{"id":"s1"}'],
    ['a type that is not a string', '{"type":1}'],
  ])('4500 when it sends %s', async (_, text) => {
    const { connect } = await start();
    const reader = connect();
    await reader.next('welcome');
    reader.send(text);
    await expectEnd(reader, closeCodes.badMessage);
  });

  it('4500 when it sends bytes', async () => {
    const { connect } = await start();
    const reader = connect();
    await reader.next('welcome');
    reader.socket.send(Buffer.from('{"type":"ping"}'));
    await expectEnd(reader, closeCodes.badMessage);
  });

  it('1009 when a message is larger than 16 KB', async () => {
    const { connect } = await start();
    const reader = connect();
    await reader.next('welcome');
    reader.send(JSON.stringify({ type: 'ping', pad: 'x'.repeat(16_384) }));
    expect((await reader.ended).code).toBe(1009);
    expect(server?.parts.sessions.closes.get(1009)).toBe(1);
  });

  it('1007 when a message is not UTF-8', async () => {
    const { connect } = await start();
    const reader = connect();
    await reader.next('welcome');
    reader.socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
    expect((await reader.ended).code).toBe(1007);
    expect(server?.parts.sessions.closes.get(1007)).toBe(1);
  });

  it('1008 when a message has more than 64 fragments', async () => {
    const { connect } = await start();
    const reader = connect();
    await reader.next('welcome');
    const piece = (head: number, text: string) => {
      rawOf(reader).write(Buffer.concat([Buffer.from([head, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]));
    };
    piece(0x01, '{"type":"ping"');
    for (let index = 0; index < 62; index += 1) piece(0x00, ' ');
    piece(0x80, '}');
    await reader.next('ping');
    piece(0x01, '{');
    for (let index = 0; index < 64; index += 1) piece(0x00, ' ');
    expect((await reader.ended).code).toBe(1008);
    expect(server?.parts.sessions.closes.get(1008)).toBe(1);
  });

  it('1002 when a frame is invalid', async () => {
    const { connect } = await start();
    const reader = connect();
    await reader.next('welcome');
    // An unmasked frame, which clients must not send.
    rawOf(reader).write(Buffer.from([0x81, 0x02, 0x7b, 0x7d]));
    expect((await reader.ended).code).toBe(1002);
    expect(server?.parts.sessions.closes.get(1002)).toBe(1);
  });

  it('no code when the connection fails', async () => {
    const { connect, parts } = await start();
    const reader = connect();
    await reader.next('welcome');
    reader.socket.terminate();
    await expect.poll(() => parts.sessions.size).toBe(0);
    expect(parts.sessions.closes.size).toBe(0);
  });

  it('a terminated socket when the client does not answer the close', async () => {
    const { connect, advance, parts } = await start();
    const reader = connect();
    await reader.next('welcome');
    reader.socket.pause();
    reader.send('no message');
    await expect.poll(() => parts.sessions.closes.get(4500)).toBe(1);
    expect(parts.sessions.size).toBe(1);
    advance(2500);
    await expect.poll(() => parts.sessions.size).toBe(0);
  });
});

describe('the rows of the table', () => {
  it('have a test each', () => {
    expect(table.untested()).toEqual([]);
  });
});
