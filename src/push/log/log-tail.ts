import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LogBounds, LogEvent } from '../../domain/events/event.ts';
import { type Coalescer, createCoalescer } from '../../runtime/coalescer.ts';
import type { Log } from '../../runtime/log.ts';
import { createEventBuffer, type EventBuffer } from './event-buffer.ts';
import { createPageReader, type LogReader, type Page } from './page-reader.ts';

/** Why the positions of all readers of this node became invalid at once. */
export type DiscontinuityReason =
  /** The log was replaced: another epoch, other events. */
  | 'epoch_changed'
  /** The log is shorter than the part that was already read: a database file was restored by hand. */
  | 'position_lost';

/** This node's view of the event log: how far it has read, and the newest events in memory. */
export interface LogTail {
  /** `head` is the newest event that this node has read; the database may be ahead of it. */
  readonly bounds: LogBounds;
  /** Number of events missing from the middle of the log; anything but 0 is a bug of the store. */
  readonly holes: number;
  /** Reads the bounds of the log. Must resolve before any other call. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Reads the log unless events up to `head` are already known. May be called at any rate. */
  notify(head: number): void;
  /** Events after `seq` from memory; null: they have to be loaded. */
  eventsAfter(seq: number): readonly LogEvent[] | null;
  /** Events after `seq` from the database. Starts above `seq + 1`, or is empty, when retention deleted them. */
  loadAfter(seq: number): Promise<Page>;
  /** The current bounds in the database. */
  readBounds(): Promise<LogBounds>;
  /** Calls `listener` after new events have been read. */
  onAdvance(listener: () => void): void;
  /** Calls `listener` when all earlier positions became invalid; the tail is already at the head of the new log. */
  onDiscontinuity(listener: (reason: DiscontinuityReason) => void): void;
}

export interface LogTailOptions {
  readonly eventLog: LogReader;
  readonly log: Log;
  readonly maxEvents?: number;
  readonly maxBytes?: number;
  readonly pageSize?: number;
  readonly maxCachedBytes?: number;
  readonly maxConcurrentReads?: number;
  /** How often the tail polls the log, since a notification may be lost. */
  readonly pollEveryMs?: number;
}

const defaults = {
  maxEvents: 10_000,
  maxBytes: 32 * 1024 * 1024,
  pageSize: 500,
  maxCachedBytes: 16 * 1024 * 1024,
  maxConcurrentReads: 4,
  pollEveryMs: 1000,
};

/** Creates a tail. It does nothing before `start`. */
export function createLogTail(options: LogTailOptions): LogTail {
  return new Tail({ ...defaults, ...options });
}

class Tail implements LogTail {
  readonly #options: Required<LogTailOptions>;
  readonly #pages;
  readonly #advanceListeners: (() => void)[] = [];
  readonly #discontinuityListeners: ((reason: DiscontinuityReason) => void)[] = [];
  #buffer: EventBuffer;
  #epoch = '';
  #last = 0;
  #floor = 1;
  #holes = 0;
  /** Position below the head at which an empty page was read once. */
  #missing = -1;
  readonly #readTask: Coalescer;
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(options: Required<LogTailOptions>) {
    this.#options = options;
    this.#buffer = createEventBuffer(1, options);
    this.#readTask = createCoalescer(() => this.#readToHead(), { name: 'reading the event log', log: options.log });
    this.#pages = createPageReader(options.eventLog, {
      pageSize: options.pageSize,
      maxConcurrentReads: options.maxConcurrentReads,
      maxCachedBytes: options.maxCachedBytes,
    });
  }

  get bounds(): LogBounds {
    return { epoch: this.#epoch, head: this.#last, floor: this.#floor };
  }

  get holes(): number {
    return this.#holes;
  }

  async start(): Promise<void> {
    this.#startAt(await this.#options.eventLog.bounds());
    this.#timer = setInterval(() => this.#readTask.wake(), this.#options.pollEveryMs);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#readTask.stop();
  }

  notify(head: number): void {
    if (head > this.#last && this.#timer !== null) this.#readTask.wake();
  }

  eventsAfter(seq: number): readonly LogEvent[] | null {
    return this.#buffer.after(seq, this.#options.pageSize) ?? this.#pages.cached(seq);
  }

  loadAfter(seq: number): Promise<Page> {
    return this.#pages.load(seq);
  }

  readBounds(): Promise<LogBounds> {
    return this.#options.eventLog.bounds();
  }

  onAdvance(listener: () => void): void {
    this.#advanceListeners.push(listener);
  }

  onDiscontinuity(listener: (reason: DiscontinuityReason) => void): void {
    this.#discontinuityListeners.push(listener);
  }

  async #readToHead(): Promise<void> {
    try {
      while (await this.#readPage()) await nextTurn();
    } catch (error) {
      this.#options.log.warn({ err: error }, 'cannot read the event log; retrying');
    }
  }

  /** Reads one page. Returns true when there is more to read. */
  async #readPage(): Promise<boolean> {
    const events = await this.#options.eventLog.read(this.#last, this.#options.pageSize);
    // Read the bounds after the events: an unchanged epoch proves that the events belong to this log.
    const head = await this.#options.eventLog.bounds();
    if (head.epoch !== this.#epoch) return this.#reportDiscontinuity('epoch_changed', head);
    if (head.head < this.#last) return this.#reportDiscontinuity('position_lost', head);
    this.#floor = head.floor;
    const taken = this.#append(events);
    if (taken > 0) for (const listener of this.#advanceListeners) listener();
    if (taken === events.length && taken > 0) return this.#last < head.head;
    return this.#last < head.head && this.#skip(events[taken]?.seq, head);
  }

  /** Appends events up to the first gap. Returns how many. */
  #append(events: readonly LogEvent[]): number {
    let taken = 0;
    for (const event of events) {
      if (event.seq !== this.#last + 1) break;
      this.#buffer.push(event);
      this.#last = event.seq;
      taken += 1;
    }
    return taken;
  }

  /**
   * The next event is missing: either retention deleted it while this node was suspended, or the log has a hole. The tail
   * continues after the gap. Subscriptions positioned before it are reset, because the events after their position are
   * neither in the buffer nor in the database.
   */
  #skip(next: number | undefined, head: LogBounds): boolean {
    const wasSuspended = this.#last + 1 < head.floor;
    const resume = next ?? (wasSuspended ? head.floor : null);
    if (!wasSuspended && this.#missing !== this.#last) {
      this.#missing = this.#last;
      // An empty page below the head may be a read just before a commit. Read it again before reporting a hole.
      if (resume === null) return true;
    }
    if (!wasSuspended) this.#countHole(resume ?? head.head + 1);
    this.#continueAt(resume ?? head.head + 1);
    for (const listener of this.#advanceListeners) listener();
    return true;
  }

  #countHole(next: number): void {
    const missing = next - this.#last - 1;
    this.#holes += missing;
    this.#options.log.error({ after: this.#last, missing }, 'the event log has a hole');
  }

  #reportDiscontinuity(reason: DiscontinuityReason, head: LogBounds): boolean {
    this.#options.log.error({ reason, was: this.bounds, now: head }, 'the event log was replaced');
    this.#startAt(head);
    for (const listener of this.#discontinuityListeners) listener(reason);
    return false;
  }

  #startAt(head: LogBounds): void {
    this.#pages.clear();
    this.#epoch = head.epoch;
    this.#floor = head.floor;
    this.#missing = -1;
    this.#continueAt(head.head + 1);
  }

  #continueAt(next: number): void {
    this.#last = next - 1;
    this.#buffer.reset(next);
  }
}
