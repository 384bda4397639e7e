import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LogBounds, LogEvent } from '../../domain/events/event.ts';
import { type Coalescer, createCoalescer } from '../../runtime/coalescer.ts';
import type { Log } from '../../runtime/log.ts';
import { createEventBuffer, type EventBuffer } from './event-buffer.ts';
import type { LogReader } from './log-reader.ts';
import { createPageReader, type Page } from './page-reader.ts';

/** Why every reader of this node lost its place at once. */
export type DiscontinuityReason =
  /** The log was replaced: another epoch, another order of events. */
  | 'epoch_changed'
  /** The log is shorter than what was read of it before: a database was put back by hand. */
  | 'position_lost';

/** This node's view of the log: how far it was read, and the newest events in memory. */
export interface LogTail {
  /** Where this node stands: `head` is the newest event it has read, which the database may be ahead of. */
  readonly place: LogBounds;
  /** Events that the log should have held and did not; anything but 0 is a bug of the store. */
  readonly holes: number;
  /** Learns where the log stands. Must have resolved before anything else is asked. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** The doorbell: reads on, unless `head` is known already. May be called at any rate. */
  notify(head: number): void;
  /** What follows `seq`, out of memory; null: it has to be loaded. */
  eventsAfter(seq: number): readonly LogEvent[] | null;
  /** What follows `seq`, out of the database. Begins above `seq + 1`, or is empty, when retention took it. */
  loadAfter(seq: number): Promise<Page>;
  /** Where the log stands in the database, just now. */
  readBounds(): Promise<LogBounds>;
  /** Calls back after this node read on. */
  onAdvance(listener: () => void): void;
  /** Calls back when every place in the log lost its meaning; the tail already stands in the new log. */
  onDiscontinuity(listener: (reason: DiscontinuityReason) => void): void;
}

/** What a tail works with; the sizes have defaults. */
export interface LogTailOptions {
  readonly log: LogReader;
  readonly logger: Log;
  readonly maxEvents?: number;
  readonly maxBytes?: number;
  readonly pageSize?: number;
  readonly maxCachedBytes?: number;
  readonly readsAtOnce?: number;
  /** How often the tail looks by itself, since a ring may be lost. */
  readonly lookEveryMs?: number;
}

const defaults = {
  maxEvents: 10_000,
  maxBytes: 32 * 1024 * 1024,
  pageSize: 500,
  maxCachedBytes: 16 * 1024 * 1024,
  readsAtOnce: 4,
  lookEveryMs: 1000,
};

/** The tail of a log. It does nothing before `start`. */
export function createLogTail(options: LogTailOptions): LogTail {
  return new Tail({ ...defaults, ...options });
}

class Tail implements LogTail {
  readonly #options: Required<LogTailOptions>;
  readonly #pages;
  readonly #advanced: (() => void)[] = [];
  readonly #broken: ((reason: DiscontinuityReason) => void)[] = [];
  #ring: EventBuffer;
  #epoch = '';
  #last = 0;
  #floor = 1;
  #holes = 0;
  /** Where an empty page was met once already, below the head. */
  #missing = -1;
  readonly #look: Coalescer;
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(options: Required<LogTailOptions>) {
    this.#options = options;
    this.#ring = createEventBuffer(1, options);
    this.#look = createCoalescer(() => this.#readOn(), { name: 'reading the event log', log: options.logger });
    this.#pages = createPageReader(options.log, {
      pageSize: options.pageSize,
      maxConcurrentReads: options.readsAtOnce,
      maxCachedBytes: options.maxCachedBytes,
    });
  }

  get place(): LogBounds {
    return { epoch: this.#epoch, head: this.#last, floor: this.#floor };
  }

  get holes(): number {
    return this.#holes;
  }

  async start(): Promise<void> {
    this.#standAt(await this.#options.log.bounds());
    this.#timer = setInterval(() => this.#look.wake(), this.#options.lookEveryMs);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#look.stop();
  }

  notify(head: number): void {
    if (head > this.#last && this.#timer !== null) this.#look.wake();
  }

  eventsAfter(seq: number): readonly LogEvent[] | null {
    return this.#ring.after(seq, this.#options.pageSize) ?? this.#pages.cached(seq);
  }

  loadAfter(seq: number): Promise<Page> {
    return this.#pages.load(seq);
  }

  readBounds(): Promise<LogBounds> {
    return this.#options.log.bounds();
  }

  onAdvance(listener: () => void): void {
    this.#advanced.push(listener);
  }

  onDiscontinuity(listener: (reason: DiscontinuityReason) => void): void {
    this.#broken.push(listener);
  }

  async #readOn(): Promise<void> {
    try {
      while (await this.#readPage()) await nextTurn();
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'the event log cannot be read; trying again');
    }
  }

  /** Reads one page. True: there is more to read. */
  async #readPage(): Promise<boolean> {
    const events = await this.#options.log.read(this.#last, this.#options.pageSize);
    // The head comes after the events: an epoch that is still ours proves that they are of our log.
    const head = await this.#options.log.bounds();
    if (head.epoch !== this.#epoch) return this.#break('epoch_changed', head);
    if (head.head < this.#last) return this.#break('position_lost', head);
    this.#floor = head.floor;
    const taken = this.#take(events);
    if (taken > 0) for (const listener of this.#advanced) listener();
    if (taken === events.length && taken > 0) return this.#last < head.head;
    return this.#last < head.head && this.#skip(events[taken]?.seq, head);
  }

  /** Appends events as long as each follows the one before. */
  #take(events: readonly LogEvent[]): number {
    let taken = 0;
    for (const event of events) {
      if (event.seq !== this.#last + 1) break;
      this.#ring.push(event);
      this.#last = event.seq;
      taken += 1;
    }
    return taken;
  }

  /**
   * What should follow is not there. Either retention took it while this node slept, or the log has a hole. The tail
   * begins anew behind it; every subscription that stood before it finds out by itself, since what follows its place
   * is no longer in the ring, nor in the database, and is reset.
   */
  #skip(next: number | undefined, head: LogBounds): boolean {
    const slept = this.#last + 1 < head.floor;
    const resume = next ?? (slept ? head.floor : null);
    if (!slept && this.#missing !== this.#last) {
      this.#missing = this.#last;
      // An empty page below the head may be a read that came just before the commit: looked at again before it counts.
      if (resume === null) return true;
    }
    if (!slept) this.#countHole(resume ?? head.head + 1);
    this.#restartAt(resume ?? head.head + 1);
    for (const listener of this.#advanced) listener();
    return true;
  }

  #countHole(next: number): void {
    const missing = next - this.#last - 1;
    this.#holes += missing;
    this.#options.logger.error({ after: this.#last, missing }, 'the event log has a hole');
  }

  #break(reason: DiscontinuityReason, head: LogBounds): boolean {
    this.#options.logger.error({ reason, was: this.place, now: head }, 'the event log was replaced');
    this.#standAt(head);
    for (const listener of this.#broken) listener(reason);
    return false;
  }

  #standAt(head: LogBounds): void {
    this.#pages.clear();
    this.#epoch = head.epoch;
    this.#floor = head.floor;
    this.#missing = -1;
    this.#restartAt(head.head + 1);
  }

  #restartAt(next: number): void {
    this.#last = next - 1;
    this.#ring.reset(next);
  }
}
