import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Log } from './log.ts';

/** Work that is requested more often than it needs to run. */
export interface Coalescer {
  /**
   * Requests a run. It starts at once when nothing runs; requests during a run make for one more run after it. May be
   * called at any rate, also by the work itself.
   */
  wake(): void;
  /** Resolves when nothing runs and nothing is requested. */
  idle(): Promise<void>;
  /** Starts no further run and resolves when the current one has ended. */
  stop(): Promise<void>;
}

export interface CoalescerOptions {
  /** For the log, as in "delivering failed". */
  readonly name: string;
  readonly log: Log;
}

/**
 * Runs work on request, never twice at once, and loses no request: one that comes while the work runs, or while it
 * ends, makes it run once more. Between two runs the event loop takes a turn, whoever requests them. Without it, work
 * that waits for nothing but synchronous SQLite runs in microtasks only, and two parts that wake each other stop the
 * process from answering, reading its timers and taking signals.
 *
 * A fault of the work is logged and ends its run; the next request starts another.
 */
export function createCoalescer(work: () => Promise<void>, { name, log }: CoalescerOptions): Coalescer {
  let running: Promise<void> | null = null;
  let requested = false;
  let stopped = false;

  const run = async (): Promise<void> => {
    while (requested && !stopped) {
      requested = false;
      try {
        await work();
      } catch (error) {
        log.error({ err: error }, `${name} failed`);
      }
      // After every run, not only before a repeated one: a request from outside may follow each end at once.
      await nextTurn();
    }
    // In the same step in which no request was found: one that comes later starts a run itself.
    running = null;
  };
  return {
    wake() {
      if (stopped) return;
      requested = true;
      if (running !== null) return;
      // Before the work begins, which may call `wake` in its first step.
      const ended = Promise.withResolvers<void>();
      running = ended.promise;
      run().then(ended.resolve, ended.reject);
    },
    async idle() {
      while (running !== null) await running;
    },
    async stop() {
      stopped = true;
      await running;
    },
  };
}
