import { assertNever } from '../../domain/assert-never.ts';
import { hourMs } from '../../domain/durations.ts';
import { type Cursor, checkCursor, formatCursor } from '../../domain/events/event.ts';
import type { Filter } from '../../domain/events/filter.ts';
import type { ResetReason } from '../../domain/events/wire.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { DiscontinuityReason, LogTail } from '../log/log-tail.ts';
import { FacetCache, filterKeyOf } from './event-filter.ts';
import { createStepCache, FilterGroup, type FrameContext, type Step } from './frames.ts';
import {
  type ReplayLimits,
  type Sink,
  Subscription,
  type SubscriptionContext,
  type TickResult,
} from './subscription.ts';

// Limits of one slice of the event loop. Between two slices the process answers requests and reads sockets, however many
// subscriptions are waiting.
const maxTicksPerSlice = 200;
const maxNewBytesPerSlice = 512 * 1024;
const maxNewStepsPerSlice = 20;
/** Bounds a slice whatever its ticks cost: clients choose the filters. */
const maxSliceMs = 8;

const idle: TickResult = { end: 'idle', step: null };

interface RunQueueOptions {
  /** Runs work in a later turn of the event loop. */
  readonly defer: (work: () => void) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Subscriptions that may have work, served round-robin in slices of the event loop. */
class RunQueue {
  readonly #waiting = new Set<Subscription>();
  readonly #defer: (work: () => void) => void;
  readonly #clock: Clock;
  readonly #log: Log;
  #sliceDue = false;

  constructor({ defer, clock, log }: RunQueueOptions) {
    this.#defer = defer;
    this.#clock = clock;
    this.#log = log;
  }

  /** Schedules a tick of a subscription; one that is already waiting keeps its place in the queue. */
  add(subscription: Subscription): void {
    this.#waiting.add(subscription);
    this.#deferSlice();
  }

  delete(subscription: Subscription): void {
    this.#waiting.delete(subscription);
  }

  #deferSlice(): void {
    if (this.#sliceDue || this.#waiting.size === 0) return;
    this.#sliceDue = true;
    this.#defer(() => this.#slice());
  }

  #slice(): void {
    let ticks = 0;
    let newSteps = 0;
    let newBytes = 0;
    const endMs = this.#clock.monotonic() + maxSliceMs;
    for (const subscription of this.#waiting) {
      this.#waiting.delete(subscription);
      const { end, step } = this.#tick(subscription);
      // To the end of the queue: one subscription's backlog must not delay another's new events.
      if (end === 'more') this.#waiting.add(subscription);
      ticks += 1;
      if (step?.isNew) {
        newSteps += 1;
        newBytes += step.bytes?.length ?? 0;
      }
      if (ticks >= maxTicksPerSlice || newSteps >= maxNewStepsPerSlice || newBytes >= maxNewBytesPerSlice) break;
      if (this.#clock.monotonic() >= endMs) break;
    }
    this.#sliceDue = false;
    this.#deferSlice();
  }

  /** An exception ends this subscription only. */
  #tick(subscription: Subscription): TickResult {
    try {
      return subscription.tick();
    } catch (error) {
      this.#log.error({ err: error, ch: subscription.channel, pos: subscription.pos }, 'a subscription failed');
      subscription.abort();
      return idle;
    }
  }
}

/** Where a subscription starts: after a cursor, at the head, or as far back as a replay may reach. */
export type StartPosition = Cursor | 'head' | 'floor';

/** A subscription to be created. */
interface SubscribeRequest {
  readonly filters: readonly Filter[];
  readonly after: StartPosition;
  readonly sink: Sink;
}

/** All subscriptions of this process. */
export interface FanOut {
  readonly size: number;
  readonly filterCount: number;
  /** Resets since the process started, by reason. */
  readonly resets: ReadonlyMap<ResetReason, number>;
  /** Results arrive through the sink, at once or later. The subscription may be closed at any time. */
  subscribe(call: SubscribeRequest): Subscription;
}

export interface FanOutOptions {
  readonly tail: LogTail;
  readonly clock: Clock;
  readonly log: Log;
  /** Base of the URLs of item pages, without a trailing slash. */
  readonly publicUrl: string;
  readonly limits?: Partial<ReplayLimits>;
  /** Called for each step written to a live subscription, thousands of times a second. */
  readonly onDelivered?: (step: Step) => void;
  /** Runs work in a later turn of the event loop. Default: `setImmediate`. */
  readonly defer?: (work: () => void) => void;
}

/** How far back a replay may reach. */
export const defaultReplayLimits: ReplayLimits = {
  maxEvents: 50_000,
  maxAgeMs: 72 * hourMs,
  maxEventsBetweenPos: 1000,
};

interface Group {
  readonly frames: FilterGroup;
  readonly members: Set<Subscription>;
}

/** Creates a fan-out over a tail that has been started. */
export function createFanOut(options: FanOutOptions): FanOut {
  return new Broadcaster(options);
}

class Broadcaster implements FanOut, SubscriptionContext {
  readonly tail: LogTail;
  readonly limits: ReplayLimits;
  readonly log: Log;
  readonly onDelivered: (step: Step) => void;
  readonly #clock: Clock;
  readonly #frameSettings: FrameContext;
  readonly #queue: RunQueue;
  readonly #groups = new Map<string, Group>();
  readonly #resets = new Map<ResetReason, number>();
  #size = 0;

  constructor(options: FanOutOptions) {
    this.tail = options.tail;
    this.limits = { ...defaultReplayLimits, ...options.limits };
    this.onDelivered = options.onDelivered ?? (() => {});
    this.log = options.log;
    this.#clock = options.clock;
    this.#frameSettings = {
      publicUrl: options.publicUrl,
      facetCache: new FacetCache(),
      stepCache: createStepCache(),
    };
    this.#queue = new RunQueue({
      defer: options.defer ?? ((work) => void setImmediate(work)),
      clock: options.clock,
      log: options.log,
    });
    this.tail.onAdvance(() => this.#wakeAll());
    this.tail.onDiscontinuity((reason) => this.#endAll(reason));
  }

  get size(): number {
    return this.#size;
  }

  get filterCount(): number {
    return this.#groups.size;
  }

  get resets(): ReadonlyMap<ResetReason, number> {
    return this.#resets;
  }

  subscribe({ filters, after, sink }: SubscribeRequest): Subscription {
    const key = filterKeyOf(filters);
    const group = this.#groups.get(key) ?? this.#openGroup(filters, key);
    const subscription = new Subscription(this, group.frames, sink);
    group.members.add(subscription);
    group.frames.shared = group.members.size > 1;
    this.#size += 1;
    this.#start(subscription, after);
    return subscription;
  }

  now(): number {
    return this.#clock.now();
  }

  enqueue(subscription: Subscription): void {
    this.#queue.add(subscription);
  }

  onEnded(subscription: Subscription, reason: ResetReason | null): void {
    const { key } = subscription.group;
    const group = this.#groups.get(key);
    if (group?.members.delete(subscription)) {
      this.#size -= 1;
      group.frames.shared = group.members.size > 1;
    }
    if (group?.members.size === 0) this.#groups.delete(key);
    this.#queue.delete(subscription);
    if (reason !== null) this.#resets.set(reason, (this.#resets.get(reason) ?? 0) + 1);
  }

  #openGroup(filters: readonly Filter[], key: string): Group {
    const group = { frames: new FilterGroup(filters, this.#frameSettings, key), members: new Set<Subscription>() };
    this.#groups.set(key, group);
    return group;
  }

  #start(subscription: Subscription, after: StartPosition): void {
    const { epoch, head, floor } = this.tail.bounds;
    // The `subscribed` message tells the client at which cursor `floor` starts.
    const oldest = Math.max(floor - 1, head - this.limits.maxEvents);
    if (after === 'head') subscription.startAt({ epoch, seq: head }, false);
    else if (after === 'floor') subscription.startAt({ epoch, seq: oldest }, false);
    else this.#startAfter(subscription, after, oldest);
  }

  #startAfter(subscription: Subscription, after: Cursor, oldest: number): void {
    const status = checkCursor(after, this.tail.bounds);
    switch (status) {
      case 'valid':
        if (after.seq < oldest) subscription.reset('replay_too_large');
        else subscription.startAt(after, true);
        return;
      case 'cursor_too_old':
        subscription.reset(status);
        return;
      // The database decides: the client may come from a node that has read more of the log than this one.
      case 'epoch_changed':
      case 'cursor_in_future':
        void this.#startFromDatabase(subscription, after);
        return;
      default:
        assertNever(status);
    }
  }

  async #startFromDatabase(subscription: Subscription, after: Cursor): Promise<void> {
    try {
      const bounds = await this.tail.readBounds();
      this.tail.notify(bounds.head);
      const status = checkCursor(after, bounds);
      if (status !== 'valid') subscription.reset(status, bounds);
      // The log was replaced and this node has not noticed yet. It will have when the client reconnects.
      else if (this.tail.bounds.epoch !== bounds.epoch) subscription.abort();
      else subscription.startAt(after, true);
    } catch (error) {
      this.log.warn({ err: error, after: formatCursor(after) }, 'cannot check a cursor against the database');
      subscription.abort();
    }
  }

  #endAll(reason: DiscontinuityReason): void {
    // A copy: a stream that is reset subscribes again at once, and the new subscription must not be reset too.
    const current = [...this.#groups.values()].flatMap((group) => [...group.members]);
    for (const subscription of current) {
      if (reason === 'position_lost') subscription.abort();
      // One that has not started may have a cursor of the new log. Its check against the database decides.
      else if (subscription.isStarted) subscription.reset('epoch_changed');
    }
  }

  #wakeAll(): void {
    for (const group of this.#groups.values()) for (const subscription of group.members) subscription.wake();
  }
}
