import { createCoalescer } from './coalescer.ts';
import type { Log } from './log.ts';

const afterErrorMs = 5000;
const minDelayMs = 10;

/** Work that repeats. */
export interface RepeatingTask {
  /** Runs the work now; during a run, once more after it. */
  wake(): void;
  /** Starts no further run and waits for the current one. */
  stop(): Promise<void>;
}

export interface RepeatOptions {
  /** For the log, as in "delivering failed". */
  readonly name: string;
  readonly log: Log;
  /** The longest time between two runs. */
  readonly maxIntervalMs: number;
}

/**
 * Runs work at once and then again: when it is woken, and after the delay in milliseconds that it returns (null: after
 * `maxIntervalMs`). Never twice at once. An error is logged, and the work runs again later.
 */
export function repeat(work: () => Promise<number | null>, options: RepeatOptions): RepeatingTask {
  const { name, log, maxIntervalMs } = options;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const perform = async (): Promise<void> => {
    clearTimeout(timer);
    let delayMs = afterErrorMs;
    try {
      delayMs = (await work()) ?? maxIntervalMs;
    } catch (error) {
      log.error({ err: error }, `${name} failed; retrying`);
    }
    timer = setTimeout(() => task.wake(), Math.min(Math.max(delayMs, minDelayMs), maxIntervalMs));
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
