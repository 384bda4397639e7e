/** What an entry costs besides its key and its value: its record, and its place in the map. */
const entryBytes = 200;

interface Entry<V> {
  readonly value: V;
  readonly bytes: number;
}

/**
 * Keeps values by text keys within a number of bytes, keys included. When a new value does not fit, the values that
 * were not used for longest are dropped.
 */
export class LruCache<V> {
  readonly #maxBytes: number;
  /** The least recently used first. */
  readonly #entries = new Map<string, Entry<V>>();
  #bytes = 0;

  /** @param maxBytes of all entries together. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Entries that are kept. */
  get size(): number {
    return this.#entries.size;
  }

  /** Of all entries, as they were weighed. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether there is a value, without using it. */
  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** The value, which counts as used now. */
  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /**
   * Keeps a value, in place of an older one under the same key.
   *
   * @param valueBytes what the value holds; the key is added here.
   */
  set(key: string, value: V, valueBytes: number): void {
    this.delete(key);
    const bytes = valueBytes + 2 * key.length + entryBytes;
    this.#entries.set(key, { value, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}
