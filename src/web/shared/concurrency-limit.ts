/** Limits how many connections or queries of one key are open at a time. */
export class ConcurrencyLimit {
  readonly #max: number;
  readonly #open = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  isFull(key: string): boolean {
    return (this.#open.get(key) ?? 0) >= this.#max;
  }

  /** Counts one more. @returns releases it; further calls do nothing. */
  add(key: string): () => void {
    this.#open.set(key, (this.#open.get(key) ?? 0) + 1);
    let isCounted = true;
    return () => {
      if (!isCounted) return;
      isCounted = false;
      const left = (this.#open.get(key) ?? 1) - 1;
      if (left === 0) this.#open.delete(key);
      else this.#open.set(key, left);
    };
  }
}
