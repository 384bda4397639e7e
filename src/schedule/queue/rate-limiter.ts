/** Limits the number of starts in any period of one second (sliding window). */
export interface RateLimiter {
  /** When the next start is allowed; at or before `nowMs`: now. */
  nextReadyMs(nowMs: number): number;
  record(nowMs: number): void;
  /** Removes a recorded start that did not happen. */
  undo(atMs: number): void;
}

/**
 * A sliding log of the last starts: no period of one second contains more than `perSecond` of them. A token bucket would
 * allow twice as many around a full refill.
 *
 * @param perSecond may be a fraction: 0.5 is one start in two seconds.
 */
export function createRateLimiter(perSecond: number): RateLimiter {
  const size = Math.max(1, Math.floor(perSecond));
  const spanMs = (size / perSecond) * 1000;
  const starts: number[] = new Array(size).fill(Number.NEGATIVE_INFINITY);
  let next = 0;
  return {
    nextReadyMs(nowMs) {
      const oldest = starts[next] ?? Number.NEGATIVE_INFINITY;
      // A start in the future means that the clock was set back. Waiting for it could take a day.
      return oldest > nowMs ? nowMs : oldest + spanMs;
    },
    record(nowMs) {
      starts[next] = nowMs;
      next = (next + 1) % size;
    },
    undo(atMs) {
      let index = starts.lastIndexOf(atMs);
      if (index === -1) return;
      // `next` is the oldest entry. All entries older than the removed one move up by one.
      while (index !== next) {
        const older = (index + size - 1) % size;
        starts[index] = starts[older] ?? Number.NEGATIVE_INFINITY;
        index = older;
      }
      starts[next] = Number.NEGATIVE_INFINITY;
    },
  };
}
