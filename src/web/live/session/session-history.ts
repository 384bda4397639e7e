import { hourMs } from '../../../domain/durations.ts';
import type { Clock } from '../../../runtime/clock.ts';
import type { SessionHour } from '../../shared/app-context.ts';

const hours = 24;
const sampleMs = 30_000;

/** The peaks of live connections by hour, since the start. */
export interface SessionHistory {
  sample(): void;
  /** At most 24 hours up to now, oldest first. None is before the start. */
  read(): readonly SessionHour[];
  stop(): void;
}

/** Starts to sample the number of connections, every 30 seconds. */
export function recordSessionHistory(parts: { readonly clock: Clock; readonly count: () => number }): SessionHistory {
  const peaks = new Map<number, number>();
  const sample = (): void => {
    const hour = Math.floor(parts.clock.now() / hourMs);
    peaks.set(hour, Math.max(peaks.get(hour) ?? 0, parts.count()));
    for (const old of peaks.keys()) if (old <= hour - hours) peaks.delete(old);
  };
  const timer = setInterval(sample, sampleMs);
  timer.unref();
  sample();
  return {
    sample,
    read() {
      sample();
      const seen = [...peaks.keys()].sort((a, b) => a - b);
      const first = seen[0] ?? 0;
      const count = (seen.at(-1) ?? 0) - first + 1;
      // An hour without a sample, while the machine was asleep, had no connection.
      return Array.from({ length: count }, (_, index) => {
        return { hourMs: (first + index) * hourMs, peak: peaks.get(first + index) ?? 0 };
      });
    },
    stop: () => clearInterval(timer),
  };
}
