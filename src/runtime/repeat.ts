import { createCoalescer } from './coalescer.ts';
import type { Log } from './log.ts';

const afterFaultMs = 5000;
const shortestWaitMs = 10;

/** Work that is done again and again. */
export interface RepeatingTask {
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
export function repeat(work: () => Promise<number | null>, options: RepeatOptions): RepeatingTask {
  const { what, log, longestMs } = options;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const perform = async (): Promise<void> => {
    clearTimeout(timer);
    let waitMs = afterFaultMs;
    try {
      waitMs = (await work()) ?? longestMs;
    } catch (error) {
      log.error({ err: error }, `${what} failed; it is tried again`);
    }
    timer = setTimeout(() => task.wake(), Math.min(Math.max(waitMs, shortestWaitMs), longestMs));
  };
  const task = createCoalescer(perform, { what, log });
  task.wake();
  return {
    wake: () => task.wake(),
    async stop() {
      await task.stop();
      clearTimeout(timer);
    },
  };
}
