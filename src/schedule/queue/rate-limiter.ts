/** A limit on how many things start in any one second, wherever that second begins. */
export interface RateLimiter {
  /** When the next one may start; at or before `nowMs`: now. */
  nextReadyMs(nowMs: number): number;
  record(nowMs: number): void;
  /** Takes back a start that was noted at this time and did not happen. */
  undo(atMs: number): void;
}

/**
 * Remembers the last starts, so that no second, however it lies, holds more than `perSecond` of them. A token bucket
 * would let twice as many through around a full refill.
 *
 * @param perSecond may be a fraction: 0.5 is one in two seconds.
 */
export function createRateLimiter(perSecond: number): RateLimiter {
  const size = Math.max(1, Math.floor(perSecond));
  const spanMs = (size / perSecond) * 1000;
  const starts: number[] = new Array(size).fill(Number.NEGATIVE_INFINITY);
  let next = 0;
  return {
    nextReadyMs(nowMs) {
      const oldest = starts[next] ?? Number.NEGATIVE_INFINITY;
      // A start in the future: the clock was turned back. Waiting for it could take a day.
      return oldest > nowMs ? nowMs : oldest + spanMs;
    },
    record(nowMs) {
      starts[next] = nowMs;
      next = (next + 1) % size;
    },
    undo(atMs) {
      let index = starts.lastIndexOf(atMs);
      if (index === -1) return;
      // `next` is the oldest: all that are older than the one taken back move up by one.
      while (index !== next) {
        const older = (index + size - 1) % size;
        starts[index] = starts[older] ?? Number.NEGATIVE_INFINITY;
        index = older;
      }
      starts[next] = Number.NEGATIVE_INFINITY;
    },
  };
}
