const firstMs = 500;
const maxMs = 30_000;

/**
 * Delay before the next attempt: random, from 0 to a bound that doubles with each failed attempt. Full jitter, because the
 * clients of a server that went down all lost it at the same moment.
 */
export class ReconnectBackoff {
  readonly #random: () => number;
  #failures = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Call when a connection has made progress, not when it opens: one that opens and breaks at once has failed. */
  reset(): void {
    this.#failures = 0;
  }

  /** @param minMs delay requested by the server; 0: none. */
  nextDelayMs(minMs: number): number {
    const bound = Math.min(maxMs, firstMs * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    return Math.max(minMs, Math.round(this.#random() * bound));
  }
}
