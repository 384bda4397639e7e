/** Gives an acquired permit back. Further calls have no effect. */
export type Release = () => void;

/** How long a caller waits for a permit; with neither, for as long as it takes. */
export interface AcquireLimits {
  readonly timeoutMs?: number;
  /** Aborted when the caller leaves the queue. No effect once it holds the permit. */
  readonly signal?: AbortSignal;
}

/**
 * Bounds how many pieces of work run at once. First come, first served: a released permit goes straight to the caller
 * that has waited longest, so that no later caller can take it in between.
 */
export class Semaphore {
  readonly #waiting = new Set<(granted: boolean) => void>();
  #free: number;

  /** @param permits pieces of work that may run at once, at least 1. */
  constructor(permits: number) {
    this.#free = Math.max(1, permits);
  }

  get available(): number {
    return this.#free;
  }

  /** Callers that wait for a permit. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Runs work once a permit is free, in the same step if one is free already. Rejects with the error of the work. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const release = this.#tryAcquire() ?? (await this.acquire());
    try {
      return await work();
    } finally {
      release?.();
    }
  }

  /** @returns null if the time limit passed or the signal was aborted before a permit was free. */
  async acquire({ timeoutMs, signal }: AcquireLimits = {}): Promise<Release | null> {
    const free = this.#tryAcquire();
    if (free !== null) return free;
    if (signal?.aborted === true) return null;
    const granted = await new Promise<boolean>((resolve) => {
      const timer = timeoutMs === undefined ? undefined : setTimeout(() => settle(false), timeoutMs).unref();
      const leave = (): void => settle(false);
      const settle = (isGranted: boolean): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', leave);
        this.#waiting.delete(settle);
        resolve(isGranted);
      };
      signal?.addEventListener('abort', leave);
      this.#waiting.add(settle);
    });
    return granted ? this.#releaseOnce() : null;
  }

  #tryAcquire(): Release | null {
    if (this.#free === 0) return null;
    this.#free -= 1;
    return this.#releaseOnce();
  }

  #releaseOnce(): Release {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const [next] = this.#waiting;
      if (next === undefined) this.#free += 1;
      else next(true);
    };
  }
}
