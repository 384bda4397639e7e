/**
 * One timer for the deadlines of all sessions. Eight thousand sessions with a timer each would cost more than the
 * sessions; heartbeats and deadlines are coarse, so a wheel of slots that one interval turns does for all.
 */
export interface TimerWheel {
  /** Entries that are waiting. */
  readonly size: number;
  /** Calls `run` once, between `delayMs` and a tick later. The returned function calls it off. */
  after(delayMs: number, run: () => void): () => void;
  stop(): void;
}

/** How a wheel is driven. */
export interface TimerWheelOptions {
  readonly tickMs?: number;
  /** Calls `tick` each `ms` until the returned function is called; an interval that does not hold the process. */
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

/** A wheel that turns from now on. */
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
      // One tick more than it takes: the first one may come at once.
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
