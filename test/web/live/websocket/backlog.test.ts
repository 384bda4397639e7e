import { once } from 'node:events';
import { get } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type WebSocket from 'ws';
import type { ItemCounts } from '../../../../src/domain/items/item-counts.ts';
import { defaultLiveTiming } from '../../../../src/web/live/protocol/live-timing.ts';
import { type LiveServerOptions, startLive, type TestLiveServer } from '../../../support/live/live-server.ts';

let server: TestLiveServer;
let counted = 0;

async function start(options: LiveServerOptions = {}): Promise<TestLiveServer> {
  counted = 0;
  // Every look finds other numbers: the most that counts can write.
  const readCounts = async (ids: readonly number[]): Promise<ItemCounts[]> => {
    counted += 1;
    return ids.map((id) => ({ id, reads: 1_000_000 + counted, comments: counted, commentsRevision: counted }));
  };
  server = await startLive({ ...options, parts: { readCounts, ...options.parts } });
  return server;
}

afterEach(() => server.close());

const watched = Array.from({ length: 200 }, (_, index) => 1_000_001 + index);
/** Beyond the high-water mark: what a single write of the session itself adds at most. */
const oneMessage = 16 * 1024;

/** A client that watches 200 items and reads nothing after the first counts. */
async function deafWatcher(): Promise<WebSocket> {
  const reader = server.connect('', { autoPong: false });
  await reader.next('welcome');
  reader.send({ type: 'watch', items: watched });
  await reader.next('counts');
  reader.socket.pause();
  return reader.socket;
}

/** Bytes that the process holds for the only connection. */
function unsent(): number {
  return server.sockets[0]?.writableLength ?? 0;
}

/** Lets looks at the counts pass until the backlog stands above the mark. */
async function fillBacklog(): Promise<void> {
  for (let looks = 0; looks < 3000 && unsent() < defaultLiveTiming.highWaterBytes; looks += 1) {
    server.advance(2250);
    await nextTurn();
  }
  expect(unsent()).toBeGreaterThanOrEqual(defaultLiveTiming.highWaterBytes);
}

/** No pings and no end of age: what is left is the backlog. */
const quiet = { pingIntervalMs: 1e9, maxAgeMs: 1e9, streamMaxAgeMs: 1e9 };

describe('a WebSocket that never reads', () => {
  it('has at most one unsent message above the mark and is closed, whatever it requests', async () => {
    // Time to answer a ping is not what ends it here.
    await start({ parts: { timing: { maxAgeMs: 1e9, pongTimeoutMs: 1e9 } } });
    const socket = await deafWatcher();
    let most = 0;
    for (let looks = 0; looks < 3000 && server.live.sessions > 0; looks += 1) {
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
    await deafWatcher();
    await fillBacklog();
    server.advance(defaultLiveTiming.drainTimeoutMs + 500);
    expect([...server.parts.sessions.closes]).toEqual([[4001, 1]]);
  });

  it('gets the latest counts of each item once it has drained', async () => {
    await start({ parts: { timing: { ...quiet, drainTimeoutMs: 1e9 } } });
    const reader = server.connect('', { autoPong: false });
    await reader.next('welcome');
    reader.send({ type: 'watch', items: watched });
    await reader.next('counts');
    reader.socket.pause();
    await fillBacklog();
    const sentWithBacklog = counted;
    for (let looks = 0; looks < 50; looks += 1) {
      server.advance(2250);
      await nextTurn();
    }
    expect(counted).toBeGreaterThan(sentWithBacklog + 10);
    const latest = counted;
    reader.socket.resume();
    const seen: number[] = [];
    while (seen.at(-1) !== latest) {
      const { items } = await reader.next('counts');
      expect(items).toHaveLength(watched.length);
      seen.push(items[0]?.comments ?? 0);
    }
    // Those between the full backlog and the latest were never written.
    expect(seen.filter((value) => value > sentWithBacklog)).toEqual([latest]);
  });

  it('gets one pong for its latest ping frame and one reply to its ping messages', async () => {
    const timing = { ...quiet, drainTimeoutMs: 1e9, maxMessages: 1000 };
    await start({ parts: { timing } });
    const reader = server.connect('', { autoPong: false });
    await reader.next('welcome');
    reader.send({ type: 'watch', items: watched });
    await reader.next('counts');
    reader.socket.pause();
    await fillBacklog();
    const before = unsent();
    for (let number = 1; number <= 200; number += 1) {
      reader.socket.ping(String(number).padStart(125, '.'));
      reader.send({ type: 'ping' });
    }
    reader.send({ type: 'unsubscribe', id: 'none' });
    // The answer to the last message is written; those before it have been read too.
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
    // What was sent back is read by the server before the answer to this is.
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

  it('that is unsolicited counts as a message', async () => {
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
    // The mark is nothing here, so that each byte stands above it whatever the kernel takes.
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
