import type { CliIo } from './io.ts';
import { exitCodes } from './io.ts';

/** A service that runs until it is stopped. */
export interface RunningService {
  readonly url: string;
  stop(): Promise<void>;
}

export interface RunOptions {
  /** How long `stop` may take before the process exits anyway. */
  readonly stopWithinMs?: number;
  /** Called after the start. */
  onStarted(running: RunningService): void;
  /** Called when `stop` takes too long. Not a failure: the database is consistent at any time. */
  onSlowStop?(): void;
}

const defaultStopWithinMs = 9500;

/**
 * Starts a service and runs it until a signal. The first signal stops it in order, the second ends the process at once. A
 * signal during the start stops the service as soon as it has started.
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
    // A closing terminal may send SIGHUP more than once.
    else if (signal !== 'SIGHUP') second.resolve(exitCodes.failed);
  });
  try {
    return await Promise.race([run(start, first.promise, options), second.promise]);
  } finally {
    off();
  }
}

async function run(
  start: () => Promise<RunningService>,
  stopRequested: Promise<void>,
  options: RunOptions,
): Promise<number> {
  const running = await start();
  options.onStarted(running);
  await stopRequested;
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
