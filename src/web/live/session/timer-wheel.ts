/**
 * One timer for the deadlines of all sessions (a hashed timer wheel). Thousands of timers would cost more than the
 * sessions. Heartbeats and timeouts are coarse, so one interval that advances a wheel of slots is enough.
 */
export interface TimerWheel {
  /** The number of pending entries. */
  readonly size: number;
  /** Calls `run` once, after `delayMs` to one tick more. The returned function cancels it. */
  after(delayMs: number, run: () => void): () => void;
  stop(): void;
}

export interface TimerWheelOptions {
  readonly tickMs?: number;
  /** Calls `tick` every `ms` until the returned function is called. Default: an interval without a reference. */
  readonly every?: (ms: number, tick: () => void) => () => void;
}

interface Entry {
  rounds: number;
  readonly run: () => void;
}

const slots = 256;

function everyInterval(ms: number, tick: () => void): () => void {
  const timer = setInterval(tick, ms);
  timer.unref();
  return () => clearInterval(timer);
}

/** Creates a wheel and starts it. */
export function createTimerWheel({ tickMs = 250, every = everyInterval }: TimerWheelOptions = {}): TimerWheel {
  const wheel = Array.from({ length: slots }, () => new Set<Entry>());
  let hand = 0;
  let size = 0;

  const stop = every(tickMs, () => {
    hand = (hand + 1) % slots;
    const slot = wheel[hand];
    if (slot === undefined) return;
    for (const entry of slot) {
      if (entry.rounds > 0) {
        entry.rounds -= 1;
      } else if (slot.delete(entry)) {
        size -= 1;
        entry.run();
      }
    }
  });

  return {
    get size() {
      return size;
    },
    after(delayMs, run) {
      // One tick more: the next tick may come at once.
      const ticks = Math.max(1, Math.ceil(delayMs / tickMs) + 1);
      const slot = wheel[(hand + ticks) % slots];
      const entry = { rounds: Math.floor((ticks - 1) / slots), run };
      slot?.add(entry);
      size += 1;
      return () => {
        if (slot?.delete(entry)) size -= 1;
      };
    },
    stop,
  };
}
