import type { Cursor, LogBounds, LogEvent } from '../../domain/events/event.ts';
import type { ResetReason } from '../../domain/events/wire.ts';
import type { LogTail } from '../log/log-tail.ts';
import type { Page } from '../log/page-reader.ts';
import type { Encoding, FilterGroup, Step } from './frames.ts';

/**
 * Where the messages of one subscription go. No method may throw, and none may take long: each is called in the
 * middle of a turn that serves hundreds of subscriptions.
 */
export interface Sink {
  readonly encoding: Encoding;
  /** False while too much is unsent. Whoever answers false calls `wake` once it has drained. */
  writable(): boolean;
  /** The subscription was accepted and begins after this cursor. Comes first, once. */
  subscribed(after: Cursor, head: number): void;
  /** A step of the log, made by `encoding`. */
  deliver(bytes: Buffer): void;
  /** The end of what was missed: all after this is news. Comes once. */
  live(place: { readonly seq: number; readonly prev: number }): void;
  /** Everything up to `seq` was looked at, and nothing after `prev` matched. */
  pos(place: { readonly seq: number; readonly prev: number }): void;
  /** The subscription has ended: what follows its cursor cannot be sent. */
  reset(reason: ResetReason, head: LogBounds): void;
  /** The subscription has ended because the log could not be read; its cursor stays good. */
  aborted(): void;
}

/** Limits of replays. */
export interface ReplayLimits {
  readonly maxEvents: number;
  readonly maxAgeMs: number;
  /** Events looked at in silence before the reader is told its place. */
  readonly maxEventsBetweenPos: number;
}

/** What all subscriptions have around them: one object for all, since there are thousands of them. */
export interface SubscriptionContext {
  readonly tail: Pick<LogTail, 'place' | 'eventsAfter' | 'loadAfter'>;
  readonly limits: ReplayLimits;
  now(): number;
  /** Asks for a turn. */
  enqueue(subscription: Subscription): void;
  /** A reader who keeps up with the log was written a step of it. */
  onDelivered(step: Step): void;
  /** Called once, when it ends; with the reason when that was a reset. */
  onEnded(subscription: Subscription, reason: ResetReason | null): void;
}

/** What came of a turn: the step taken, if any, and whether another turn would find more to do. */
export interface TickResult {
  readonly end: 'more' | 'resting';
  readonly step: Step | null;
}

const resting: TickResult = { end: 'resting', step: null };

/**
 * One reader's place in the log. Live and catch-up are the same: it takes steps from `pos` to the end of the log, out
 * of the ring when its place is there, else out of the database. Only `turn` moves the place, and turns do not
 * overlap, so there is no moment between a snapshot and the live stream in which an event could slip through.
 */
export class Subscription {
  readonly group: FilterGroup;
  readonly #around: SubscriptionContext;
  readonly #sink: Sink;
  #pos = 0;
  #prev = 0;
  /** What the reader knows to have been looked at. */
  #told = 0;
  #state: 'placing' | 'replaying' | 'live' | 'closed' = 'placing';
  #checkAge = false;
  #loading = false;
  /** Loaded for the next turn, then dropped: a reader who does not read holds a place, not memory. */
  #loaded: readonly LogEvent[] | null = null;

  constructor(around: SubscriptionContext, group: FilterGroup, sink: Sink) {
    this.#around = around;
    this.group = group;
    this.#sink = sink;
  }

  get channel(): string {
    return this.group.channel;
  }

  get pos(): number {
    return this.#pos;
  }

  /** Whether it has a place in the log; before that its cursor is still being judged. */
  get isStarted(): boolean {
    return this.#state !== 'placing';
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  /**
   * Puts the subscription on its place and begins to serve it.
   *
   * @param resumed true: the place is a cursor that the reader brought, and the limit of age holds.
   */
  startAt(after: Cursor, resumed: boolean): void {
    if (this.#state !== 'placing') return;
    this.#pos = after.seq;
    this.#prev = after.seq;
    this.#told = after.seq;
    this.#checkAge = resumed;
    this.#state = 'replaying';
    this.#sink.subscribed(after, Math.max(after.seq, this.#around.tail.place.head));
    this.wake();
  }

  /** There is news, or room to write: asks for a turn. */
  wake(): void {
    if (this.#state === 'closed' || this.#state === 'placing') return;
    this.#around.enqueue(this);
  }

  /** Tells the reader its place if it has moved on unseen. */
  sendPos(): void {
    if (this.#state === 'closed' || this.#pos <= this.#told || !this.#sink.writable()) return;
    this.#told = this.#pos;
    this.#sink.pos({ seq: this.#pos, prev: this.#prev });
  }

  /** Ends the subscription with a reason for the reader. */
  reset(reason: ResetReason, head: LogBounds = this.#around.tail.place): void {
    if (this.#state === 'closed') return;
    this.#end(reason);
    this.#sink.reset(reason, head);
  }

  /** Ends the subscription because its place cannot be served any more; the reader shall come back. */
  abort(): void {
    if (this.#state === 'closed') return;
    this.close();
    this.#sink.aborted();
  }

  /** Ends the subscription in silence. */
  close(): void {
    if (this.#state !== 'closed') this.#end(null);
  }

  #end(reason: ResetReason | null): void {
    this.#state = 'closed';
    this.#loaded = null;
    this.#around.onEnded(this, reason);
  }

  /** Takes at most one step, without waiting for anything. */
  tick(): TickResult {
    const loaded = this.#loaded;
    this.#loaded = null;
    const { tail } = this.#around;
    const { head, epoch } = tail.place;
    if (this.#state === 'closed' || this.#loading) return resting;
    if (this.#pos >= head) {
      this.#announceLive(head);
      return resting;
    }
    if (!this.#sink.writable()) return resting;
    const events = loaded ?? tail.eventsAfter(this.#pos);
    if (events === null) {
      void this.#load();
      return resting;
    }
    if (this.#isTooOld(events[0])) {
      this.reset('replay_too_large');
      return resting;
    }
    const step = this.#take(dense(events, head), epoch);
    if (this.#pos < head) return { end: 'more', step };
    this.#announceLive(head);
    return { end: 'resting', step };
  }

  #take(events: readonly LogEvent[], epoch: string): Step {
    const { limits } = this.#around;
    const from = { pos: this.#pos, prev: this.#prev };
    const step = this.group.step(from, events, { encoding: this.#sink.encoding, epoch });
    // The place moves before anything is sent: a sink that wakes us from inside `deliver` finds the step done.
    this.#pos = step.pos;
    this.#prev = step.prev;
    if (step.count > 0) this.#told = step.prev;
    if (step.bytes !== null) {
      this.#sink.deliver(step.bytes);
      if (this.#state === 'live') this.#around.onDelivered(step);
    }
    if (this.#state === 'replaying' && this.#pos - this.#told >= limits.maxEventsBetweenPos) this.#tellReplayPos();
    return step;
  }

  #tellReplayPos(): void {
    this.#told = this.#pos;
    this.#sink.pos({ seq: this.#pos, prev: this.#prev });
  }

  /** The limit of age holds for what a cursor leads back to, so it is looked at once, on the first event. */
  #isTooOld(first: LogEvent | undefined): boolean {
    const checked = this.#checkAge;
    this.#checkAge = false;
    return checked && first !== undefined && first.atMs < this.#around.now() - this.#around.limits.maxAgeMs;
  }

  #announceLive(head: number): void {
    // A reader who knew more than this node has read yet is not live before the node has caught up with it.
    if (this.#state !== 'replaying' || this.#pos !== head || !this.#sink.writable()) return;
    this.#state = 'live';
    this.#told = this.#pos;
    this.#sink.live({ seq: this.#pos, prev: this.#prev });
  }

  async #load(): Promise<void> {
    this.#loading = true;
    try {
      const page = await this.#around.tail.loadAfter(this.#pos);
      this.#loading = false;
      this.#receive(page);
    } catch {
      // The tail says in the log what is wrong with the database; the reader is sent away with its cursor intact.
      this.abort();
    }
  }

  #receive({ events, head }: Page): void {
    if (head.epoch !== this.#around.tail.place.epoch) {
      this.reset('epoch_changed', head);
    } else if (events[0]?.seq !== this.#pos + 1) {
      // After the read, never only before it: retention may have taken what follows our place while the read was under
      // way, and a gap that is not told is the one thing a log must not have.
      this.reset('cursor_too_old', head);
    } else {
      this.#loaded = events;
      this.wake();
    }
  }
}

/** The events up to `head` and up to the first hole: what may be sent as one unbroken run. */
function dense(events: readonly LogEvent[], head: number): readonly LogEvent[] {
  const first = events[0]?.seq ?? 0;
  const last = events[events.length - 1]?.seq ?? 0;
  // Seqs grow: when the last one stands where it must, so do all. Thousands of turns take the same events.
  if (last - first + 1 === events.length && last <= head) return events;
  const end = events.findIndex((event, index) => event.seq !== first + index || event.seq > head);
  return end === -1 ? events : events.slice(0, end);
}
