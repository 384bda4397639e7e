import { afterEach, describe, expect, it } from 'vitest';
import { type SseEvent, SseParser } from '../../../../src/client/sse-transport.ts';
import { type Log, silentLog } from '../../../../src/runtime/log.ts';
import { type LiveServerOptions, startLive, type TestLiveServer } from '../../../support/live/live-server.ts';
import { drainEventLoop } from '../../../support/push/drain-event-loop.ts';
import { MemoryLog } from '../../../support/push/memory-log.ts';

let server: TestLiveServer;
const streams: AbortController[] = [];

async function start(options: LiveServerOptions = {}): Promise<TestLiveServer> {
  server = await startLive(options);
  return server;
}

afterEach(async () => {
  for (const stream of streams.splice(0)) stream.abort();
  await server.close();
});

/** A client of a stream that returns its blocks in order and the whole text. */
class StreamReader {
  readonly response: Response;
  text = '';
  readonly #body: ReadableStreamDefaultReader<Uint8Array>;
  readonly #parser = new SseParser();
  readonly #blocks: SseEvent[] = [];
  readonly #decoder = new TextDecoder();

  constructor(response: Response) {
    this.response = response;
    if (response.body === null) throw new Error('no body');
    this.#body = response.body.getReader();
  }

  /** The next block; null: the stream has ended. */
  async any(): Promise<SseEvent | null> {
    while (this.#blocks.length === 0) {
      const { done, value } = await this.#body.read();
      if (done) return null;
      const piece = this.#decoder.decode(value, { stream: true });
      this.text += piece;
      this.#blocks.push(...this.#parser.push(piece));
    }
    return this.#blocks.shift() ?? null;
  }

  async next(event: string): Promise<SseEvent & { readonly message: Record<string, unknown> }> {
    for (;;) {
      const block = await this.any();
      if (block === null) throw new Error(`the stream ended before "${event}"`);
      if (block.event === event) return { ...block, message: JSON.parse(block.data) as Record<string, unknown> };
    }
  }
}

async function open(query = '', headers: Record<string, string> = {}): Promise<StreamReader> {
  const stream = new AbortController();
  streams.push(stream);
  return new StreamReader(await fetch(server.url(`/events${query}`), { headers, signal: stream.signal }));
}

describe('GET /events', () => {
  it('has headers against caching, buffering and sniffing', async () => {
    await start();
    const { headers } = (await open()).response;
    expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-accel-buffering')).toBe('no');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('access-control-allow-origin')).toBe('*');
  });

  it('sends a retry delay and the start cursor', async () => {
    await start({ log: new MemoryLog(4) });
    const reader = await open();
    expect(await reader.any()).toEqual({ id: 'e1-4', event: '', data: '' });
    expect(reader.text).toMatch(/^retry: 3000\n\n/);
  });

  it('sends the missed events, then live, then new events', async () => {
    await start();
    server.publish(3);
    const reader = await open('?after=e1-1');
    expect(await reader.next('item')).toMatchObject({
      id: 'e1-2',
      message: { type: 'item', seq: 2, prev: 1, op: 'add' },
    });
    expect(await reader.next('item')).toMatchObject({ id: 'e1-3', message: { seq: 3, prev: 2 } });
    expect(await reader.next('live')).toMatchObject({ id: 'e1-3', message: { type: 'live', seq: 3, prev: 3 } });
    server.publish(1);
    expect(await reader.next('item')).toMatchObject({ id: 'e1-4', message: { seq: 4, prev: 3 } });
  });

  it('filters by its query', async () => {
    await start();
    const reader = await open('?section=World&language=en&after=head');
    await reader.next('live');
    server.log.append({ facets: { sections: ['World'] } });
    server.log.append({ facets: { sections: ['World'], language: 'en-GB' } });
    server.notify();
    expect((await reader.next('item')).message['seq']).toBe(2);
  });

  it('prefers Last-Event-ID to the query', async () => {
    await start();
    server.publish(5);
    const reader = await open('?after=e1-1', { 'Last-Event-ID': 'e1-4' });
    expect((await reader.next('item')).message['seq']).toBe(5);
  });

  it('uses the query when Last-Event-ID is empty', async () => {
    await start();
    server.publish(5);
    const reader = await open('?after=e1-3', { 'Last-Event-ID': '' });
    expect((await reader.next('item')).message['seq']).toBe(4);
  });

  it.each([
    ['cursor_too_old', { 'Last-Event-ID': 'e1-2' }],
    ['epoch_changed', { 'Last-Event-ID': 'e0-2' }],
    ['cursor_in_future', { 'Last-Event-ID': 'e1-99' }],
    ['epoch_changed', { 'Last-Event-ID': 'not a cursor' }],
  ])('sends a reset for %s with the head as its id, and continues from there', async (reason, headers) => {
    const log = new MemoryLog(9);
    log.trim(7);
    await start({ log });
    const reader = await open('', headers);
    expect(await reader.next('reset')).toMatchObject({
      id: 'e1-9',
      message: { type: 'reset', reason, epoch: 'e1', floor: 7, head: 9 },
    });
    await reader.next('live');
    server.publish(1);
    expect(await reader.next('item')).toMatchObject({ id: 'e1-10', message: { prev: 9 } });
  });

  it('continues in the new log when the log is replaced', async () => {
    await start({ log: new MemoryLog(9) });
    const reader = await open();
    await reader.next('live');
    server.log.replace('e2', 3);
    server.notify();
    expect(await reader.next('reset')).toMatchObject({ id: 'e2-3', message: { reason: 'epoch_changed', epoch: 'e2' } });
    await reader.next('live');
    server.publish(1);
    expect((await reader.next('item')).id).toBe('e2-4');
  });

  it('advances the cursor with a heartbeat when nothing matched', async () => {
    await start();
    const reader = await open('?section=World');
    await reader.next('live');
    server.publish(3);
    await expect.poll(() => server.parts.tail.bounds.head).toBe(3);
    await drainEventLoop();
    server.advance(15_250);
    expect(await reader.any()).toEqual({ id: 'e1-3', event: '', data: '' });
    expect(await reader.any()).toEqual({ id: null, event: '', data: '' });
    expect(reader.text.endsWith(': hb\n\n')).toBe(true);
  });

  it('sends a heartbeat every 15 to 25 seconds', async () => {
    await start();
    const reader = await open();
    await reader.next('live');
    for (let beat = 0; beat < 3; beat += 1) {
      server.advance(15_250);
      expect(await reader.any()).toEqual({ id: null, event: '', data: '' });
    }
  });

  it('sends bye after 80 to 100 % of ten minutes', async () => {
    await start();
    const reader = await open();
    await reader.next('live');
    server.advance(0.8 * 600_000 + 500);
    expect((await reader.next('bye')).message).toEqual({ type: 'bye', code: 4006, reason: 'max_age', retryAfterMs: 0 });
    expect(await reader.any()).toBe(null);
    expect(reader.text).toContain('retry: 1000\nevent: bye\n');
    expect(server.parts.sessions.size).toBe(0);
  });

  it('sends bye when the server stops', async () => {
    await start();
    const reader = await open();
    await reader.next('live');
    const closed = server.live.close(5000);
    expect((await reader.next('bye')).message['code']).toBe(4000);
    expect(await reader.any()).toBe(null);
    await closed;
  });

  it('is closed when the log cannot be read', async () => {
    const log = new MemoryLog(9);
    await start({ log });
    log.read = async () => {
      throw new Error('database is gone');
    };
    expect((await (await open('?after=e1-3')).next('bye')).message['code']).toBe(4004);
  });

  it('is closed when the client does not read for 30 seconds', async () => {
    const log = new MemoryLog();
    await start({ log, parts: { timing: { streamHeartbeatMs: 1e9 } } });
    for (let index = 0; index < 600; index += 1) log.append({ body: `{"id":1,"t":"${'x'.repeat(30_000)}"}` });
    server.publish(1);
    await open('?after=floor');
    await expect.poll(() => server.timers.size, { timeout: 5000 }).toBe(3);
    server.advance(30_500);
    expect(server.parts.sessions.closes.get(4001)).toBe(1);
    server.advance(2500);
    await expect.poll(() => server.parts.sessions.size).toBe(0);
    expect(server.timers.size).toBe(0);
  });

  it.each([
    ['?tag=eu', 'bad_filter'],
    ['?backfill=perhaps', 'bad_filter'],
    ['?after=yesterday', 'bad_cursor'],
    ['?section=', 'bad_filter'],
    ['?__proto__=1', 'bad_filter'],
    ['?constructor=1', 'bad_filter'],
    ['?toString=1', 'bad_filter'],
  ])('answers 400 to %s', async (query, code) => {
    await start();
    const response = await fetch(server.url(`/events${query}`));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code } });
  });

  it('answers HEAD without a stream', async () => {
    await start();
    server.parts.sessions.add = () => expect.unreachable('there is no session');
    const response = await fetch(server.url('/events'), { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  });

  it.each([['head'], ['e1-1']])('releases everything when a client that started at %s disconnects', async (after) => {
    const log = new MemoryLog(9);
    log.trim(7);
    await start({ log });
    const before = server.timers.size;
    const reader = await open(`?after=${after}`);
    await reader.next('live');
    for (const stream of streams.splice(0)) stream.abort();
    await expect.poll(() => server.parts.sessions.size).toBe(0);
    expect(server.parts.fanOut.size).toBe(0);
    expect(server.timers.size).toBe(before);
  });

  it('closes the stream and logs an internal error', async () => {
    const errors: string[] = [];
    const logger: Log = { ...silentLog, error: (_, message) => void errors.push(message) };
    await start({ logger });
    server.parts.fanOut.subscribe = () => {
      throw new Error('a bug');
    };
    await expect(open().then((reader) => reader.next('live'))).rejects.toThrow();
    expect(errors).toEqual(['an event stream failed']);
    expect(server.parts.sessions.size).toBe(0);
  });
});
