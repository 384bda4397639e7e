import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { Subscription, TickResult } from './subscription.ts';

// One slice of the event loop: so many subscriptions, or so much new work, whichever comes first. Between two slices
// the process answers requests and reads sockets, however many subscribers wait.
const maxTurnsASlice = 200;
const maxFreshBytesASlice = 512 * 1024;
const maxFreshStepsASlice = 20;
/** Whatever the turns are made of, a slice ends after so long: filters are written by strangers. */
const maxSliceMs = 8;

const nothingDone: TickResult = { end: 'resting', step: null };

/** What a queue works with. */
export interface RunQueueOptions {
  /** Runs work when the event loop comes round. */
  readonly defer: (work: () => void) => void;
  readonly clock: Clock;
  readonly logger: Log;
}

/** Subscriptions that have something to do, served in turns, in slices. */
export class RunQueue {
  readonly #waiting = new Set<Subscription>();
  readonly #defer: (work: () => void) => void;
  readonly #clock: Clock;
  readonly #logger: Log;
  #sliceDue = false;

  constructor({ defer, clock, logger }: RunQueueOptions) {
    this.#defer = defer;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Gives a subscription a turn soon; one that waits already keeps its place in the queue. */
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
    let turns = 0;
    let freshSteps = 0;
    let freshBytes = 0;
    const endMs = this.#clock.monotonic() + maxSliceMs;
    for (const subscription of this.#waiting) {
      this.#waiting.delete(subscription);
      const { end, step } = this.#turn(subscription);
      // To the end of the queue: nobody's backlog comes before another's news.
      if (end === 'more') this.#waiting.add(subscription);
      turns += 1;
      if (step?.isNew) {
        freshSteps += 1;
        freshBytes += step.bytes?.length ?? 0;
      }
      if (turns >= maxTurnsASlice || freshSteps >= maxFreshStepsASlice || freshBytes >= maxFreshBytesASlice) break;
      if (this.#clock.monotonic() >= endMs) break;
    }
    this.#sliceDue = false;
    this.#deferSlice();
  }

  /** A fault in serving one subscription ends that one, not the process and not the turns of the rest. */
  #turn(subscription: Subscription): TickResult {
    try {
      return subscription.tick();
    } catch (error) {
      this.#logger.error({ err: error, ch: subscription.channel, pos: subscription.pos }, 'a subscription failed');
      subscription.abort();
      return nothingDone;
    }
  }
}
