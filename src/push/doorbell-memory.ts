import type { Doorbell } from './doorbell.ts';

/** A doorbell within one process: heard at once, never lost. */
export function createMemoryDoorbell(): Doorbell {
  const listeners = new Set<(head: number) => void>();
  return {
    async notify(head) {
      for (const heard of [...listeners]) heard(head);
    },
    listen(heard) {
      listeners.add(heard);
      return () => {
        listeners.delete(heard);
      };
    },
  };
}
