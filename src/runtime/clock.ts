/** The only source of the current time, so that everything else can be tested with a fake clock. */
export interface Clock {
  /** Wall-clock time in epoch milliseconds. May jump. */
  now(): number;
  /** Milliseconds that never decrease; for durations. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
