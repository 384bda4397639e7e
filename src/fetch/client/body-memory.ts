import { type Release, Semaphore } from '../../runtime/semaphore.ts';

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
 * Creates a memory limit of `slots` reservations, granted in FIFO order. A reservation covers the largest possible body:
 * fetches that each held a part of what they need would wait for each other until their deadlines.
 */
export function createBodyMemory(slots: number): BodyMemory {
  const semaphore = new Semaphore(slots);
  return {
    reserve() {
      const released = new AbortController();
      let held: Promise<void> | null = null;
      let permit: Release | null = null;
      const hold = async (): Promise<void> => {
        permit = await semaphore.acquire({ signal: released.signal });
        if (!released.signal.aborted) return;
        permit?.();
        // Released while it waited: the caller must not go on without memory.
        await new Promise<never>(() => {});
      };
      return {
        acquire: () => (held ??= hold()),
        release() {
          released.abort();
          permit?.();
        },
      };
    },
  };
}
