import { describe, expect, it } from 'vitest';
import { estimateEventBytes } from '../../../src/push/log/event-buffer.ts';
import { createPageReader, type PageReaderOptions } from '../../../src/push/log/page-reader.ts';
import { logEvent, MemoryLog } from '../../support/push/memory-log.ts';

function readerOf(log: MemoryLog, options: Partial<PageReaderOptions> = {}) {
  return createPageReader(log, { pageSize: 10, maxConcurrentReads: 4, maxCachedBytes: 1e9, ...options });
}

/** Delays every read until it is released, and counts the delayed reads. */
function gateOf(log: MemoryLog) {
  const delayed: (() => void)[] = [];
  log.beforeRead = () => new Promise((resolve) => delayed.push(resolve));
  return {
    delayed,
    async release() {
      delayed.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const seqs = (events: readonly { seq: number }[] | null) => events?.map((event) => event.seq) ?? null;

describe('createPageReader', () => {
  it('returns the events after a position on its page', async () => {
    const { events, bounds } = await readerOf(new MemoryLog(35)).load(13);
    expect(seqs(events)).toEqual([14, 15, 16, 17, 18, 19, 20]);
    expect(bounds.head).toBe(35);
  });

  it('reads a page once for concurrent callers', async () => {
    const log = new MemoryLog(35);
    const pages = readerOf(log);
    const all = await Promise.all([pages.load(10), pages.load(13), pages.load(19)]);
    expect(log.reads).toBe(1);
    expect(all.map((page) => page.events.length)).toEqual([10, 7, 1]);
  });

  it('returns a page from the cache', async () => {
    const pages = readerOf(new MemoryLog(35));
    expect(pages.cached(13)).toBe(null);
    await pages.load(11);
    expect(seqs(pages.cached(13))).toEqual([14, 15, 16, 17, 18, 19, 20]);
    expect(pages.cached(20)).toBe(null);
  });

  it('reads a page again after it has grown', async () => {
    const log = new MemoryLog(12);
    const pages = readerOf(log);
    await pages.load(10);
    log.append();
    expect(pages.cached(12)).toBe(null);
    expect(seqs((await pages.load(12)).events)).toEqual([13]);
  });

  it('reads again when a shared read started before the needed events were written', async () => {
    const log = new MemoryLog(12);
    const pages = readerOf(log);
    let answer = () => {};
    log.afterRead = () => new Promise((resolve) => (answer = resolve));
    const first = pages.load(11);
    await new Promise((resolve) => setImmediate(resolve));
    const joined = pages.load(12);
    log.append();
    log.afterRead = () => {};
    answer();
    expect(seqs((await first).events)).toEqual([12]);
    expect(seqs((await joined).events)).toEqual([13]);
  });

  it('shows that retention deleted the events after a position', async () => {
    const log = new MemoryLog(35);
    log.trim(17);
    const { events, bounds } = await readerOf(log).load(12);
    expect(events[0]?.seq).toBe(17);
    expect(bounds.floor).toBe(17);
  });

  it('reads the bounds after the events, so that a change of epoch in between is visible', async () => {
    const log = new MemoryLog(15);
    log.beforeRead = () => {
      log.epoch = 'e2';
    };
    expect((await readerOf(log).load(3)).bounds.epoch).toBe('e2');
  });

  it('runs at most four reads at once', async () => {
    const log = new MemoryLog(100);
    const gate = gateOf(log);
    const pages = readerOf(log);
    const loads = [0, 10, 20, 30, 40, 50].map((seq) => pages.load(seq));
    expect(gate.delayed.length).toBe(4);
    await gate.release();
    expect(gate.delayed.length).toBe(4);
    while (gate.delayed.length > 0) await gate.release();
    expect((await Promise.all(loads)).map((page) => page.events[0]?.seq)).toEqual([1, 11, 21, 31, 41, 51]);
  });

  it('starts the next waiting read after one has failed', async () => {
    const log = new MemoryLog(100);
    const pages = readerOf(log, { maxConcurrentReads: 1 });
    log.beforeRead = () => {
      log.beforeRead = () => {};
      throw new Error('database is gone');
    };
    await expect(pages.load(0)).rejects.toThrow('database is gone');
    expect((await pages.load(0)).events).toHaveLength(10);
  });

  it('evicts the least recently used page when the cache is full', async () => {
    const log = new MemoryLog(100);
    const page = estimateEventBytes(logEvent(20)) * 10;
    const pages = readerOf(log, { maxCachedBytes: page * 2.5 });
    await pages.load(20);
    await pages.load(30);
    pages.cached(20);
    await pages.load(40);
    expect(pages.cached(20)).not.toBe(null);
    expect(pages.cached(30)).toBe(null);
    expect(pages.cached(40)).not.toBe(null);
  });

  it('caches nothing of a log that was replaced, not even pages being read', async () => {
    const log = new MemoryLog(30);
    const pages = readerOf(log);
    await pages.load(0);
    const late = pages.load(10);
    pages.clear();
    await late;
    expect(pages.cached(0)).toBe(null);
    expect(pages.cached(10)).toBe(null);
  });
});
