import type { Clock } from './clock.ts';

/** How long a value is returned from the cache. */
export interface RefreshingCacheOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Age up to which a value is returned without a read. */
  readonly freshMs: number;
  /** Stale-while-revalidate; absent: callers wait for the new value. */
  readonly stale?: {
    readonly ms: number;
    /** Called with the error of a read in the background. */
    onError(error: unknown): void;
  };
}

interface Entry<Value> {
  readonly atMs: number;
  readonly value: Value;
}

/**
 * A read-through cache: concurrent callers share one read, and a stale value is returned while a new one is read. Entries
 * are never evicted: the number of keys must be bounded.
 *
 * @param read may reject: callers that wait get the error, and the next one reads again. While there is a stale value, a
 *   failed read is repeated after `freshMs` only.
 */
export function createRefreshingCache<Key, Value>(
  options: RefreshingCacheOptions,
  read: (key: Key) => Promise<Value>,
): (key: Key) => Promise<Value> {
  const { clock, freshMs, stale } = options;
  const entries = new Map<Key, Entry<Value>>();
  const reading = new Map<Key, Promise<Value>>();
  const failedMs = new Map<Key, number>();

  async function readNow(key: Key): Promise<Value> {
    try {
      const value = await read(key);
      entries.set(key, { atMs: clock.monotonic(), value });
      failedMs.delete(key);
      return value;
    } catch (error) {
      failedMs.set(key, clock.monotonic());
      throw error;
    } finally {
      reading.delete(key);
    }
  }

  function readOnce(key: Key): Promise<Value> {
    const under = reading.get(key);
    if (under !== undefined) return under;
    const started = Promise.resolve(key).then(readNow);
    reading.set(key, started);
    return started;
  }

  return async (key) => {
    const entry = entries.get(key);
    const ageMs = entry === undefined ? Number.POSITIVE_INFINITY : clock.monotonic() - entry.atMs;
    if (entry !== undefined && ageMs < freshMs) return entry.value;
    if (entry === undefined || stale === undefined || ageMs >= stale.ms) return readOnce(key);
    const hasJustFailed = clock.monotonic() - (failedMs.get(key) ?? Number.NEGATIVE_INFINITY) < freshMs;
    if (!hasJustFailed && !reading.has(key)) readOnce(key).catch((error: unknown) => stale.onError(error));
    return entry.value;
  };
}
