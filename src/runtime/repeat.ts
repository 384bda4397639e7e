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
  readonly name: string;
  readonly log: Log;
  /** It is done at least this often. */
  readonly maxIntervalMs: number;
}

/**
 * Does work at once and then again: when it is woken, and after as many milliseconds as it says itself (null: it does
 * not know). Never twice at once. A fault is logged, and the work is done again later.
 */
export function repeat(work: () => Promise<number | null>, options: RepeatOptions): RepeatingTask {
  const { name, log, maxIntervalMs } = options;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const perform = async (): Promise<void> => {
    clearTimeout(timer);
    let waitMs = afterFaultMs;
    try {
      waitMs = (await work()) ?? maxIntervalMs;
    } catch (error) {
      log.error({ err: error }, `${name} failed; retrying`);
    }
    timer = setTimeout(() => task.wake(), Math.min(Math.max(waitMs, shortestWaitMs), maxIntervalMs));
  };
  const task = createCoalescer(perform, { name, log });
  task.wake();
  return {
    wake: () => task.wake(),
    async stop() {
      await task.stop();
      clearTimeout(timer);
    },
  };
}
