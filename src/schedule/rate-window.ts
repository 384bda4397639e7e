/** A limit on how many things start in any one second, wherever that second begins. */
export interface RateWindow {
  /** When the next one may start; at or before `nowMs`: now. */
  readyMs(nowMs: number): number;
  note(nowMs: number): void;
}

/**
 * Remembers the last starts, so that no second, however it lies, holds more than `perSecond` of them. A token bucket
 * would let twice as many through around a full refill.
 *
 * @param perSecond may be a fraction: 0.5 is one in two seconds.
 */
export function createRateWindow(perSecond: number): RateWindow {
  const size = Math.max(1, Math.floor(perSecond));
  const spanMs = (size / perSecond) * 1000;
  const starts: number[] = new Array(size).fill(Number.NEGATIVE_INFINITY);
  let next = 0;
  return {
    readyMs(nowMs) {
      const oldest = starts[next] ?? Number.NEGATIVE_INFINITY;
      // A start in the future: the clock was turned back. Waiting for it could take a day.
      return oldest > nowMs ? nowMs : oldest + spanMs;
    },
    note(nowMs) {
      starts[next] = nowMs;
      next = (next + 1) % size;
    },
  };
}
