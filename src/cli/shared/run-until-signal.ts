import type { Log } from '../../runtime/log.ts';
import { type CliIo, exitCodes } from './io.ts';

/** A service that runs until it is stopped. */
export interface RunningService {
  readonly url: string;
  /** Resolves when the service may no longer poll, since the lock of its database is gone. Absent: it holds none. */
  readonly lockLost?: Promise<void>;
  stop(): Promise<void>;
}

export interface RunOptions {
  readonly log: Log;
  /** How long `stop` may take before the process exits anyway: the database is consistent at any time. */
  readonly stopWithinMs?: number;
  /** Called after the start. */
  onStarted(running: RunningService): void;
}

/** Why a service stops. */
type StopReason =
  | { readonly reason: 'signal'; readonly signal: string }
  | { readonly reason: 'lock_lost' }
  | { readonly reason: 'fault' };

const defaultStopWithinMs = 9500;
const lockRemedy =
  'Check which program has removed or replaced the .lock file beside the database, and that no other server polls with it';

/**
 * Starts a service and runs it until a signal, a fault or the loss of its lock. The first signal stops it in order, the
 * second ends the process at once. A signal during the start stops the service as soon as it has started. The log gets a
 * line `stopping` with the reason and, at the end, a line `stopped` with the exit code.
 *
 * @returns the exit code.
 * @throws what the start or the stop throws, also a fault during the start.
 */
export async function runUntilSignal(
  io: CliIo,
  start: () => Promise<RunningService>,
  options: RunOptions,
): Promise<number> {
  const { log } = options;
  const requested = Promise.withResolvers<StopReason>();
  const startFault = Promise.withResolvers<never>();
  const second = Promise.withResolvers<number>();
  let signals = 0;
  const offSignal = io.onSignal((signal) => {
    signals += 1;
    if (signals === 1) requested.resolve({ reason: 'signal', signal });
    // A closing terminal may send SIGHUP more than once.
    else if (signal !== 'SIGHUP') second.resolve(exitCodes.failed);
  });
  const offFault = io.onFault((err) => {
    log.error({ err }, 'an internal error was not handled');
    startFault.reject(err);
    requested.resolve({ reason: 'fault' });
  });
  const run = async (): Promise<number> => {
    const running = await Promise.race([start(), startFault.promise]);
    options.onStarted(running);
    void running.lockLost?.then(() => requested.resolve({ reason: 'lock_lost' }));
    return await stopWhenRequested(running, requested.promise, options);
  };
  try {
    const code = await Promise.race([run(), second.promise]);
    log.info({ code }, 'stopped');
    return code;
  } finally {
    offSignal();
    offFault();
  }
}

async function stopWhenRequested(
  running: RunningService,
  requested: Promise<StopReason>,
  { log, stopWithinMs = defaultStopWithinMs }: RunOptions,
): Promise<number> {
  const why = await requested;
  if (why.reason === 'signal') log.info(why, 'stopping');
  else log.error(why.reason === 'lock_lost' ? { ...why, remedy: lockRemedy } : why, 'stopping');
  const isSlow = await isSlowerThan(running.stop(), stopWithinMs);
  if (isSlow) log.warn({}, 'stopping took too long; exiting anyway');
  return why.reason === 'signal' ? exitCodes.done : exitCodes.failed;
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
