import type { LogEvent } from '../../domain/events/event.ts';

/** The newest events, kept in memory within two bounds. Always dense: `newest - oldest + 1` events. */
export interface EventBuffer {
  /** Lowest seq held; one above the newest when empty. */
  readonly firstSeq: number;
  readonly size: number;
  readonly bytes: number;
  /** The event must follow the newest one; the caller has checked. */
  push(event: LogEvent): void;
  /** At most `limit` events that follow `seq`; null when the ring does not reach back so far. */
  after(seq: number, limit: number): readonly LogEvent[] | null;
  /** Forgets everything; the next event to come is `next`. */
  reset(next: number): void;
}

const fixedBytes = 600;

/**
 * What an event costs in memory, roughly and rather too much: texts at two bytes a character, search text twice. The
 * search text is made of the body when a filter first asks, and is not asked for here; of a removal it stands apart.
 */
export function estimateEventBytes(event: LogEvent): number {
  const text = event.op === 'remove' ? event.facets.text.length : event.body.length;
  return fixedBytes + 2 * event.body.length + 4 * (text + (event.previousFacets?.text.length ?? 0));
}

/** Bounds of a ring. The newest event is always held, however large. */
export interface BufferLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
}

/** An empty ring whose first event will be `next`. */
export function createEventBuffer(next: number, bounds: BufferLimits): EventBuffer {
  let events: LogEvent[] = [];
  // Events before this index are gone; they are cut off in bulk, since shifting a long array costs its length.
  let start = 0;
  let first = next;
  let bytes = 0;

  function dropOldest(): void {
    const oldest = events[start];
    if (oldest === undefined) return;
    bytes -= estimateEventBytes(oldest);
    start += 1;
    first += 1;
    if (start > 256 && start * 2 > events.length) {
      events = events.slice(start);
      start = 0;
    }
  }

  return {
    get firstSeq() {
      return first;
    },
    get size() {
      return events.length - start;
    },
    get bytes() {
      return bytes;
    },
    push(event) {
      events.push(event);
      bytes += estimateEventBytes(event);
      while (events.length - start > bounds.maxEvents) dropOldest();
      while (bytes > bounds.maxBytes && events.length - start > 1) dropOldest();
    },
    after(seq, limit) {
      if (seq + 1 < first) return null;
      const from = start + (seq + 1 - first);
      return events.slice(from, from + limit);
    },
    reset(next) {
      events = [];
      start = 0;
      first = next;
      bytes = 0;
    },
  };
}
