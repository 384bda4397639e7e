import { once } from 'node:events';
import { get } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type WebSocket from 'ws';
import type { ItemCounts } from '../../../../src/domain/items/item-counts.ts';
import { defaultLiveTiming } from '../../../../src/web/live/protocol/live-timing.ts';
import {
  type LiveServerOptions,
  startLive,
  type TestClient,
  type TestLiveServer,
} from '../../../support/live/live-server.ts';

let server: TestLiveServer;
let queries = 0;

async function start(options: LiveServerOptions = {}): Promise<TestLiveServer> {
  queries = 0;
  // Every query returns other numbers, so that every count is sent.
  const readCounts = async (ids: readonly number[]): Promise<ItemCounts[]> => {
    queries += 1;
    return ids.map((id) => ({ id, reads: 1_000_000 + queries, comments: queries, commentsRevision: queries }));
  };
  server = await startLive({ ...options, parts: { readCounts, ...options.parts } });
  return server;
}

afterEach(() => server.close());

const watched = Array.from({ length: 200 }, (_, index) => 1_000_001 + index);
/** The most that one message of the session adds above the high-water mark. */
const oneMessage = 16 * 1024;

/** A client that watches 200 items and reads nothing after the first counts. */
async function startWatcher(): Promise<TestClient> {
  const reader = server.connect('', { autoPong: false });
  await reader.next('welcome');
  reader.send({ type: 'watch', items: watched });
  await reader.next('counts');
  reader.socket.pause();
  return reader;
}

/** Bytes that the process holds for the only connection. */
function unsent(): number {
  return server.sockets[0]?.writableLength ?? 0;
}

/** Lets the counts be polled until the unsent bytes exceed the high-water mark. */
async function fillBacklog(): Promise<void> {
  for (let polls = 0; polls < 3000 && unsent() < defaultLiveTiming.highWaterBytes; polls += 1) {
    server.advance(2250);
    await nextTurn();
  }
  expect(unsent()).toBeGreaterThanOrEqual(defaultLiveTiming.highWaterBytes);
}

/** No pings and no maximum age: only the backlog ends a session. */
const quiet = { pingIntervalMs: 1e9, maxAgeMs: 1e9, streamMaxAgeMs: 1e9 };

describe('a WebSocket that never reads', () => {
  it('has at most one unsent message above the mark and is closed, whatever it requests', async () => {
    // A late pong must not end the session in this test.
    await start({ parts: { timing: { maxAgeMs: 1e9, pongTimeoutMs: 1e9 } } });
    const { socket } = await startWatcher();
    let most = 0;
    for (let polls = 0; polls < 3000 && server.live.sessions > 0; polls += 1) {
      socket.pong('alive');
      server.advance(2250);
      await nextTurn();
      most = Math.max(most, unsent());
    }
    expect(most).toBeLessThan(defaultLiveTiming.highWaterBytes + oneMessage);
    await expect.poll(() => server.live.sessions).toBe(0);
  });

  it('is closed as a slow consumer though nothing is subscribed', async () => {
    await start({ parts: { timing: quiet } });
    await startWatcher();
    await fillBacklog();
    server.advance(defaultLiveTiming.drainTimeoutMs + 500);
    expect([...server.parts.sessions.closes]).toEqual([[4001, 1]]);
  });

  it('gets the latest counts of each item once it has drained', async () => {
    await start({ parts: { timing: { ...quiet, drainTimeoutMs: 1e9 } } });
    const reader = await startWatcher();
    await fillBacklog();
    const queriesBefore = queries;
    for (let polls = 0; polls < 50; polls += 1) {
      server.advance(2250);
      await nextTurn();
    }
    expect(queries).toBeGreaterThan(queriesBefore + 10);
    const latest = queries;
    reader.socket.resume();
    const seen: number[] = [];
    while (seen.at(-1) !== latest) {
      const { items } = await reader.next('counts');
      expect(items).toHaveLength(watched.length);
      seen.push(items[0]?.comments ?? 0);
    }
    // Counts between the full backlog and the latest were not sent.
    expect(seen.filter((value) => value > queriesBefore)).toEqual([latest]);
  });

  it('gets one pong for its latest ping frame and one reply to its ping messages', async () => {
    const timing = { ...quiet, drainTimeoutMs: 1e9, maxMessages: 1000 };
    await start({ parts: { timing } });
    const reader = await startWatcher();
    await fillBacklog();
    const before = unsent();
    for (let number = 1; number <= 200; number += 1) {
      reader.socket.ping(String(number).padStart(125, '.'));
      reader.send({ type: 'ping' });
    }
    reader.send({ type: 'unsubscribe', id: 'none' });
    // The reply to the last message is written, so all messages before it have been read.
    await expect.poll(() => unsent()).toBeGreaterThan(before);
    expect(unsent()).toBeLessThan(before + 200);
    const pongs: string[] = [];
    reader.socket.on('pong', (data) => pongs.push(data.toString()));
    reader.socket.resume();
    await reader.next('ping');
    await expect.poll(() => pongs.map((payload) => payload.replaceAll('.', ''))).toEqual(['200']);
  });
});

describe('a pong', () => {
  async function connect(answer: (socket: WebSocket, payload: Buffer) => void) {
    await start();
    const reader = server.connect('', { autoPong: false });
    await reader.next('welcome');
    reader.socket.on('ping', (payload) => answer(reader.socket, payload));
    const pinged = once(reader.socket, 'ping');
    server.advance(12_750);
    await pinged;
    // The server reads the pong before this message.
    reader.send({ type: 'unsubscribe', id: 'none' });
    await reader.next('error');
    return reader;
  }

  it('without the payload of our ping does not count as alive', async () => {
    const reader = await connect((socket) => {
      socket.pong();
      socket.pong('guess');
    });
    server.advance(10_500);
    expect(await reader.next('bye')).toMatchObject({ code: 4002, reason: 'no_pong' });
  });

  it('with the payload of our ping counts as alive', async () => {
    await connect((socket, payload) => socket.pong(payload));
    server.advance(10_500);
    expect(server.live.sessions).toBe(1);
    expect([...server.parts.sessions.closes]).toEqual([]);
  });

  it('that the server did not request counts as a message', async () => {
    await start();
    const reader = server.connect('', { autoPong: false });
    await reader.next('welcome');
    for (let number = 0; number <= defaultLiveTiming.maxMessages; number += 1) reader.socket.pong('alive');
    expect(await reader.next('bye')).toMatchObject({ code: 4005, reason: 'rate_limited' });
  });
});

describe('a stream that never reads', () => {
  it('gets no heartbeat above the mark, and is closed', async () => {
    await start({ parts: { timing: { ...quiet, highWaterBytes: 0 } } });
    const request = get(server.url('/events'), { headers: { Accept: 'text/event-stream' } });
    const [response] = await once(request, 'response');
    // A mark of zero: each byte exceeds it, however large the kernel's buffers are.
    let text = '';
    response.on('data', (data: Buffer) => {
      text += data.toString();
    });
    server.advance(25_000);
    await nextTurn();
    server.advance(10_000);
    await expect.poll(() => text).toContain('slow_consumer');
    expect(text).not.toContain(': hb');
    expect([...server.parts.sessions.closes]).toEqual([[4001, 1]]);
  });
});
