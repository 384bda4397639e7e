import type { LogBounds, LogEvent } from '../../domain/events/event.ts';
import { LruCache } from '../../runtime/lru-cache.ts';
import { Semaphore } from '../../runtime/semaphore.ts';
import { estimateEventBytes } from './event-buffer.ts';

/**
 * The event log as push reads it. Both methods may fail, and callers retry; neither may block the process.
 *
 * Guarantees: an event never changes once it has been read; `read` returns no event before all events with a lower seq
 * are readable (commit order); `bounds` called after `read` is not older than that read. Retention may delete the oldest
 * events between any two calls.
 */
export interface LogReader {
  bounds(): Promise<LogBounds>;
  /** At most `limit` events with a seq above `afterSeq`, in order. Events that retention deleted are skipped. */
  read(afterSeq: number, limit: number): Promise<readonly LogEvent[]>;
}

/** Part of the log from the database, and the bounds of the log just after the read. */
export interface Page {
  /** Oldest first. Empty, or starting above the requested position, when retention deleted the events in between. */
  readonly events: readonly LogEvent[];
  readonly bounds: LogBounds;
}

/**
 * Shared reads of the log for subscriptions that fell behind the buffer. Pages start at fixed positions, so that a
 * thousand clients that reconnect at once cost one read per page instead of one each.
 */
export interface PageReader {
  /** Events after `seq` on its page, if that page is cached. */
  cached(seq: number): readonly LogEvent[] | null;
  load(seq: number): Promise<Page>;
  /** Drops every page, including pages that are being read: the log was replaced. */
  clear(): void;
}

/** Sizes of a page reader. */
export interface PageReaderOptions {
  readonly pageSize: number;
  /** Concurrent reads of the database; further reads wait. */
  readonly maxConcurrentReads: number;
  readonly maxCachedBytes: number;
}

/** The part of a page above `seq`. */
function eventsAfter(events: readonly LogEvent[], seq: number): readonly LogEvent[] {
  const from = events.findIndex((event) => event.seq > seq);
  return from === -1 ? [] : events.slice(from);
}

/** Creates a page reader over a log. */
export function createPageReader(log: LogReader, options: PageReaderOptions): PageReader {
  const { pageSize, maxConcurrentReads, maxCachedBytes } = options;
  const reads = new Semaphore(maxConcurrentReads);
  const cache = new LruCache<readonly LogEvent[], number>({ maxBytes: maxCachedBytes });
  let loading = new Map<number, Promise<Page>>();
  const pageOf = (seq: number) => Math.floor(seq / pageSize);

  async function readPage(page: number): Promise<Page> {
    const started = loading;
    const read = await reads.run(async () => {
      const events = await log.read(page * pageSize, pageSize);
      // Read the bounds after the events: they show whether retention or a restore ran during the read.
      return { events, bounds: await log.bounds() };
    });
    if (started === loading) {
      const bytes = read.events.reduce((sum, event) => sum + estimateEventBytes(event), 0);
      cache.set(page, read.events, bytes);
    }
    return read;
  }

  return {
    cached(seq) {
      const page = pageOf(seq);
      const found = cache.get(page);
      const events = found === undefined ? [] : eventsAfter(found, seq);
      // A page that was read while it was still growing may end before the events needed here.
      return events[0]?.seq === seq + 1 ? events : null;
    },
    async load(seq) {
      const page = pageOf(seq);
      const joined = loading.get(page);
      if (joined !== undefined) {
        const { events, bounds } = await joined;
        const rest = eventsAfter(events, seq);
        // The shared read may have started before the needed events were written. If it has none, read again.
        if (rest.length > 0) return { events: rest, bounds };
      }
      const flights = loading;
      const flight = flights.get(page) ?? readPage(page);
      flights.set(page, flight);
      try {
        const { events, bounds } = await flight;
        return { events: eventsAfter(events, seq), bounds };
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
