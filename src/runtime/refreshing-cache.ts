import type { Clock } from './clock.ts';

/** How long an answer is given again. */
export interface RefreshingCacheOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Until then without reading again. */
  readonly freshMs: number;
  /** Answers that are given while a newer one is being read; absent: none, everybody waits for the newer one. */
  readonly stale?: {
    readonly ms: number;
    /** Called with what the read of the newer one failed with. */
    onError(error: unknown): void;
  };
}

interface Entry<Value> {
  readonly atMs: number;
  readonly value: Value;
}

/**
 * Reads once for all who ask within a while, and lets nobody wait who can be given an answer that is a little older.
 * Keeps every key that it was asked for: their number must be bounded.
 *
 * @param read may reject: a caller that waits for it gets the error, and the next one has it read again. While there is
 *   an older answer to give, it is read again after `freshMs` only.
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
