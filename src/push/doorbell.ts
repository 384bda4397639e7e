/**
 * Notifies every node that the event log has grown.
 *
 * A notification carries no data; a listener reads the log. It may be lost (every node also polls the log once a
 * second), duplicated or reordered, and its `head` is a hint. Call it after the commit, outside the transaction. It must
 * not block the caller or make it fail.
 */
export interface Doorbell {
  /** Events up to `head` can be read. Resolves when the notification is sent, not when it is received. */
  notify(head: number): Promise<void>;
  /** Calls `listener` on each notification. The returned function removes it. */
  listen(listener: (head: number) => void): () => void;
}

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
