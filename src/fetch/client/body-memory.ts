/** The memory reservation of one fetch, for a large body. */
export interface MemoryReservation {
  /** Resolves when the reservation is held; immediately if it already is. */
  acquire(): Promise<void>;
  /** Releases the reservation, or stops waiting for it. */
  release(): void;
}

/** Limits how many large bodies are in memory at once. */
export interface BodyMemory {
  reserve(): MemoryReservation;
}

/**
 * A semaphore in FIFO order. A reservation covers the largest possible body: fetches that each held a part of what they
 * need would wait for each other until their deadlines.
 */
export function createBodyMemory(slots: number): BodyMemory {
  let free = Math.max(1, slots);
  const waiting = new Set<() => void>();

  const passOn = (): void => {
    const [next] = waiting;
    if (next === undefined) {
      free += 1;
      return;
    }
    waiting.delete(next);
    next();
  };

  const reserve = (): MemoryReservation => {
    let held: Promise<void> | null = null;
    let grant: (() => void) | null = null;
    const acquire = (): Promise<void> => {
      held ??= new Promise((resolve) => {
        grant = resolve;
        if (free === 0) {
          waiting.add(resolve);
          return;
        }
        free -= 1;
        resolve();
      });
      return held;
    };
    const release = (): void => {
      if (grant === null) return;
      const wasWaiting = waiting.delete(grant);
      grant = null;
      if (!wasWaiting) passOn();
    };
    return { acquire, release };
  };

  return { reserve };
}
