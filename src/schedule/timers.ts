/** Timers as an argument, so that a test can turn the time itself. */
export interface Timers {
  /** Calls once after `delayMs`. The answer stops it. */
  after(delayMs: number, call: () => void): () => void;
}

/** The real ones. */
export const systemTimers: Timers = {
  after(delayMs, call) {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
};
