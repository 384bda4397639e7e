import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';

/** The delay of the main thread's event loop. */
export interface LoopDelay {
  /** 99th percentile of the delay. */
  readonly p99Ms: number;
  /** The longest block, measured in CPU time, so that other processes do not count. */
  readonly blockMs: number;
}

const resolutionMs = 5;

/** Measures the event loop until it is stopped. */
export function watchLoop(): { stop(): Promise<LoopDelay> } {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  let blockMs = 0;
  let before = process.threadCpuUsage();
  const look = (): void => {
    const { user, system } = process.threadCpuUsage(before);
    before = process.threadCpuUsage();
    blockMs = Math.max(blockMs, (user + system) / 1_000);
  };
  const timer = setInterval(look, resolutionMs);
  histogram.enable();
  return {
    async stop() {
      // A block right before this is visible only in the next sample.
      await wait(3 * resolutionMs);
      clearInterval(timer);
      histogram.disable();
      return { p99Ms: histogram.percentile(99) / 1e6, blockMs };
    },
  };
}
