import type { Doorbell } from './doorbell.ts';

/** A doorbell within one process: synchronous, never lost. */
export function createMemoryDoorbell(): Doorbell {
  const listeners = new Set<(head: number) => void>();
  return {
    async notify(head) {
      for (const listener of [...listeners]) listener(head);
    },
    listen(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
