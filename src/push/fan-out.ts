import { createHash } from 'node:crypto';
import type { Cursor } from '../domain/event.ts';
import type { Filter } from '../domain/filter.ts';
import type { ResetReason } from '../domain/wire.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { canonicalFilters, type PreparedFacets } from './filter.ts';
import { FilterGroup } from './frames.ts';
import type { LogTail, TailBreak } from './log-tail.ts';
import { type ReplayLimits, type Sink, Subscription, type Turn } from './subscription.ts';

/** Where a subscription begins: after a cursor, at the newest event, or as far back as may be replayed. */
export type After = Cursor | 'head' | 'floor';

/** All subscriptions of this process, served in turns. */
export interface FanOut {
  readonly size: number;
  /** Resets since the start, by reason. */
  readonly resets: ReadonlyMap<ResetReason, number>;
  /** Answers through the sink, at once or a little later; the subscription may be closed at any time. */
  subscribe(request: { readonly filters: readonly Filter[]; readonly after: After; readonly sink: Sink }): Subscription;
}

/** What a fan-out works with; the limits have defaults. */
export interface FanOutOptions {
  readonly tail: LogTail;
  readonly clock: Clock;
  readonly logger: Log;
  /** Base of the pages' addresses, without a trailing slash. */
  readonly publicUrl: () => string;
  readonly limits?: Partial<ReplayLimits>;
  /** Runs work when the event loop comes round; `setImmediate`. */
  readonly defer?: (work: () => void) => void;
}

const defaultLimits: ReplayLimits = { maxEvents: 50_000, maxAgeMs: 72 * 3_600_000, maxSilentEvents: 1000 };

// One slice of the event loop: so many subscriptions, or so much new work, whichever comes first. Between two slices
// the process answers requests and reads sockets, however many subscribers wait.
const maxTurnsASlice = 200;
const maxFreshBytesASlice = 512 * 1024;
const maxFreshStepsASlice = 20;

/** The name that these filters have on the wire: equal for all that mean the same. */
export function channelOf(filters: readonly Filter[]): string {
  return createHash('sha256').update(canonicalFilters(filters)).digest('base64url').slice(0, 10);
}

interface Group {
  readonly frames: FilterGroup;
  readonly members: Set<Subscription>;
}

/** A fan-out over a tail that was started. */
export function createFanOut(options: FanOutOptions): FanOut {
  return new Broadcaster(options);
}

class Broadcaster implements FanOut {
  readonly #tail: LogTail;
  readonly #clock: Clock;
  readonly #logger: Log;
  readonly #publicUrl: () => string;
  readonly #limits: ReplayLimits;
  readonly #defer: (work: () => void) => void;
  readonly #groups = new Map<string, Group>();
  readonly #prepared: PreparedFacets = new WeakMap();
  readonly #resets = new Map<ResetReason, number>();
  readonly #queue = new Set<Subscription>();
  #sliceDue = false;
  #size = 0;

  constructor(options: FanOutOptions) {
    this.#tail = options.tail;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#publicUrl = options.publicUrl;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#defer = options.defer ?? ((work) => void setImmediate(work));
    this.#tail.onAdvance(() => this.#wakeAll());
    this.#tail.onBreak((reason) => this.#breakAll(reason));
  }

  get size(): number {
    return this.#size;
  }

  get resets(): ReadonlyMap<ResetReason, number> {
    return this.#resets;
  }

  subscribe(request: {
    readonly filters: readonly Filter[];
    readonly after: After;
    readonly sink: Sink;
  }): Subscription {
    const canonical = canonicalFilters(request.filters);
    const group = this.#groups.get(canonical) ?? this.#openGroup(canonical, request.filters);
    const subscription = new Subscription({
      tail: this.#tail,
      group: group.frames,
      sink: request.sink,
      limits: this.#limits,
      now: () => this.#clock.now(),
      enqueue: (waiting) => this.#enqueue(waiting),
      closed: (gone, reason) => this.#remove(canonical, gone, reason),
    });
    group.members.add(subscription);
    this.#size += 1;
    this.#place(subscription, request.after);
    return subscription;
  }

  #openGroup(canonical: string, filters: readonly Filter[]): Group {
    const settings = { publicUrl: this.#publicUrl, prepared: this.#prepared };
    const group = {
      frames: new FilterGroup(channelOf(filters), filters, settings),
      members: new Set<Subscription>(),
    };
    this.#groups.set(canonical, group);
    return group;
  }

  #remove(canonical: string, gone: Subscription, reason: ResetReason | null): void {
    const group = this.#groups.get(canonical);
    if (group?.members.delete(gone)) this.#size -= 1;
    if (group?.members.size === 0) this.#groups.delete(canonical);
    this.#queue.delete(gone);
    if (reason !== null) this.#resets.set(reason, (this.#resets.get(reason) ?? 0) + 1);
  }

  #place(subscription: Subscription, after: After): void {
    const { epoch, head, floor } = this.#tail.place;
    // As far back as a replay may reach, which the reader is told by the cursor it is put on.
    const oldest = Math.max(floor - 1, head - this.#limits.maxEvents);
    if (after === 'head') subscription.placeAt({ epoch, seq: head }, false);
    else if (after === 'floor') subscription.placeAt({ epoch, seq: oldest }, false);
    // What this node has not read yet is for the database to judge: the reader may come from a node that is ahead.
    else if (after.epoch !== epoch || after.seq > head) void this.#placeAhead(subscription, after);
    else if (after.seq < floor - 1) subscription.reset('cursor_too_old');
    else if (after.seq < oldest) subscription.reset('replay_too_large');
    else subscription.placeAt(after, true);
  }

  async #placeAhead(subscription: Subscription, after: Cursor): Promise<void> {
    try {
      const there = await this.#tail.databaseHead();
      this.#tail.ring(there.head);
      if (after.epoch !== there.epoch) subscription.reset('epoch_changed', there);
      else if (after.seq > there.head) subscription.reset('cursor_in_future', there);
      // The log was replaced and this node has yet to see it; by the time the reader is back, it will have.
      else if (this.#tail.place.epoch !== there.epoch) subscription.lose();
      else subscription.placeAt(after, true);
    } catch {
      // The tail says in the log what is wrong with the database; the reader is sent away with its cursor intact.
      subscription.lose();
    }
  }

  #breakAll(reason: TailBreak): void {
    // Of a copy: a stream that is reset subscribes anew at once, and must not be reset again for that.
    const standing = [...this.#groups.values()].flatMap((group) => [...group.members]);
    for (const subscription of standing) {
      if (reason === 'position_lost') subscription.lose();
      // One that is not placed yet may bring a cursor of the new log: it is judged by the database, not by us.
      else if (subscription.placed) subscription.reset('epoch_changed');
    }
  }

  #wakeAll(): void {
    for (const group of this.#groups.values()) for (const subscription of group.members) subscription.wake();
  }

  #enqueue(subscription: Subscription): void {
    this.#queue.add(subscription);
    this.#deferSlice();
  }

  #deferSlice(): void {
    if (this.#sliceDue || this.#queue.size === 0) return;
    this.#sliceDue = true;
    this.#defer(() => this.#slice());
  }

  /** A fault in serving one subscription ends that one, not the process and not the turns of the rest. */
  #turn(subscription: Subscription): Turn {
    try {
      return subscription.turn();
    } catch (error) {
      this.#logger.error({ err: error, ch: subscription.ch, pos: subscription.pos }, 'a subscription failed');
      subscription.lose();
      return { end: 'resting', step: null };
    }
  }

  #slice(): void {
    let turns = 0;
    let freshSteps = 0;
    let freshBytes = 0;
    for (const subscription of this.#queue) {
      this.#queue.delete(subscription);
      const { end, step } = this.#turn(subscription);
      // To the end of the queue: nobody's backlog comes before another's news.
      if (end === 'more') this.#queue.add(subscription);
      turns += 1;
      if (step?.fresh) {
        freshSteps += 1;
        freshBytes += step.bytes?.length ?? 0;
      }
      if (turns >= maxTurnsASlice || freshSteps >= maxFreshStepsASlice || freshBytes >= maxFreshBytesASlice) break;
    }
    this.#sliceDue = false;
    this.#deferSlice();
  }
}
