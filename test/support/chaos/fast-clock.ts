import { type Clock, systemClock } from '../../../src/runtime/clock.ts';
import type { Timers } from '../../../src/runtime/timers.ts';

const tickMs = 5;
/** Maximum real time that counts between two ticks: a busy machine slows the clock down. */
const mostMs = 10;

interface Timer {
  readonly atMs: number;
  readonly call: () => void;
}

/** A clock that runs faster than the real one, with timers. */
export class FastClock implements Clock, Timers {
  readonly #startMs: number;
  readonly #timers = new Set<Timer>();
  readonly #ticking: NodeJS.Timeout;
  #elapsedMs = 0;

  constructor(options: { readonly startMs: number; readonly speed: number }) {
    this.#startMs = options.startMs;
    let before = systemClock.monotonic();
    this.#ticking = setInterval(() => {
      const now = systemClock.monotonic();
      this.#elapsedMs += Math.min(now - before, mostMs) * options.speed;
      before = now;
      this.#fire();
    }, tickMs);
  }

  now(): number {
    return this.#startMs + this.#elapsedMs;
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  after(delayMs: number, call: () => void): () => void {
    const timer = { atMs: this.#elapsedMs + delayMs, call };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  stop(): void {
    clearInterval(this.#ticking);
  }

  #fire(): void {
    for (const timer of [...this.#timers]) {
      if (timer.atMs > this.#elapsedMs || !this.#timers.delete(timer)) continue;
      timer.call();
    }
  }
}
