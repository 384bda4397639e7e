import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { Subscription, TickResult } from './subscription.ts';

// Limits of one slice of the event loop. Between two slices the process answers requests and reads sockets, however many
// subscriptions are waiting.
const maxTicksPerSlice = 200;
const maxNewBytesPerSlice = 512 * 1024;
const maxNewStepsPerSlice = 20;
/** Bounds a slice whatever its ticks cost: clients choose the filters. */
const maxSliceMs = 8;

const idle: TickResult = { end: 'idle', step: null };

export interface RunQueueOptions {
  /** Runs work in a later turn of the event loop. */
  readonly defer: (work: () => void) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Subscriptions that may have work, served round-robin in slices of the event loop. */
export class RunQueue {
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
