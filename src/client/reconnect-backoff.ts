const firstMs = 500;
const mostMs = 30_000;

/**
 * How long to wait before the next attempt: anything from nothing to a bound that doubles with each attempt that came
 * to nothing. Full jitter, because the readers of a server that went down all lost it in the same moment.
 */
export class ReconnectBackoff {
  readonly #random: () => number;
  #failures = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Only called when a connection has proved its worth: one that opens and breaks at once has not. */
  reset(): void {
    this.#failures = 0;
  }

  /** @param leastMs what the server asked for; 0: nothing. */
  nextDelayMs(leastMs: number): number {
    const bound = Math.min(mostMs, firstMs * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    return Math.max(leastMs, Math.round(this.#random() * bound));
  }
}
