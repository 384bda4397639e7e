import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';

/** How long the event loop of the main thread kept others waiting. */
export interface LoopDelay {
  /** 99th percentile of the delay. */
  readonly p99Ms: number;
  /** The longest that it worked without a break: time in which the machine ran somebody else does not count. */
  readonly blockMs: number;
}

const resolutionMs = 5;

/** Watches the event loop until it is stopped. */
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
      // A block right before this shows only when the next sample is taken.
      await wait(3 * resolutionMs);
      clearInterval(timer);
      histogram.disable();
      return { p99Ms: histogram.percentile(99) / 1e6, blockMs };
    },
  };
}
