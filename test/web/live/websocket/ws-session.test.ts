import { afterEach, describe, expect, it } from 'vitest';
import { type LiveServerOptions, startLive, type TestLiveServer } from '../../../support/live/live-server.ts';
import { MemoryLog } from '../../../support/push/memory-log.ts';

let server: TestLiveServer;

async function start(options: LiveServerOptions = {}): Promise<TestLiveServer> {
  server = await startLive(options);
  return server;
}

afterEach(() => server.close());

const world = { sections: ['World'] };

describe('a session', () => {
  it('starts with welcome: the bounds of the log and the limits', async () => {
    const log = new MemoryLog(9);
    log.trim(4);
    await start({ log });
    expect(await server.connect().any()).toEqual({
      type: 'welcome',
      v: 1,
      epoch: 'e1',
      head: 9,
      floor: 4,
      pingIntervalMs: 25_000,
      maxAgeMs: 3_600_000,
      limits: { subscriptions: 32, messageBytes: 16_384, filterValues: 200 },
    });
  });

  it('sends the missed events, then live, then new events', async () => {
    await start();
    server.publish(3);
    const reader = server.connect();
    await reader.next('welcome');
    reader.send({ type: 'subscribe', id: 's1', after: 'e1-1' });
    const subscribed = await reader.next('subscribed');
    expect(subscribed).toEqual({ type: 'subscribed', id: 's1', ch: subscribed.ch, after: 'e1-1', head: 3 });
    expect(await reader.any()).toEqual({
      type: 'items',
      ch: subscribed.ch,
      list: [2, 3].map((seq) => ({
        seq,
        prev: seq - 1,
        op: 'add',
        item: {
          page: `https://news.example.org/items/${seq}`,
          id: seq,
          url: `https://example.org/${seq}`,
          title: `Item ${seq}`,
        },
      })),
    });
    expect(await reader.any()).toEqual({ type: 'live', ch: subscribed.ch, seq: 3, prev: 3 });
    server.publish(1);
    expect(await reader.any()).toMatchObject({ type: 'item', ch: subscribed.ch, seq: 4, prev: 3, op: 'add' });
  });

  it('starts at the head by default', async () => {
    await start({ log: new MemoryLog(5) });
    const reader = server.connect();
    reader.socket.on('open', () => reader.send({ type: 'subscribe', id: 's1' }));
    expect(await reader.next('subscribed')).toMatchObject({ after: 'e1-5', head: 5 });
  });

  it('subscribes at once when its URL has a query', async () => {
    const log = new MemoryLog();
    await start({ log });
    log.append({ facets: world });
    log.append({ facets: { sections: ['Sport'] } });
    log.append({ facets: world });
    server.notify();
    const reader = server.connect('?section=World&after=floor');
    expect(await reader.next('subscribed')).toMatchObject({ id: 'url', after: 'e1-0' });
    expect(await reader.seqs(2)).toEqual([1, 3]);
  });

  it('gets an error for an invalid query in its URL, and stays open', async () => {
    await start();
    const reader = server.connect('?tag=eu');
    expect(await reader.next('error')).toMatchObject({ id: 'url', code: 'bad_filter', message: "unknown field 'tag'" });
    reader.send({ type: 'subscribe', id: 'url' });
    await reader.next('live');
  });

  it('has a channel for each filter', async () => {
    await start();
    const reader = server.connect();
    await reader.next('welcome');
    reader.send({ type: 'subscribe', id: 'a', filter: world });
    const a = (await reader.next('subscribed')).ch;
    await reader.next('live');
    reader.send({ type: 'subscribe', id: 'b', filters: [{ q: 'budget' }, { sections: ['Sport'] }] });
    const b = (await reader.next('subscribed')).ch;
    await reader.next('live');
    expect(a).not.toBe(b);
    server.log.append({ facets: world });
    server.log.append({ facets: { sections: ['Sport'] } });
    server.notify();
    expect([await reader.any(), await reader.any()]).toMatchObject([
      { type: 'item', ch: a, seq: 1, prev: 0 },
      { type: 'item', ch: b, seq: 2, prev: 0 },
    ]);
  });

  it('removes an item that no longer matches', async () => {
    await start();
    const reader = server.connect('?section=World');
    await reader.next('live');
    server.log.append({ op: 'update', itemId: 7, changed: ['section'], facets: { sections: ['Sport'] }, was: world });
    server.notify();
    expect(await reader.next('item')).toMatchObject({ op: 'remove', item: { id: 7, url: 'https://example.org/7' } });
  });

  it('sends its position with the heartbeat when nothing matched', async () => {
    await start();
    const reader = server.connect('?section=World');
    const { ch } = await reader.next('live');
    server.publish(3);
    await expect.poll(() => server.parts.tail.bounds.head).toBe(3);
    // The fan-out runs after the tail has read.
    await new Promise((resolve) => setImmediate(resolve));
    server.advance(12_750);
    expect(await reader.next('pos')).toEqual({ type: 'pos', ch, seq: 3, prev: 0 });
  });

  it('is reset when it cannot resume, and its id can be used again', async () => {
    const log = new MemoryLog(9);
    log.trim(7);
    await start({ log });
    const reader = server.connect();
    await reader.next('welcome');
    reader.send({ type: 'subscribe', id: 's1', after: 'e1-3' });
    expect(await reader.any()).toEqual({
      type: 'reset',
      id: 's1',
      reason: 'cursor_too_old',
      epoch: 'e1',
      floor: 7,
      head: 9,
    });
    reader.send({ type: 'subscribe', id: 's1', after: 'e1-9' });
    expect(await reader.any()).toMatchObject({ type: 'subscribed', id: 's1' });
  });

  it.each([
    ['epoch_changed', 'e0-3'],
    ['cursor_in_future', 'e1-30'],
    ['replay_too_large', 'e1-1'],
  ])('is reset for %s', async (reason, after) => {
    await start({ log: new MemoryLog(9), limits: { maxEvents: 5 } });
    expect(await server.connect(`?after=${after}`).next('reset')).toMatchObject({ id: 'url', reason });
  });

  it('sends nothing more after unsubscribe', async () => {
    await start();
    const reader = server.connect();
    await reader.next('welcome');
    reader.send({ type: 'subscribe', id: 'a' });
    reader.send({ type: 'subscribe', id: 'b', filter: { backfill: true } });
    await reader.next('live');
    await reader.next('live');
    reader.send({ type: 'unsubscribe', id: 'a' });
    // A reply shows that the message before it was read.
    reader.send({ type: 'ping' });
    await reader.next('ping');
    server.publish(1);
    const { ch } = await reader.next('item');
    reader.send({ type: 'subscribe', id: 'c', filter: { backfill: true } });
    expect(await reader.any()).toMatchObject({ type: 'error', id: 'c', code: 'duplicate_filter' });
    reader.send({ type: 'subscribe', id: 'a' });
    expect((await reader.next('subscribed')).ch).not.toBe(ch);
  });

  it('answers a ping message, and ignores a pong message', async () => {
    await start();
    const reader = server.connect();
    await reader.next('welcome');
    reader.send({ type: 'pong' });
    reader.send({ type: 'ping' });
    expect(await reader.any()).toEqual({ type: 'ping' });
  });

  it('sends a ping of both kinds every 25 seconds', async () => {
    await start();
    const reader = server.connect();
    await reader.next('welcome');
    // The first one is earlier, so that sessions that started together do not send pings together.
    for (const waitMs of [12_750, 25_250, 25_250]) {
      const pinged = new Promise((resolve) => reader.socket.once('ping', resolve));
      server.advance(waitMs);
      await Promise.all([pinged, reader.next('ping')]);
      // The library has sent a pong. The server must receive it before the time advances.
      reader.send({ type: 'ping' });
      await reader.next('ping');
    }
    expect(reader.socket.readyState).toBe(reader.socket.OPEN);
  });

  it('releases everything when it ends', async () => {
    await start();
    const before = server.timers.size;
    const reader = server.connect('?after=head');
    await reader.next('live');
    expect(server.timers.size).toBeGreaterThan(before);
    reader.socket.terminate();
    await expect.poll(() => server.live.sessions).toBe(0);
    expect(server.parts.fanOut.size).toBe(0);
    expect(server.timers.size).toBe(before);
  });
});

describe('an invalid message', () => {
  it.each([
    ['unknown_type', { type: 'publish', id: 'x' }, 'x'],
    ['bad_id', { type: 'subscribe' }, undefined],
    ['bad_id', { type: 'subscribe', id: '' }, undefined],
    ['bad_id', { type: 'unsubscribe', id: 7 }, undefined],
    ['bad_field', { type: 'subscribe', id: 'x', since: 3 }, 'x'],
    ['bad_filter', { type: 'subscribe', id: 'x', filter: { tag: ['a'] } }, 'x'],
    ['bad_filter', { type: 'subscribe', id: 'x', filter: {}, filters: [] }, 'x'],
    ['bad_cursor', { type: 'subscribe', id: 'x', after: 'yesterday' }, 'x'],
    ['bad_cursor', { type: 'subscribe', id: 'x', after: 3 }, 'x'],
    ['duplicate_id', { type: 'subscribe', id: 'url', filter: world }, 'url'],
    ['duplicate_filter', { type: 'subscribe', id: 'x', filter: { sections: [] } }, 'x'],
    ['unknown_subscription', { type: 'unsubscribe', id: 'x' }, 'x'],
    ['bad_items', { type: 'watch', items: 'all' }, undefined],
    ['bad_items', { type: 'watch', items: [0] }, undefined],
    ['not_available', { type: 'watch', items: [1] }, undefined],
  ])('is answered %s, and the session stays open', async (code, message, id) => {
    await start();
    const reader = server.connect('?after=head');
    await reader.next('live');
    reader.send(message);
    const error = await reader.next('error');
    expect(error.code).toBe(code);
    expect(error.id).toBe(id);
    expect(error.message.length).toBeLessThan(200);
    reader.send({ type: 'ping' });
    await reader.next('ping');
  });
});

describe('watched items', () => {
  it('are those of the last watch', async () => {
    const asked: string[] = [];
    await start({
      parts: {
        readCounts: async (ids) => {
          asked.push(ids.join());
          return ids.map((id) => ({ id, reads: asked.length, comments: 0, commentsRevision: 0 }));
        },
      },
    });
    const reader = server.connect();
    await reader.next('welcome');
    reader.send({ type: 'watch', items: [17] });
    await reader.next('counts');
    reader.send({ type: 'watch', items: [18] });
    await reader.next('counts');
    server.advance(5250);
    await reader.next('counts');
    reader.send({ type: 'watch', items: [] });
    reader.send({ type: 'ping' });
    await reader.next('ping');
    server.advance(10_500);
    expect(asked).toEqual(['17', '18', '18']);
  });

  const counts = new Map([
    [17, { id: 17, reads: 1, comments: 0, commentsRevision: 0 }],
    [18, { id: 18, reads: 5, comments: 2, commentsRevision: 2 }],
  ]);

  it('are sent first, and again when a count has changed', async () => {
    const asked: (readonly number[])[] = [];
    await start({
      parts: {
        readCounts: async (ids) => {
          asked.push(ids);
          return ids.flatMap((id) => counts.get(id) ?? []);
        },
      },
    });
    const reader = server.connect();
    await reader.next('welcome');
    reader.send({ type: 'watch', items: [17, 18, 99] });
    expect((await reader.next('counts')).items).toEqual([counts.get(17), counts.get(18)]);
    counts.set(17, { id: 17, reads: 2, comments: 0, commentsRevision: 0 });
    server.advance(5250);
    expect(await reader.next('counts')).toEqual({ type: 'counts', items: [counts.get(17)] });
    expect(asked).toEqual([
      [17, 18, 99],
      [17, 18, 99],
    ]);
  });
});
