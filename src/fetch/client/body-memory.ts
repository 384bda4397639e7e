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

/**
 * Collects a body of unknown length in one growing buffer. With a list of chunks the origin would determine the number
 * of objects: ten megabytes in chunks of one byte are ten million objects.
 */
export class ByteCollector {
  #block: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#block.length) {
      // Not zero-filled, and never a slice of Buffer's pool.
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#block.length * 2, 4096));
      grown.set(this.#block.subarray(0, this.#length));
      this.#block = grown;
    }
    this.#block.set(chunk, this.#length);
    this.#length = needed;
  }

  /** Returns the collected bytes in an ArrayBuffer of exactly their size, which can be transferred to a worker, and resets. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const whole = concatBytes([this.#block.subarray(0, this.#length)], this.#length);
    this.#block = new Uint8Array(0);
    this.#length = 0;
    return whole;
  }
}

/** Concatenates chunks of `total` bytes into an ArrayBuffer of that size. */
export function concatBytes(chunks: readonly Uint8Array[], total: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
