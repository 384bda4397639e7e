import type { Clock } from './clock.ts';

/** Deferred pieces that one turn runs at most. */
const batchSize = 32;

/**
 * Runs pieces of work within a time budget for each turn of the event loop. The rest is deferred to later turns, so that
 * timers and other connections get their share. Owners alternate: one with many pieces does not delay one with a single
 * piece. The time of promises that a piece resolves counts as well.
 */
export class EventLoopBudget {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #budgetMs: number;
  /** By owner, the next one first. */
  readonly #waiting = new Map<string, (() => void)[]>();
  /** When the first piece of this turn started; null: none has. */
  #turnStartMs: number | null = null;
  #isScheduled = false;

  constructor(clock: Pick<Clock, 'monotonic'>, budgetMs: number) {
    this.#clock = clock;
    this.#budgetMs = budgetMs;
  }

  /**
   * Runs a piece at once if there is budget and no piece is deferred, otherwise later.
   *
   * @param ownerOf the owner of the piece; called only if it is deferred. Pieces of one owner keep their order.
   */
  run(work: () => void, ownerOf: () => string): void {
    if (this.#waiting.size === 0 && this.#hasTime()) {
      work();
      return;
    }
    const owner = ownerOf();
    const pieces = this.#waiting.get(owner);
    if (pieces === undefined) this.#waiting.set(owner, [work]);
    else pieces.push(work);
    this.#schedule();
  }

  #hasTime(): boolean {
    const nowMs = this.#clock.monotonic();
    if (this.#turnStartMs === null) {
      this.#turnStartMs = nowMs;
      setImmediate(() => {
        this.#turnStartMs = null;
      });
    }
    return nowMs - this.#turnStartMs < this.#budgetMs;
  }

  /** Each piece is an immediate of its own: promises that it resolves continue before the next one runs. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    for (let count = 0; count < batchSize; count += 1) setImmediate(() => this.#runNext());
    setImmediate(() => {
      this.#isScheduled = false;
      if (this.#waiting.size > 0) this.#schedule();
    });
  }

  #runNext(): void {
    const [next] = this.#waiting;
    if (next === undefined || !this.#hasTime()) return;
    const [owner, pieces] = next;
    const work = pieces.shift();
    // Behind all other owners.
    this.#waiting.delete(owner);
    if (pieces.length > 0) this.#waiting.set(owner, pieces);
    work?.();
  }
}
