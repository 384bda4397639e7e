import type { CliIo } from './io.ts';
import { exitCodes } from './io.ts';

/** Something that runs until it is told to stop. */
export interface RunningService {
  readonly url: string;
  stop(): Promise<void>;
}

export interface RunOptions {
  /** How long `stop` may take before the process ends all the same. */
  readonly stopWithinMs?: number;
  /** Called once it runs. */
  onStarted(running: RunningService): void;
  /** Called when stopping takes too long. What is in the database is whole at every instant, so this is no failure. */
  onSlowStop?(): void;
}

const defaultStopWithinMs = 9500;

/**
 * Starts something and lives until a signal: the first one stops it in order, the second ends the process at once. A
 * signal that comes while it is still starting stops it as soon as it has started.
 *
 * @returns the exit code.
 */
export async function runUntilSignal(
  io: CliIo,
  start: () => Promise<RunningService>,
  options: RunOptions,
): Promise<number> {
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<number>();
  let signals = 0;
  const off = io.onSignal((signal) => {
    signals += 1;
    if (signals === 1) first.resolve();
    // A terminal that is closed hangs up more than once; nobody is impatient then.
    else if (signal !== 'SIGHUP') second.resolve(exitCodes.failed);
  });
  try {
    return await Promise.race([live(start, first.promise, options), second.promise]);
  } finally {
    off();
  }
}

async function live(start: () => Promise<RunningService>, asked: Promise<void>, options: RunOptions): Promise<number> {
  const running = await start();
  options.onStarted(running);
  await asked;
  const isSlow = await isSlowerThan(running.stop(), options.stopWithinMs ?? defaultStopWithinMs);
  if (isSlow) options.onSlowStop?.();
  return exitCodes.done;
}

async function isSlowerThan(work: Promise<void>, limitMs: number): Promise<boolean> {
  const limit = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => limit.resolve(true), limitMs);
  try {
    return await Promise.race([work.then(() => false), limit.promise]);
  } finally {
    clearTimeout(timer);
  }
}
