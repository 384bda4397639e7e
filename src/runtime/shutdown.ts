import type { Log } from './log.ts';

/** Parts of the server that are stopped, the last started first. */
export interface Shutdown {
  /** Registers how a started part is stopped. */
  onStop(name: string, stop: () => Promise<void> | void): void;
  /**
   * Stops every part once; further calls wait for the first. An error of a part is logged, and the other parts are
   * stopped all the same.
   */
  stop(): Promise<void>;
}

/** An empty shutdown order. */
export function createShutdown(log: Log): Shutdown {
  const parts: { readonly name: string; readonly stop: () => Promise<void> | void }[] = [];
  let stopping: Promise<void> | null = null;

  async function stopAll(): Promise<void> {
    for (const part of parts.splice(0).reverse()) {
      try {
        await part.stop();
      } catch (error) {
        log.error({ err: error, part: part.name }, 'a part of the server failed to stop');
      }
    }
  }

  return {
    onStop(name, stop) {
      parts.push({ name, stop });
    },
    stop() {
      stopping ??= stopAll();
      return stopping;
    },
  };
}
