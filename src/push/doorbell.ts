/**
 * Tells every node that there is news in the log.
 *
 * A ring carries no data: whoever hears it reads the log. So it may be lost (readers look by themselves each second),
 * doubled or overtaken by a later one, and its `head` is a hint, never a promise. It is rung after the commit, outside
 * the transaction, and must not block or fail the one who rings.
 */
export interface Doorbell {
  /** Events up to `head` can be read. Resolves when the ring is on its way, not when it was heard. */
  notify(head: number): Promise<void>;
  /** Calls `heard` at each ring, until the returned function is called. */
  listen(heard: (head: number) => void): () => void;
}
