import type { CliIo } from './io.ts';

/**
 * Runs work that a signal interrupts. A second signal has its default effect: it ends the process.
 *
 * @param work ends early once its signal is aborted.
 */
export async function untilInterrupted<T>(io: CliIo, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupted = new AbortController();
  const off = io.onSignal(() => {
    interrupted.abort();
    off();
  });
  try {
    return await work(interrupted.signal);
  } finally {
    off();
  }
}
