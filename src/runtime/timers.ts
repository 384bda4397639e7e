/** Timers as a dependency, so that tests can use a fake clock. */
export interface Timers {
  /** Calls once after `delayMs`. Returns a function that cancels the call. */
  after(delayMs: number, call: () => void): () => void;
}

/** The timers of Node. */
export const systemTimers: Timers = {
  after(delayMs, call) {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Timers that do not keep the process alive. */
export const backgroundTimers: Timers = {
  after(delayMs, call) {
    const timer = setTimeout(call, delayMs).unref();
    return () => clearTimeout(timer);
  },
};
