import type { LiveContext } from './live-context.ts';

/** A stream of bytes to a reader, as far as its backlog goes: a socket or an HTTP response. */
export interface WritableBacklog {
  readonly writableLength: number;
  on(event: 'drain', listener: () => void): unknown;
  off(event: 'drain', listener: () => void): unknown;
}

/** Whom a watch reports to. */
export interface DrainListener {
  /** The backlog is gone. */
  drained(): void;
  /** The reader has had its time. */
  tooSlow(): void;
}

/**
 * Watches over how much is unsent to one reader. Nothing is held for one who does not read but its places; it has a
 * while to catch its breath.
 */
export class DrainWatch {
  readonly #outlet: WritableBacklog;
  readonly #parts: Pick<LiveContext, 'wheel' | 'timing'>;
  readonly #owner: DrainListener;
  #stop: (() => void) | null = null;

  constructor(outlet: WritableBacklog, parts: Pick<LiveContext, 'wheel' | 'timing'>, owner: DrainListener) {
    this.#outlet = outlet;
    this.#parts = parts;
    this.#owner = owner;
  }

  /** Whether more may be written. Once it said no, the owner hears of it, unless the watch is stopped. */
  writable(): boolean {
    if (this.#isBelowMark()) return true;
    if (this.#stop === null) this.#wait();
    return false;
  }

  stop(): void {
    this.#stop?.();
  }

  #isBelowMark(): boolean {
    return this.#outlet.writableLength < this.#parts.timing.highWaterBytes;
  }

  #wait(): void {
    const drained = () => {
      this.stop();
      this.#owner.drained();
    };
    // `drain` comes when all is sent. A reader who is below the mark by then has read, slowly as it may be.
    const cancel = this.#parts.wheel.after(this.#parts.timing.drainTimeoutMs, () => {
      this.stop();
      if (this.#isBelowMark()) this.#owner.drained();
      else this.#owner.tooSlow();
    });
    this.#outlet.on('drain', drained);
    this.#stop = () => {
      this.#stop = null;
      cancel();
      this.#outlet.off('drain', drained);
    };
  }
}
