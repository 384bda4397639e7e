import { afterEach, describe, expect, it } from 'vitest';
import { defaultReplayLimits } from '../../../../src/push/fanout/fan-out.ts';
import { liveLimits } from '../../../../src/web/live/protocol/live-limits.ts';
import {
  type LiveServerOptions,
  startLive,
  type TestClient,
  type TestLiveServer,
} from '../../../support/live/live-server.ts';
import { trackRows } from '../../../support/live/tested-rows.ts';
import { MemoryLog } from '../../../support/push/memory-log.ts';

const rows = liveLimits();
const table = trackRows(
  'limits, row by row',
  new Map(rows.map(({ limit, maximum, whenExceeded }) => [limit, `${maximum}; beyond it ${whenExceeded}`])),
  (title) => rows.find(({ limit }) => title === limit)?.limit ?? null,
);

let server: TestLiveServer;
afterEach(() => server.close());

async function start(options: LiveServerOptions = {}): Promise<TestLiveServer> {
  server = await startLive(options);
  return server;
}

async function welcomed(options: LiveServerOptions = {}): Promise<TestClient> {
  const { connect } = await start(options);
  const reader = connect();
  await reader.next('welcome');
  return reader;
}

/** Subscribes and expects success, then an error with a code. */
async function expectRefusal(taken: object, refused: object, code: string): Promise<void> {
  const reader = await welcomed();
  reader.send({ type: 'subscribe', id: 'a', ...taken });
  await reader.next('subscribed');
  reader.send({ type: 'subscribe', id: 'b', ...refused });
  expect(await reader.next('error')).toMatchObject({ code });
}

const strings = (count: number): string[] => Array.from({ length: count }, (_, index) => `s${index}`);
const long = (chars: number): string => 'x'.repeat(chars);
const noBeats = { timing: { pingIntervalMs: 1e9 } };

/** A test for each row: the maximum is accepted, one more is refused. */
const tests: Readonly<Record<string, () => Promise<void>>> = {
  'size of a message': async () => {
    const reader = await welcomed();
    reader.send(`{"type":"ping"}${' '.repeat(16_384 - 15)}`);
    await reader.next('ping');
    reader.send(`{"type":"ping"}${' '.repeat(16_384 - 14)}`);
    expect((await reader.ended).code).toBe(1009);
  },

  'fragments of a message': async () => {
    const reader = await welcomed();
    const sendIn = (pieces: number): void => {
      reader.socket.send('{"type":"ping"}', { fin: false });
      for (let index = 2; index < pieces; index += 1) reader.socket.send(' ', { fin: false });
      reader.socket.send(' ', { fin: true });
    };
    sendIn(64);
    await reader.next('ping');
    sendIn(65);
    expect((await reader.ended).code).toBe(1008);
  },

  'messages, ping frames and unsolicited pong frames of a client': async () => {
    const reader = await welcomed();
    for (let index = 0; index < 10; index += 1) reader.socket.ping();
    for (let index = 0; index < 10; index += 1) reader.send({ type: 'ping' });
    for (let index = 0; index < 10; index += 1) await reader.next('ping');
    reader.send({ type: 'ping' });
    expect(await reader.next('bye')).toMatchObject({ code: 4005 });
  },

  'subscriptions of a connection': async () => {
    const reader = await welcomed();
    for (let index = 0; index < 32; index += 1) {
      if (index % 16 === 0) server.advance(10_000);
      reader.send({ type: 'subscribe', id: `s${index}`, filter: { sources: [`s${index}`] } });
      await reader.next('subscribed');
    }
    reader.send({ type: 'subscribe', id: 'more', filter: { sources: ['more'] } });
    expect(await reader.next('error')).toMatchObject({ id: 'more', code: 'too_many_subscriptions' });
    reader.send({ type: 'unsubscribe', id: 's3' });
    reader.send({ type: 'subscribe', id: 'more', filter: { sources: ['more'] } });
    expect(await reader.next('subscribed')).toMatchObject({ id: 'more' });
  },

  'filters of a subscription': () => {
    const filters = strings(5).map((source) => ({ sources: [source] }));
    return expectRefusal({ filters: filters.slice(1) }, { filters }, 'bad_filter');
  },

  'values of a filter': () => {
    const filter = (sources: number) => ({ filter: { sources: strings(sources), categories: strings(100) } });
    return expectRefusal(filter(100), filter(101), 'bad_filter');
  },

  'characters of a value, and of `q`': async () => {
    await expectRefusal({ filter: { sources: [long(200)] } }, { filter: { sources: [long(201)] } }, 'bad_filter');
    await server.close();
    await expectRefusal({ filter: { q: long(200) } }, { filter: { q: long(201) } }, 'bad_filter');
  },

  'words and fields of `q`': () => {
    const search = (words: number) => ({
      filter: { q: Array.from({ length: words }, (_, index) => `w${index}`).join(' ') },
    });
    return expectRefusal(search(32), search(33), 'bad_filter');
  },

  'characters of a subscription id': () => expectRefusal({ id: long(64) }, { id: long(65) }, 'bad_id'),

  'watched items': async () => {
    const ids = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
    const counted = (id: number) => ({ id, reads: 1, comments: 0, commentsRevision: 0 });
    const reader = await welcomed({ parts: { readCounts: async (asked) => asked.map(counted) } });
    reader.send({ type: 'watch', items: ids(200) });
    expect((await reader.next('counts')).items).toHaveLength(200);
    reader.send({ type: 'watch', items: ids(201) });
    expect(await reader.next('error')).toMatchObject({ code: 'bad_items' });
  },

  'events of one `items` message': async () => {
    const { connect, log, publish } = await start();
    for (let index = 0; index < 69; index += 1) log.append();
    publish(1);
    const many = connect('?after=floor');
    expect((await many.next('items')).list.map(({ seq }) => seq)).toHaveLength(64);
    expect((await many.next('items')).list).toHaveLength(6);
    for (let index = 0; index < 3; index += 1) log.append({ body: `{"id":1,"t":"${long(30_000)}"}` });
    server.notify();
    expect((await many.next('items')).list).toHaveLength(2);
    expect(await many.next('item')).toMatchObject({ seq: 73 });
  },

  'events of a replay': async () => {
    const { connect } = await start({ log: new MemoryLog(defaultReplayLimits.maxEvents + 1) });
    expect(await connect('?after=e1-0').next('reset')).toMatchObject({ reason: 'replay_too_large' });
    expect(await connect('?after=e1-1').next('subscribed')).toMatchObject({ after: 'e1-1' });
    expect(await connect('?after=floor').next('subscribed')).toMatchObject({ after: 'e1-1' });
  },

  'age of a replay': async () => {
    const log = new MemoryLog();
    await start({ log, limits: defaultReplayLimits });
    const oldestMs = server.parts.clock.now() - defaultReplayLimits.maxAgeMs;
    log.append({ atMs: oldestMs - 1 });
    log.append({ atMs: oldestMs });
    server.notify();
    expect(await server.connect('?after=e1-0').next('reset')).toMatchObject({ reason: 'replay_too_large' });
    expect(await server.connect('?after=e1-1').seqs(1)).toEqual([2]);
  },

  'unsent bytes of a connection': async () => {
    const log = new MemoryLog();
    const { parts, timers, connect, advance, publish } = await start({ log, parts: noBeats });
    for (let index = 0; index < 300; index += 1) log.append({ body: `{"id":1,"t":"${long(60_000)}"}` });
    publish(1);
    const reader = connect('?after=floor');
    await reader.next('welcome');
    reader.socket.pause();
    await expect.poll(() => timers.size, { timeout: 5000 }).toBe(3);
    const mark = 64 * 1024;
    expect(server.sockets[0]?.writableLength).toBeGreaterThanOrEqual(mark);
    expect(server.sockets[0]?.writableLength).toBeLessThanOrEqual(2 * mark);
    advance(29_750);
    expect(parts.sessions.closes.size).toBe(0);
    advance(750);
    expect(parts.sessions.closes.get(4001)).toBe(1);
  },

  'time to answer a ping frame': async () => {
    const { connect, advance } = await start();
    const reader = connect('', { autoPong: false });
    await reader.next('welcome');
    advance(12_750);
    await reader.next('ping');
    advance(9500);
    expect(server.parts.sessions.closes.size).toBe(0);
    advance(1000);
    expect(await reader.next('bye')).toMatchObject({ code: 4002 });
  },

  'age of a WebSocket': async () => {
    const reader = await welcomed({ parts: noBeats });
    server.advance(0.8 * 3_600_000 - 1000);
    expect(server.parts.sessions.size).toBe(1);
    server.advance(1500);
    expect(await reader.next('bye')).toMatchObject({ code: 4006 });
  },

  'age of a stream': async () => {
    const { url, advance, parts } = await start();
    const response = await fetch(url('/events'));
    advance(0.8 * 600_000 - 1000);
    expect(parts.sessions.size).toBe(1);
    advance(1500);
    expect(await response.text()).toContain('"code":4006');
  },

  'connections from one address': async () => {
    const { connect, url } = await start({ attach: { clientAddress: () => '192.0.2.7' } });
    for (let index = 0; index < 50; index += 1) await connect().next('welcome');
    expect((await connect().ended).status).toBe(429);
    const stream = await fetch(url('/events'), { headers: { Accept: 'text/event-stream' } });
    expect(await stream.text()).toContain('"code":4008');
  },

  'connections in all': async () => {
    const { connect, url } = await start({ parts: { maxSessions: 1 } });
    await connect().next('welcome');
    expect((await connect().ended).status).toBe(503);
    const stream = await fetch(url('/events'), { headers: { Accept: 'text/event-stream' } });
    expect(await stream.text()).toContain('"code":4008');
  },
};

describe('exceeding the limit of', () => {
  it.each(rows.map(({ limit }) => limit))('%s', async (what) => {
    const test = tests[what];
    expect(test, 'this row has no test').toBeDefined();
    await test?.();
  });
});

describe('the rows of the table', () => {
  it('have a test each', async () => {
    await start();
    expect(table.untested()).toEqual([]);
    expect(Object.keys(tests).filter((name) => !rows.some(({ limit }) => limit === name))).toEqual([]);
  });
});
