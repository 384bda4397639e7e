import type { LiveContext } from './live-context.ts';

/** The unsent bytes of a socket or an HTTP response. */
export interface WritableBacklog {
  readonly writableLength: number;
  on(event: 'drain', listener: () => void): unknown;
  off(event: 'drain', listener: () => void): unknown;
}

/** Receives the result of a wait. */
export interface DrainListener {
  /** The bytes were sent. */
  drained(): void;
  /** The client did not read in time. */
  drainTimedOut(): void;
}

/**
 * Applies backpressure to one client: above the high-water mark nothing more is written, and the client has a limited
 * time to read. Meanwhile the server keeps only its positions in the log, not the events.
 */
export class DrainWatch {
  readonly #output: WritableBacklog;
  readonly #context: Pick<LiveContext, 'timers' | 'timing'>;
  readonly #listener: DrainListener;
  #stop: (() => void) | null = null;

  constructor(output: WritableBacklog, context: Pick<LiveContext, 'timers' | 'timing'>, listener: DrainListener) {
    this.#output = output;
    this.#context = context;
    this.#listener = listener;
  }

  /** Whether more may be written. After `false` the listener is called, unless the watch is stopped. */
  writable(): boolean {
    if (this.#isBelowMark()) return true;
    if (this.#stop === null) this.#wait();
    return false;
  }

  stop(): void {
    this.#stop?.();
  }

  #isBelowMark(): boolean {
    return this.#output.writableLength < this.#context.timing.highWaterBytes;
  }

  #wait(): void {
    const drained = () => {
      this.stop();
      this.#listener.drained();
    };
    // `drain` is emitted when all is sent. A client that is below the mark at the timeout reads slowly, but it reads.
    const cancel = this.#context.timers.after(this.#context.timing.drainTimeoutMs, () => {
      this.stop();
      if (this.#isBelowMark()) this.#listener.drained();
      else this.#listener.drainTimedOut();
    });
    this.#output.on('drain', drained);
    this.#stop = () => {
      this.#stop = null;
      cancel();
      this.#output.off('drain', drained);
    };
  }
}
