import { describe, expect, it } from 'vitest';
import { serverUrls } from '../../src/client/server-urls.ts';
import { SseTransport } from '../../src/client/sse-transport.ts';
import { drainEventLoop } from '../support/push/drain-event-loop.ts';

interface Stream {
  readonly url: string;
  readonly signal: AbortSignal;
  /** Sends bytes; null ends the stream. */
  readonly bring: (bytes: string | Uint8Array | null) => void;
}

/** A transport with scripted streams. They ignore an abort, since bytes may be in transit. */
function linkOf() {
  const streams: Stream[] = [];
  const link = new SseTransport(serverUrls('https://news.example.org', [{}]), {
    openSocket: null,
    random: Math.random,
    setTimer: () => () => {},
    async fetch(url, { signal }) {
      const pieces: (Uint8Array | null)[] = [];
      let wake = () => {};
      const bring = (bytes: string | Uint8Array | null) => {
        pieces.push(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes);
        wake();
      };
      streams.push({ url, signal, bring });
      const read = async () => {
        while (pieces.length === 0) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        const piece = pieces.shift() ?? null;
        return piece === null ? { done: true } : { done: false, value: piece };
      };
      return { ok: true, status: 200, body: { getReader: () => ({ read }) }, json: async () => null };
    },
  });
  return { link, streams };
}

describe('SseTransport', () => {
  it('returns no messages of the previous stream', async () => {
    const { link, streams } = linkOf();
    link.subscribe('e1-3');
    await drainEventLoop(2);
    streams[0]?.bring('id: e1-3\n\n');
    await drainEventLoop(2);
    link.subscribe('e1-1');
    await drainEventLoop(2);
    expect(streams[0]?.signal.aborted).toBe(true);
    streams[0]?.bring('id: e1-4\n\n');
    await drainEventLoop(2);
    streams[1]?.bring('id: e1-1\n\n');
    expect(await link.next()).toEqual({ type: 'cursor', cursor: 'e1-1' });
  });

  it('does not end with the previous stream', async () => {
    const { link, streams } = linkOf();
    link.subscribe('e1-3');
    await drainEventLoop(2);
    link.subscribe('e1-1');
    streams[0]?.bring(null);
    await drainEventLoop(2);
    streams[1]?.bring('id: e1-1\n\n');
    expect(await link.next()).toEqual({ type: 'cursor', cursor: 'e1-1' });
  });

  it('returns messages received before its end, and opens no stream after it', async () => {
    const { link, streams } = linkOf();
    link.subscribe('head');
    await drainEventLoop(2);
    streams[0]?.bring('id: e1-1\n\n: hb\n\n');
    streams[0]?.bring(null);
    await drainEventLoop(2);
    expect(await link.next()).toEqual({ type: 'cursor', cursor: 'e1-1' });
    expect(await link.next()).toEqual({ type: 'ping' });
    expect(await link.next()).toBe(null);
    link.subscribe('e1-1');
    await drainEventLoop(2);
    expect(streams).toHaveLength(1);
    expect(link.end).toMatchObject({ established: true, code: null, fatal: false });
  });

  it('joins a character that was split between chunks', async () => {
    const { link, streams } = linkOf();
    link.subscribe('head');
    await drainEventLoop(2);
    const bytes = new TextEncoder().encode('event: item\ndata: {"type":"item","t":"é"}\n\n');
    for (const byte of bytes) streams[0]?.bring(Uint8Array.of(byte));
    expect(await link.next()).toEqual({ type: 'item', t: 'é' });
  });
});
