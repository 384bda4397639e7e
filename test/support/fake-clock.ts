import type { Clock } from '../../src/runtime/clock.ts';

/** A clock that only advances when a test advances it, with timers. */
export interface FakeClock extends Clock {
  /** Calls once after `delayMs`. The returned function cancels the call. */
  after(delayMs: number, call: () => void): () => void;
  /** Advances the time, calls each timer that is due, and waits for the work that it started. */
  advance(ms: number): Promise<void>;
  /** Waits for pending work without advancing the time. */
  rest(): Promise<void>;
  /** Sets the wall clock forward or back, but not the steady clock. */
  turnWall(ms: number): void;
  readonly timers: number;
}

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly call: () => void;
}

/** Monday, 5 January 2026, 00:00 UTC. */
export const fakeStartMs = Date.UTC(2026, 0, 5);

/** A clock at `startMs` of wall time and zero of steady time. */
export function createFakeClock(startMs = fakeStartMs): FakeClock {
  const timers = new Set<Timer>();
  let wallMs = startMs;
  let steadyMs = 0;
  let order = 0;

  const next = (untilMs: number): Timer | null => {
    let first: Timer | null = null;
    for (const timer of timers) {
      if (timer.atMs > untilMs) continue;
      if (first === null || timer.atMs < first.atMs || (timer.atMs === first.atMs && timer.order < first.order)) {
        first = timer;
      }
    }
    return first;
  };

  const pass = (ms: number): void => {
    steadyMs += ms;
    wallMs += ms;
  };

  const rest = async (): Promise<void> => {
    for (let round = 0; round < 3; round += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  return {
    now: () => wallMs,
    monotonic: () => steadyMs,
    after(delayMs, call) {
      order += 1;
      const timer = { atMs: steadyMs + Math.max(delayMs, 0), order, call };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const untilMs = steadyMs + ms;
      await rest();
      for (let timer = next(untilMs); timer !== null; timer = next(untilMs)) {
        timers.delete(timer);
        pass(Math.max(timer.atMs - steadyMs, 0));
        timer.call();
        await rest();
      }
      pass(untilMs - steadyMs);
    },
    rest,
    turnWall(ms) {
      wallMs += ms;
    },
    get timers() {
      return timers.size;
    },
  };
}
