import { assertNever } from '../../domain/assert-never.ts';
import type { LogEvent } from '../../domain/events/event.ts';

/** Ring buffer of the newest events, bounded by count and bytes. Always dense: `newest - oldest + 1` events. */
export interface EventBuffer {
  /** Lowest seq in the buffer; one above the newest when it is empty. */
  readonly firstSeq: number;
  readonly size: number;
  readonly bytes: number;
  /** Appends the event that follows the newest one. The caller checks that it does. */
  push(event: LogEvent): void;
  /** At most `limit` events after `seq`; null when the buffer does not reach back that far. */
  after(seq: number, limit: number): readonly LogEvent[] | null;
  /** Empties the buffer; the next event to be pushed is `next`. */
  reset(next: number): void;
}

const fixedBytes = 600;

/**
 * Estimated memory of an event in bytes, rounded up: two bytes per character, search text twice. The search text of an
 * `add` or `update` is derived from the body when a filter first needs it, so the body's length is counted instead.
 */
export function estimateEventBytes(event: LogEvent): number {
  const text = searchTextLength(event);
  return fixedBytes + 2 * event.body.length + 4 * (text + (event.previousFacets?.text.length ?? 0));
}

function searchTextLength({ op, body, facets }: LogEvent): number {
  switch (op) {
    case 'add':
    case 'update':
      return body.length;
    case 'remove':
      return facets.text.length;
    default:
      return assertNever(op);
  }
}

/** Limits of a buffer. The newest event is always kept, whatever its size. */
export interface BufferLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
}

/** An empty buffer whose first event will be `next`. */
export function createEventBuffer(next: number, bounds: BufferLimits): EventBuffer {
  let events: LogEvent[] = [];
  // Events before this index are dropped. They are removed in bulk: `shift` on a long array costs its length.
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
