import type { Clock } from './clock.ts';

/** Pieces that one turn takes from the queue at most. */
const batch = 32;

/**
 * Runs pieces of work, but in one turn of the event loop only as many as fit into a share of time: what is left waits
 * for later turns, so that timers and other connections have theirs in between, and what was closed is freed. Those
 * who wait take turns, so that one with many pieces does not keep another with a single one waiting. What a piece does
 * asynchronously counts when the next one is about to run.
 */
export class EventLoopBudget {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #shareMs: number;
  /** By owner, the one whose turn is next first. */
  readonly #waiting = new Map<string, (() => void)[]>();
  /** When the first piece of this turn began; null: none has. */
  #turnStartMs: number | null = null;
  #isScheduled = false;

  constructor(clock: Pick<Clock, 'monotonic'>, shareMs: number) {
    this.#clock = clock;
    this.#shareMs = shareMs;
  }

  /**
   * Runs a piece at once when there is time and nobody waits, else later.
   *
   * @param ownerOf whose piece it is; asked only when it has to wait. Pieces of one owner keep their order.
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
    return nowMs - this.#turnStartMs < this.#shareMs;
  }

  /** Each piece is an immediate of its own: promises that it has fulfilled go on before the next one runs. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    for (let count = 0; count < batch; count += 1) setImmediate(() => this.#runNext());
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
    // Behind all others who wait.
    this.#waiting.delete(owner);
    if (pieces.length > 0) this.#waiting.set(owner, pieces);
    work?.();
  }
}
