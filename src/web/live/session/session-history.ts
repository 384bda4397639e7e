import { hourMs } from '../../../domain/durations.ts';
import type { Clock } from '../../../runtime/clock.ts';

const hours = 24;
const sampleMs = 30_000;

/** Most live connections at one time within an hour. */
export interface SessionHour {
  /** When it began. */
  readonly hourMs: number;
  readonly most: number;
}

/** How many live connections there were, hour by hour, since the start. */
export interface SessionHistory {
  /** Looks now. */
  sample(): void;
  /** The hours up to now, oldest first, at most 24; none before the start. */
  read(): readonly SessionHour[];
  stop(): void;
}

/** Begins to look at how many connections there are, each half minute. */
export function recordSessionHistory(parts: { readonly clock: Clock; readonly count: () => number }): SessionHistory {
  const most = new Map<number, number>();
  const sample = (): void => {
    const hour = Math.floor(parts.clock.now() / hourMs);
    most.set(hour, Math.max(most.get(hour) ?? 0, parts.count()));
    for (const old of most.keys()) if (old <= hour - hours) most.delete(old);
  };
  const timer = setInterval(sample, sampleMs);
  timer.unref();
  sample();
  return {
    sample,
    read() {
      sample();
      const seen = [...most.keys()].sort((a, b) => a - b);
      const first = seen[0] ?? 0;
      const count = (seen.at(-1) ?? 0) - first + 1;
      // An hour that a sleeping machine passed over had no connection.
      return Array.from({ length: count }, (_, index) => {
        return { hourMs: (first + index) * hourMs, most: most.get(first + index) ?? 0 };
      });
    },
    stop: () => clearInterval(timer),
  };
}
