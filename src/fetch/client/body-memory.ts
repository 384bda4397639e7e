/** One fetch's claim on memory for a large body. */
export interface MemoryReservation {
  /** Resolves once the share is held; at once when it already is. */
  claim(): Promise<void>;
  /** Gives it back, or stops waiting for it. */
  release(): void;
}

/** Bounds how many large bodies are in memory at once. */
export interface BodyMemory {
  share(): MemoryReservation;
}

/**
 * A share is claimed whole, never in parts: fetches that each held half of what they need would wait for each other
 * until their deadlines. First come, first served.
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
    return { claim, release };
  };

  return { share };
}
