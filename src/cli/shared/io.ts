import type { Environment } from '../../config/environment/environment.ts';

/** The parts of the process that a command uses, replaceable in tests. */
export interface CliIo {
  readonly env: Environment;
  /** Writes the command's result to stdout. */
  out(text: string): void;
  /** Writes errors and notes to stderr. */
  err(text: string): void;
  /** Width of the terminal on stdout; null: a file or a pipe, where nothing is cut to fit. */
  readonly columns: number | null;
  /** Whether stdout is a terminal, also one that reports no width. */
  readonly isTerminal: boolean;
  /** The terminal on stderr; null: a file or a pipe, where no progress bar is drawn. */
  readonly errTerminal: NodeJS.WritableStream | null;
  /**
   * Calls the listener on each signal that requests a stop.
   *
   * @returns removes the listener.
   */
  onSignal(listener: (signal: string) => void): () => void;
  /**
   * Calls the listener on each exception that nothing has caught, and on each rejected promise that nothing handles. Without
   * a listener such an error ends the process.
   *
   * @returns removes the listener.
   */
  onFault(listener: (error: unknown) => void): () => void;
}

/** All exit codes. */
export const exitCodes = { done: 0, failed: 1, badUsage: 2 } as const;

/** A command cannot do what was asked, and this is not a bug: reported in one line, exit code 1. */
export class CommandError extends Error {
  override readonly name = 'CommandFailed';
}

/** The real process. */
export function processIo(env: Environment): CliIo {
  return {
    env,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isTerminal: process.stdout.isTTY === true,
    // Some terminals report a width of 0.
    columns: (process.stdout.isTTY && process.stdout.columns) || null,
    errTerminal: process.stderr.isTTY ? process.stderr : null,
    onSignal: (listener) => {
      // A closed terminal requests a stop. Without a terminal SIGHUP keeps its default: nohup ignores it.
      const signals: NodeJS.Signals[] = ['SIGTERM', 'SIGINT', ...(process.stdout.isTTY ? (['SIGHUP'] as const) : [])];
      for (const signal of signals) process.on(signal, listener);
      return () => {
        for (const signal of signals) process.off(signal, listener);
      };
    },
    onFault: (listener) => {
      // Node also reports unhandled rejections by this event.
      process.on('uncaughtException', listener);
      return () => void process.off('uncaughtException', listener);
    },
  };
}
