import type { LogBounds, LogEvent } from '../../domain/events/event.ts';
import { LruCache } from '../../runtime/lru-cache.ts';
import { Semaphore } from '../../runtime/semaphore.ts';
import { estimateEventBytes } from './event-buffer.ts';
import type { LogReader } from './log-reader.ts';

/** Part of the log out of the database, and where the log stood just after it was read. */
export interface Page {
  /** Oldest first. Empty, or beginning above the place asked for, when retention took what follows that place. */
  readonly events: readonly LogEvent[];
  readonly head: LogBounds;
}

/**
 * Reads of the log for those who fell behind the ring, shared: the log is cut into pages at fixed places, so that a
 * thousand readers who come back at once cost one read a page, not one each.
 */
export interface PageReader {
  /** What follows `seq` on its page, when that page is still in memory. */
  cached(seq: number): readonly LogEvent[] | null;
  load(seq: number): Promise<Page>;
  /** Forgets every page, also those being read now: the log behind them was replaced. */
  clear(): void;
}

/** Sizes of a page reader. */
export interface PageReaderOptions {
  readonly pageSize: number;
  /** Reads of the database at once; the others wait their turn. */
  readonly maxConcurrentReads: number;
  readonly maxCachedBytes: number;
}

/** The part of a page above `seq`. */
function follow(events: readonly LogEvent[], seq: number): readonly LogEvent[] {
  const from = events.findIndex((event) => event.seq > seq);
  return from === -1 ? [] : events.slice(from);
}

/** A page reader over a log. */
export function createPageReader(log: LogReader, options: PageReaderOptions): PageReader {
  const { pageSize, maxConcurrentReads, maxCachedBytes } = options;
  const reads = new Semaphore(maxConcurrentReads);
  const cache = new LruCache<readonly LogEvent[], number>({ maxBytes: maxCachedBytes });
  let loading = new Map<number, Promise<Page>>();
  const pageOf = (seq: number) => Math.floor(seq / pageSize);

  async function readPage(page: number): Promise<Page> {
    const mine = loading;
    const read = await reads.run(async () => {
      const events = await log.read(page * pageSize, pageSize);
      // The head comes after the events: it tells whether retention or a restore overtook the read.
      return { events, head: await log.bounds() };
    });
    if (mine === loading) {
      const bytes = read.events.reduce((sum, event) => sum + estimateEventBytes(event), 0);
      cache.set(page, read.events, bytes);
    }
    return read;
  }

  return {
    cached(seq) {
      const page = pageOf(seq);
      const found = cache.get(page);
      const events = found === undefined ? [] : follow(found, seq);
      // A page that was read while it was still growing may not reach as far as this reader needs.
      return events[0]?.seq === seq + 1 ? events : null;
    },
    async load(seq) {
      const page = pageOf(seq);
      const joined = loading.get(page);
      if (joined !== undefined) {
        const { events, head } = await joined;
        const rest = follow(events, seq);
        // That read may have begun before what we need was written: empty-handed, we read once more for ourselves.
        if (rest.length > 0) return { events: rest, head };
      }
      const flights = loading;
      const flight = flights.get(page) ?? readPage(page);
      flights.set(page, flight);
      try {
        const { events, head } = await flight;
        return { events: follow(events, seq), head };
      } finally {
        if (flights.get(page) === flight) flights.delete(page);
      }
    },
    clear() {
      cache.clear();
      loading = new Map();
    },
  };
}
