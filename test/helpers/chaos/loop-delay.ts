import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';

/** How long the event loop of the main thread kept others waiting. */
export interface LoopDelay {
  readonly p99Ms: number;
  readonly maxMs: number;
}

const resolutionMs = 5;

/** Watches the event loop until it is stopped. */
export function watchLoop(): { stop(): Promise<LoopDelay> } {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  return {
    async stop() {
      // A block right before this shows only when the next sample is taken.
      await wait(3 * resolutionMs);
      histogram.disable();
      return { p99Ms: histogram.percentile(99) / 1e6, maxMs: histogram.max / 1e6 };
    },
  };
}
