import type { Log } from './log.ts';

const afterFaultMs = 5000;

/** Work that is done again and again. */
export interface Repeating {
  /** There is something to do now; a wake during the work makes it run once more. */
  wake(): void;
  /** Starts nothing more and waits for what runs. */
  stop(): Promise<void>;
}

export interface RepeatOptions {
  /** For the log, as in "delivering failed". */
  readonly what: string;
  readonly log: Log;
  /** It is done at least this often. */
  readonly longestMs: number;
}

/**
 * Does work at once and then again: when it is woken, and after as many milliseconds as it says itself (null: it does
 * not know). Never twice at once. A fault is logged, and the work is done again later.
 */
export function repeat(work: () => Promise<number | null>, options: RepeatOptions): Repeating {
  const { what, log, longestMs } = options;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let running: Promise<void> | null = null;
  let again = false;
  let stopped = false;

  const perform = async (): Promise<void> => {
    let waitMs: number;
    do {
      again = false;
      try {
        waitMs = (await work()) ?? longestMs;
      } catch (error) {
        log.error({ err: error }, `${what} failed; it is tried again`);
        waitMs = afterFaultMs;
      }
    } while (again && !stopped);
    running = null;
    if (!stopped) timer = setTimeout(wake, Math.min(Math.max(waitMs, 10), longestMs));
  };
  const wake = (): void => {
    if (stopped) return;
    again = true;
    if (running !== null) return;
    if (timer !== null) clearTimeout(timer);
    running = perform();
  };
  wake();
  return {
    wake,
    async stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      await running;
    },
  };
}
