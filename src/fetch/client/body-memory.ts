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
export function createBodyMemory(places: number): BodyMemory {
  let free = Math.max(1, places);
  const waiting = new Set<() => void>();

  const handOn = (): void => {
    const [next] = waiting;
    if (next === undefined) {
      free += 1;
      return;
    }
    waiting.delete(next);
    next();
  };

  const share = (): MemoryReservation => {
    let held: Promise<void> | null = null;
    let enter: (() => void) | null = null;
    const claim = (): Promise<void> => {
      held ??= new Promise((resolve) => {
        enter = resolve;
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
      if (enter === null) return;
      const wasWaiting = waiting.delete(enter);
      enter = null;
      if (!wasWaiting) handOn();
    };
    return { acquire: claim, release };
  };

  return { reserve: share };
}
