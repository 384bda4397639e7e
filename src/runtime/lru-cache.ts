/** Bytes of an entry besides its key and its value: its record and its slot in the map. */
const entryBytes = 200;

/** The bound of a cache: bytes of all entries together, keys included, or the number of entries. */
export type CacheLimit = { readonly maxBytes: number } | { readonly maxEntries: number };

interface Entry<V> {
  readonly value: V;
  readonly cost: number;
}

/** A bounded cache. When a new value does not fit, the least recently used values are dropped. */
export class LruCache<V, K extends string | number | object = string> {
  readonly #limit: CacheLimit;
  readonly #maxCost: number;
  /** The least recently used first. */
  readonly #entries = new Map<K, Entry<V>>();
  #cost = 0;

  constructor(limit: CacheLimit) {
    this.#limit = limit;
    this.#maxCost = 'maxBytes' in limit ? limit.maxBytes : limit.maxEntries;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Bytes of all entries, as given to `set`; in a cache bounded by entries, their number. */
  get bytes(): number {
    return this.#cost;
  }

  /** Whether there is a value; does not count as a use. */
  has(key: K): boolean {
    return this.#entries.has(key);
  }

  /** The value, which becomes the most recently used one. */
  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /**
   * Stores a value and replaces an older one under the same key.
   *
   * @param valueBytes size of the value; the key is added here. Not used in a cache bounded by entries.
   */
  set(key: K, value: V, valueBytes = 0): void {
    this.delete(key);
    const cost = this.#costOf(key, valueBytes);
    this.#entries.set(key, { value, cost });
    this.#cost += cost;
    for (const oldest of this.#entries.keys()) {
      if (this.#cost <= this.#maxCost) return;
      this.delete(oldest);
    }
  }

  delete(key: K): void {
    this.#cost -= this.#entries.get(key)?.cost ?? 0;
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#cost = 0;
  }

  #costOf(key: K, valueBytes: number): number {
    if ('maxEntries' in this.#limit) return 1;
    return valueBytes + (typeof key === 'string' ? 2 * key.length : 0) + entryBytes;
  }
}
