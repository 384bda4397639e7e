import type { Facets, LogEvent } from '../../../src/domain/events/event.ts';
import type { WireEvent } from '../../../src/domain/events/wire.ts';
import type { FanOut, StartPosition } from '../../../src/push/fanout/fan-out.ts';
import type { Encoding } from '../../../src/push/fanout/frames.ts';
import type { Sink } from '../../../src/push/fanout/subscription.ts';
import type { LogTail } from '../../../src/push/log/log-tail.ts';
import type { LogReader, Page } from '../../../src/push/log/page-reader.ts';
import { readable, readDelivery } from './fan-out-harness.ts';
import { logEvent } from './memory-log.ts';
import type { FaultInjection } from './resume-simulation.ts';

function sinkWith(sink: Sink, changes: Partial<Sink>): Sink {
  return {
    encoding: sink.encoding,
    writable: () => sink.writable(),
    subscribed: (after, head) => sink.subscribed(after, head),
    deliver: (bytes) => sink.deliver(bytes),
    live: (place) => sink.live(place),
    pos: (place) => sink.pos(place),
    reset: (reason, head) => sink.reset(reason, head),
    aborted: () => sink.aborted(),
    ...changes,
  };
}

function tailWith(tail: LogTail, changes: Partial<LogTail>): LogTail {
  return {
    get bounds() {
      return tail.bounds;
    },
    get holes() {
      return tail.holes;
    },
    start: () => tail.start(),
    stop: () => tail.stop(),
    notify: (head) => tail.notify(head),
    eventsAfter: (seq) => tail.eventsAfter(seq),
    loadAfter: (seq) => tail.loadAfter(seq),
    readBounds: () => tail.readBounds(),
    onAdvance: (listener) => tail.onAdvance(listener),
    onDiscontinuity: (listener) => tail.onDiscontinuity(listener),
    ...changes,
  };
}

function fanOutWith(fanOut: FanOut, subscribe: FanOut['subscribe']): FanOut {
  return { size: fanOut.size, filterCount: fanOut.filterCount, resets: fanOut.resets, subscribe };
}

/** Changes every event on its way from the tail. */
function mapEvents(change: (event: LogEvent) => LogEvent): FaultInjection {
  return {
    tail: (tail) =>
      tailWith(tail, {
        eventsAfter: (seq) => tail.eventsAfter(seq)?.map(change) ?? null,
        async loadAfter(seq) {
          const page = await tail.loadAfter(seq);
          return { ...page, events: page.events.map(change) };
        },
      }),
  };
}

function moved(after: StartPosition, by: number): StartPosition {
  return typeof after === 'string' ? after : { ...after, seq: Math.max(0, after.seq + by) };
}

/** Rewrites every delivery. */
function rewriting(rewrite: (list: readonly WireEvent[]) => readonly WireEvent[]): NonNullable<FaultInjection['sink']> {
  return (sink) =>
    sinkWith(sink, {
      deliver: (bytes) => sink.deliver(Buffer.from(JSON.stringify(rewrite(readDelivery(bytes))))),
    });
}

const nowhere: Partial<Facets> = { sections: ['nowhere'] };

/** Bugs that the simulation must detect, by description. */
export const faultInjections: Readonly<Record<string, () => FaultInjection>> = {
  'a cursor counts its own event as unread': () => ({
    fanOut: (fanOut) =>
      fanOutWith(fanOut, (request) => {
        const next = (after: { epoch: string; seq: number }) => ({ ...after, seq: after.seq + 1 });
        const sink = sinkWith(request.sink, {
          subscribed: (after, head) => request.sink.subscribed(next(after), head),
        });
        if (typeof request.after === 'string' || request.after.seq === 0) return fanOut.subscribe(request);
        return fanOut.subscribe({ ...request, after: moved(request.after, -1), sink });
      }),
  }),

  'the floor is not checked again after a page was read': () => ({
    tail: (tail) =>
      tailWith(tail, {
        async loadAfter(seq) {
          const { bounds, events } = await tail.loadAfter(seq);
          const missing = (events[0]?.seq ?? tail.bounds.head + 1) - seq - 1;
          const blank = Array.from({ length: missing }, (_, index) => logEvent(seq + 1 + index, { facets: nowhere }));
          return { bounds: { ...bounds, floor: Math.min(bounds.floor, seq + 1) }, events: [...blank, ...events] };
        },
      }),
  }),

  'a cursor is checked against the head of the node, not of the database': () => ({
    tail: (tail) => tailWith(tail, { readBounds: async () => tail.bounds }),
  }),

  'frames are shared between different positions': () => {
    const made = new Map<string, Buffer>();
    const encoding: Encoding = {
      name: readable.name,
      encode(delivery) {
        const key = `${delivery.epoch} ${delivery.ch} ${delivery.events.map(({ seq }) => seq)}`;
        const bytes = made.get(key) ?? readable.encode(delivery);
        made.set(key, bytes);
        return bytes;
      },
    };
    return { sink: (sink) => sinkWith(sink, { encoding }) };
  },

  'the event before is taken from whatever was sent last': () => {
    let last = 0;
    return {
      sink: rewriting((list) => {
        const [first, ...rest] = list;
        const before = last;
        last = list.at(-1)?.seq ?? last;
        return first === undefined ? [] : [{ ...first, prev: before }, ...rest];
      }),
    };
  },

  'two pumps move one reader': () => ({
    fanOut: (fanOut) =>
      fanOutWith(fanOut, (request) => {
        const second = sinkWith(request.sink, { subscribed() {}, live() {}, pos() {}, reset() {}, aborted() {} });
        fanOut.subscribe({ ...request, sink: second });
        return fanOut.subscribe(request);
      }),
  }),

  'what does not fit is dropped': () => ({
    sink: (sink) =>
      sinkWith(sink, {
        writable: () => true,
        deliver(bytes) {
          if (sink.writable()) sink.deliver(bytes);
        },
      }),
  }),

  'the epoch of a cursor is ignored': () => ({
    fanOut: (fanOut, tail) =>
      fanOutWith(fanOut, (request) => {
        const { after } = request;
        const own = typeof after === 'string' ? after : { ...after, epoch: tail.bounds.epoch };
        return fanOut.subscribe({ ...request, after: own });
      }),
  }),

  'events are coalesced in the wrong order': () => ({ sink: rewriting((list) => list.toReversed()) }),

  'live is sent before a client is live': () => ({
    sink: (sink, tail) =>
      sinkWith(sink, {
        subscribed(after, head) {
          sink.subscribed(after, head);
          sink.live({ seq: tail.bounds.head, prev: after.seq });
        },
      }),
  }),

  'pos is sent for events that were not matched yet': () => ({
    sink: (sink, tail) => sinkWith(sink, { pos: ({ prev }) => sink.pos({ seq: tail.bounds.head, prev }) }),
  }),

  'no remove is sent for an item that leaves the filter': () =>
    mapEvents((event) => ({ ...event, previousFacets: null })),

  'backfill is sent to clients that did not ask for it': () => mapEvents((event) => ({ ...event, backfill: false })),

  'a page that was read once is assumed to be complete': () => {
    const pages = new Map<string, Page>();
    return {
      tail: (tail) =>
        tailWith(tail, {
          async loadAfter(seq) {
            const key = `${tail.bounds.epoch} ${Math.floor(seq / 16)}`;
            const page = pages.get(key) ?? (await tail.loadAfter(seq - (seq % 16)));
            pages.set(key, page);
            return { ...page, events: page.events.filter((event) => event.seq > seq) };
          },
        }),
    };
  },

  'a client whose cursor is too old continues at the head without a reset': () => ({
    fanOut: (fanOut) =>
      fanOutWith(fanOut, (request) => {
        const onwards = sinkWith(request.sink, { subscribed() {} });
        const reset = () => void fanOut.subscribe({ ...request, after: 'head', sink: onwards });
        return fanOut.subscribe({ ...request, sink: sinkWith(request.sink, { reset }) });
      }),
  }),

  'seqs are visible before earlier ones are committed': () => ({ reader: (log) => hideLateCommits(log) }),

  'a node relies on notifications and never polls': () => ({ ignoresPolling: true }),

  'a client keeps one cursor for two filters': () => ({ client: 'one cursor for all' }),

  'a client stores its cursor before it has applied the item': () => ({ client: 'stores before it applies' }),

  'a client still processes the previous connection': () => ({ client: 'processes its old connection' }),
};

/** A log numbered by a sequence: a later event is visible before an earlier one is committed. */
function hideLateCommits(log: LogReader): LogReader {
  const asked = new Set<number>();
  return {
    bounds: () => log.bounds(),
    async read(afterSeq, limit) {
      const events = await log.read(afterSeq, limit);
      return events.filter((event, index) => {
        const hidden = event.seq % 11 === 0 && index < events.length - 1 && !asked.has(event.seq);
        asked.add(event.seq);
        return !hidden;
      });
    },
  };
}
