import type { Timers } from '../../../src/runtime/timers.ts';

/** Timers that go off synchronously while a test advances them. */
export interface ManualTimers extends Timers {
  readonly size: number;
  /** Advances by one step, and calls what was due before its end. */
  tick(): void;
}

/** Timers that advance in steps. */
export function createManualTimers(stepMs: number): ManualTimers {
  const pending = new Set<{ readonly dueMs: number; readonly call: () => void }>();
  let nowMs = 0;
  return {
    get size() {
      return pending.size;
    },
    after(delayMs, call) {
      const timer = { dueMs: nowMs + delayMs, call };
      pending.add(timer);
      return () => void pending.delete(timer);
    },
    tick() {
      nowMs += stepMs;
      for (const timer of pending) if (timer.dueMs < nowMs && pending.delete(timer)) timer.call();
    },
  };
}
