import { type Cursor, checkCursor, type LogBounds, type LogEvent } from '../../domain/events/event.ts';
import type { ResetReason } from '../../domain/events/wire.ts';
import type { Log } from '../../runtime/log.ts';
import type { LogTail } from '../log/log-tail.ts';
import type { Page } from '../log/page-reader.ts';
import type { Encoding, FilterGroup, Step } from './frames.ts';

/**
 * Receives the messages of one subscription. No method may throw or take long: each is called during a slice that serves
 * hundreds of subscriptions.
 */
export interface Sink {
  readonly encoding: Encoding;
  /** False while too much is unsent. A sink that returned false calls `Subscription.wake` once it has drained. */
  writable(): boolean;
  /** The subscription starts after this cursor. Called first and once. */
  subscribed(after: Cursor, head: number): void;
  /** One delivery, encoded by `encoding`. */
  deliver(bytes: Buffer): void;
  /** The replay is complete; later events are new. Called once. */
  live(position: { readonly seq: number; readonly prev: number }): void;
  /** All events up to `seq` have been matched, and none after `prev` did match. */
  pos(position: { readonly seq: number; readonly prev: number }): void;
  /** The subscription has ended: the events after its cursor cannot be replayed. */
  reset(reason: ResetReason, head: LogBounds): void;
  /** The subscription has ended because the log could not be read; its cursor stays valid. */
  aborted(): void;
}

/** Limits of replays. */
export interface ReplayLimits {
  readonly maxEvents: number;
  readonly maxAgeMs: number;
  /** Events that a replay may pass without a match before it sends `pos`. */
  readonly maxEventsBetweenPos: number;
}

/** Shared by all subscriptions: one object, since there are thousands of them. */
export interface SubscriptionContext {
  readonly tail: Pick<LogTail, 'bounds' | 'eventsAfter' | 'loadAfter'>;
  readonly limits: ReplayLimits;
  readonly log: Log;
  now(): number;
  /** Schedules a tick. */
  enqueue(subscription: Subscription): void;
  /** A step was written to a live subscription. */
  onDelivered(step: Step): void;
  /** Called once when a subscription ends; `reason` is set if it was reset. */
  onEnded(subscription: Subscription, reason: ResetReason | null): void;
}

/** Result of a tick: the step taken, if any, and whether another tick would find more to do. */
export interface TickResult {
  readonly end: 'more' | 'idle';
  readonly step: Step | null;
}

const idle: TickResult = { end: 'idle', step: null };

/**
 * One client's position in the log. Replay and live delivery are the same: steps from `pos` to the head of the log, from the
 * buffer if it reaches back far enough, otherwise from the database. Only `tick` moves the position, and ticks do not
 * overlap, so no event can be missed between replay and live delivery.
 */
export class Subscription {
  readonly group: FilterGroup;
  readonly #context: SubscriptionContext;
  readonly #sink: Sink;
  #pos = 0;
  #prev = 0;
  /** The position that the client knows. */
  #announcedSeq = 0;
  #state: 'starting' | 'replaying' | 'live' | 'closed' = 'starting';
  #checkAge = false;
  #loading = false;
  /** Loaded for the next tick, then dropped: a client that does not read holds a position, not memory. */
  #loaded: readonly LogEvent[] | null = null;

  constructor(context: SubscriptionContext, group: FilterGroup, sink: Sink) {
    this.#context = context;
    this.group = group;
    this.#sink = sink;
  }

  get channel(): string {
    return this.group.channel;
  }

  get pos(): number {
    return this.#pos;
  }

  /** Whether it has a position in the log; before that its cursor is still being checked. */
  get isStarted(): boolean {
    return this.#state !== 'starting';
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  /**
   * Sets the position and starts serving.
   *
   * @param resumed whether the client sent this cursor; then the age limit of replays applies.
   */
  startAt(after: Cursor, resumed: boolean): void {
    if (this.#state !== 'starting') return;
    this.#pos = after.seq;
    this.#prev = after.seq;
    this.#announcedSeq = after.seq;
    this.#checkAge = resumed;
    this.#state = 'replaying';
    this.#sink.subscribed(after, Math.max(after.seq, this.#context.tail.bounds.head));
    this.wake();
  }

  /** Schedules a tick: there are new events, or the sink is writable again. */
  wake(): void {
    if (this.#state === 'closed' || this.#state === 'starting') return;
    this.#context.enqueue(this);
  }

  /** Sends the position to the client if it moved since the last message. */
  sendPos(): void {
    if (this.#state === 'closed' || this.#pos <= this.#announcedSeq || !this.#sink.writable()) return;
    this.#announcedSeq = this.#pos;
    this.#sink.pos({ seq: this.#pos, prev: this.#prev });
  }

  /** Ends the subscription and sends the reason to the client. */
  reset(reason: ResetReason, head: LogBounds = this.#context.tail.bounds): void {
    if (this.#state === 'closed') return;
    this.#end(reason);
    this.#sink.reset(reason, head);
  }

  /** Ends the subscription because the log could not be read; the client can reconnect with its cursor. */
  abort(): void {
    if (this.#state === 'closed') return;
    this.close();
    this.#sink.aborted();
  }

  /** Ends the subscription without a message. */
  close(): void {
    if (this.#state !== 'closed') this.#end(null);
  }

  #end(reason: ResetReason | null): void {
    this.#state = 'closed';
    this.#loaded = null;
    this.#context.onEnded(this, reason);
  }

  /** Takes at most one step, synchronously. */
  tick(): TickResult {
    const loaded = this.#loaded;
    this.#loaded = null;
    const { tail } = this.#context;
    const { head, epoch } = tail.bounds;
    if (this.#state === 'closed' || this.#loading) return idle;
    if (this.#pos >= head) {
      this.#goLive(head);
      return idle;
    }
    if (!this.#sink.writable()) return idle;
    const events = loaded ?? tail.eventsAfter(this.#pos);
    if (events === null) {
      void this.#load();
      return idle;
    }
    if (this.#isTooOld(events[0])) {
      this.reset('replay_too_large');
      return idle;
    }
    const step = this.#step(dense(events, head), epoch);
    if (this.#pos < head) return { end: 'more', step };
    this.#goLive(head);
    return { end: 'idle', step };
  }

  #step(events: readonly LogEvent[], epoch: string): Step {
    const { limits } = this.#context;
    const from = { pos: this.#pos, prev: this.#prev };
    const step = this.group.step(from, events, { encoding: this.#sink.encoding, epoch });
    // Move the position before sending: a sink may call `wake` from inside `deliver`.
    this.#pos = step.pos;
    this.#prev = step.prev;
    if (step.count > 0) this.#announcedSeq = step.prev;
    if (step.bytes !== null) {
      this.#sink.deliver(step.bytes);
      if (this.#state === 'live') this.#context.onDelivered(step);
    }
    if (this.#state === 'replaying' && this.#pos - this.#announcedSeq >= limits.maxEventsBetweenPos)
      this.#sendReplayPos();
    return step;
  }

  #sendReplayPos(): void {
    this.#announcedSeq = this.#pos;
    this.#sink.pos({ seq: this.#pos, prev: this.#prev });
  }

  /** The age limit applies to the first event after a client's cursor, so it is checked once. */
  #isTooOld(first: LogEvent | undefined): boolean {
    const checked = this.#checkAge;
    this.#checkAge = false;
    return checked && first !== undefined && first.atMs < this.#context.now() - this.#context.limits.maxAgeMs;
  }

  #goLive(head: number): void {
    // A cursor ahead of this node (the client comes from a node that has read more) is not live until the node catches up.
    if (this.#state !== 'replaying' || this.#pos !== head || !this.#sink.writable()) return;
    this.#state = 'live';
    this.#announcedSeq = this.#pos;
    this.#sink.live({ seq: this.#pos, prev: this.#prev });
  }

  async #load(): Promise<void> {
    this.#loading = true;
    try {
      const page = await this.#context.tail.loadAfter(this.#pos);
      this.#loading = false;
      this.#receive(page);
    } catch (error) {
      const { channel: ch, pos } = this;
      this.#context.log.warn({ err: error, ch, pos }, 'a subscription cannot read the event log');
      this.abort();
    }
  }

  #receive({ events, bounds }: Page): void {
    const cursor = { epoch: this.#context.tail.bounds.epoch, seq: this.#pos };
    // Check after the read: retention may have deleted the next events during it, and a gap must never pass unreported.
    const status = checkCursor(cursor, bounds);
    if (status !== 'valid') {
      this.reset(status, bounds);
    } else if (events[0]?.seq !== this.#pos + 1) {
      // A hole in the log.
      this.reset('cursor_too_old', bounds);
    } else {
      this.#loaded = events;
      this.wake();
    }
  }
}

/** The events up to `head` and up to the first hole. */
function dense(events: readonly LogEvent[], head: number): readonly LogEvent[] {
  const first = events[0]?.seq ?? 0;
  const last = events[events.length - 1]?.seq ?? 0;
  // Seqs increase, so if the last one is where it must be, all are. Checked first: thousands of ticks get the same events.
  if (last - first + 1 === events.length && last <= head) return events;
  const end = events.findIndex((event, index) => event.seq !== first + index || event.seq > head);
  return end === -1 ? events : events.slice(0, end);
}
