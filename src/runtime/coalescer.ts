import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Log } from './log.ts';

/** Work that is requested more often than it needs to run. */
export interface Coalescer {
  /**
   * Requests a run. It starts at once if none is running; requests during a run cause one more run after it. May be
   * called at any rate, also by the work itself.
   */
  wake(): void;
  /** Resolves when no run is active or requested. */
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
 * Runs work on request, never twice at once, and loses no request: a request during a run, or at its end, causes one more
 * run. Between two runs the event loop gets a turn. Otherwise work that awaits only synchronous SQLite would run in
 * microtasks, and two tasks that wake each other would block requests, timers and signals.
 *
 * An error of the work is logged and ends its run; the next request starts another.
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
      // After every run, not only before a requested one: a caller may request a run at each end.
      await nextTurn();
    }
    // In the same step in which no request was found: a later request starts a run itself.
    running = null;
  };
  return {
    wake() {
      if (stopped) return;
      requested = true;
      if (running !== null) return;
      // Before the work starts, which may call `wake` in its first step.
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
