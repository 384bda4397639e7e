import type { Log } from './log.ts';

/** Things to be stopped, last started first. */
export interface Shutdown {
  /** Registers how a part that has just started is stopped. */
  onStop(name: string, stop: () => Promise<void> | void): void;
  /**
   * Stops everything, once: further calls wait for the first. A part that fails to stop is logged and does not keep
   * the others running.
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
        log.error({ err: error, part: part.name }, 'a part did not stop as it should');
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
