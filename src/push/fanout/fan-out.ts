import { hourMs } from '../../domain/durations.ts';
import type { Cursor } from '../../domain/events/event.ts';
import type { Filter } from '../../domain/events/filter.ts';
import type { ResetReason } from '../../domain/events/wire.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { DiscontinuityReason, LogTail } from '../log/log-tail.ts';
import { filterKeyOf } from './event-filter.ts';
import { FacetCache } from './facet-cache.ts';
import { FilterGroup, type FrameContext, type Step } from './frames.ts';
import { RunQueue } from './run-queue.ts';
import { StepCache } from './step-cache.ts';
import { type ReplayLimits, type Sink, Subscription, type SubscriptionContext } from './subscription.ts';

/** Where a subscription begins: after a cursor, at the newest event, or as far back as may be replayed. */
export type StartPosition = Cursor | 'head' | 'floor';

/** What somebody wants to be told, from where on, and how. */
export interface SubscribeRequest {
  readonly filters: readonly Filter[];
  readonly after: StartPosition;
  readonly sink: Sink;
}

/** All subscriptions of this process, served in turns. */
export interface FanOut {
  readonly size: number;
  /** Different filters among them. */
  readonly filterCount: number;
  /** Resets since the start, by reason. */
  readonly resets: ReadonlyMap<ResetReason, number>;
  /** Answers through the sink, at once or a little later; the subscription may be closed at any time. */
  subscribe(call: SubscribeRequest): Subscription;
}

/** What a fan-out works with; the limits have defaults. */
export interface FanOutOptions {
  readonly tail: LogTail;
  readonly clock: Clock;
  readonly logger: Log;
  /** Base of the pages' addresses, without a trailing slash. */
  readonly publicUrl: () => string;
  readonly limits?: Partial<ReplayLimits>;
  /** Told of each step that was written to a reader who keeps up: thousands a second, so it must be quick. */
  readonly onDelivered?: (step: Step) => void;
  /** Runs work when the event loop comes round; `setImmediate`. */
  readonly defer?: (work: () => void) => void;
}

/** What a replay may reach back over, unless a test is in a hurry. */
export const defaultReplayLimits: ReplayLimits = {
  maxEvents: 50_000,
  maxAgeMs: 72 * hourMs,
  maxEventsBetweenPos: 1000,
};

interface Group {
  readonly frames: FilterGroup;
  readonly members: Set<Subscription>;
}

/** A fan-out over a tail that was started. */
export function createFanOut(options: FanOutOptions): FanOut {
  return new Broadcaster(options);
}

class Broadcaster implements FanOut, SubscriptionContext {
  readonly tail: LogTail;
  readonly limits: ReplayLimits;
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
    this.#clock = options.clock;
    this.#frameSettings = { publicUrl: options.publicUrl, prepared: new FacetCache(), steps: new StepCache() };
    this.#queue = new RunQueue({
      defer: options.defer ?? ((work) => void setImmediate(work)),
      clock: options.clock,
      logger: options.logger,
    });
    this.tail.onAdvance(() => this.#wakeAll());
    this.tail.onDiscontinuity((reason) => this.#breakAll(reason));
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
    this.#place(subscription, after);
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

  #place(subscription: Subscription, after: StartPosition): void {
    const { epoch, head, floor } = this.tail.place;
    // As far back as a replay may reach, which the reader is told by the cursor it is put on.
    const oldest = Math.max(floor - 1, head - this.limits.maxEvents);
    if (after === 'head') subscription.startAt({ epoch, seq: head }, false);
    else if (after === 'floor') subscription.startAt({ epoch, seq: oldest }, false);
    // What this node has not read yet is for the database to judge: the reader may come from a node that is ahead.
    else if (after.epoch !== epoch || after.seq > head) void this.#placeAhead(subscription, after);
    else if (after.seq < floor - 1) subscription.reset('cursor_too_old');
    else if (after.seq < oldest) subscription.reset('replay_too_large');
    else subscription.startAt(after, true);
  }

  async #placeAhead(subscription: Subscription, after: Cursor): Promise<void> {
    try {
      const there = await this.tail.readBounds();
      this.tail.notify(there.head);
      if (after.epoch !== there.epoch) subscription.reset('epoch_changed', there);
      else if (after.seq > there.head) subscription.reset('cursor_in_future', there);
      // The log was replaced and this node has yet to see it; by the time the reader is back, it will have.
      else if (this.tail.place.epoch !== there.epoch) subscription.abort();
      else subscription.startAt(after, true);
    } catch {
      // The tail says in the log what is wrong with the database; the reader is sent away with its cursor intact.
      subscription.abort();
    }
  }

  #breakAll(reason: DiscontinuityReason): void {
    // Of a copy: a stream that is reset subscribes anew at once, and must not be reset again for that.
    const standing = [...this.#groups.values()].flatMap((group) => [...group.members]);
    for (const subscription of standing) {
      if (reason === 'position_lost') subscription.abort();
      // One that is not placed yet may bring a cursor of the new log: it is judged by the database, not by us.
      else if (subscription.isStarted) subscription.reset('epoch_changed');
    }
  }

  #wakeAll(): void {
    for (const group of this.#groups.values()) for (const subscription of group.members) subscription.wake();
  }
}
