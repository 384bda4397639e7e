import type { LiveParts } from './live-parts.ts';

/** A stream of bytes to a reader, as far as its backlog goes: a socket or an HTTP response. */
export interface Outlet {
  readonly writableLength: number;
  on(event: 'drain', listener: () => void): unknown;
  off(event: 'drain', listener: () => void): unknown;
}

/** Watches over how much is unsent to one reader. */
export interface DrainWatch {
  /** Whether more may be written. Once it said no, one of the callbacks will follow, unless the watch is stopped. */
  writable(): boolean;
  stop(): void;
}

/**
 * Nothing is held for a reader who does not read but its places; it has a while to catch its breath.
 *
 * @param on.drained the backlog is gone.
 * @param on.tooSlow the while is over.
 */
export function watchDrain(
  outlet: Outlet,
  { wheel, timing }: Pick<LiveParts, 'wheel' | 'timing'>,
  on: { readonly drained: () => void; readonly tooSlow: () => void },
): DrainWatch {
  let stop: (() => void) | null = null;

  function wait(): void {
    const settle = (then: () => void) => () => {
      stop?.();
      then();
    };
    const drained = settle(on.drained);
    const tooSlow = settle(on.tooSlow);
    // `drain` comes when all is sent. A reader who is below the mark by then has read, slowly as it may be.
    const judge = () => (outlet.writableLength < timing.highWaterBytes ? drained() : tooSlow());
    const cancel = wheel.after(timing.drainTimeoutMs, judge);
    outlet.on('drain', drained);
    stop = () => {
      stop = null;
      cancel();
      outlet.off('drain', drained);
    };
  }

  return {
    writable() {
      if (outlet.writableLength < timing.highWaterBytes) return true;
      if (stop === null) wait();
      return false;
    },
    stop: () => stop?.(),
  };
}
