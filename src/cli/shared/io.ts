import type { Environment } from '../../config/environment/environment.ts';

/** What a command touches of the process it runs in, so that a test can bring its own. */
export interface CliIo {
  readonly env: Environment;
  /** Where a command's output goes, and nothing else. */
  out(text: string): void;
  /** Complaints and remarks. */
  err(text: string): void;
  /** Width of the terminal that reads `out`; null: it is a file or a pipe, so nothing is cut to fit. */
  readonly columns: number | null;
  /** The terminal that reads `err`; null: it is a file or a pipe, where a bar that moves is only dirt. */
  readonly errTerminal: NodeJS.WritableStream | null;
  /**
   * Calls the listener at each signal that asks to stop.
   *
   * @returns takes the listener off again.
   */
  onSignal(listener: (signal: string) => void): () => void;
}

/** Exit codes: the whole vocabulary. */
export const exitCodes = { done: 0, failed: 1, badUsage: 2 } as const;

/** Thrown by a command that cannot do what it was asked, through no fault of the program: told in one line, exit 1. */
export class CommandError extends Error {
  override readonly name = 'CommandFailed';
}

/** The real process. */
export function processIo(env: Environment): CliIo {
  return {
    env,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    // Some terminals do not know their width and say 0.
    columns: (process.stdout.isTTY && process.stdout.columns) || null,
    errTerminal: process.stderr.isTTY ? process.stderr : null,
    onSignal: (listener) => {
      // A closed terminal is a wish to stop. Without one, SIGHUP is left alone: nohup has it ignored.
      const signals: NodeJS.Signals[] = ['SIGTERM', 'SIGINT', ...(process.stdout.isTTY ? (['SIGHUP'] as const) : [])];
      for (const signal of signals) process.on(signal, listener);
      return () => {
        for (const signal of signals) process.off(signal, listener);
      };
    },
  };
}
