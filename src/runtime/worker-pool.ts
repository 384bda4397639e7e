import { Piscina } from 'piscina';

/** What a task on another thread came to. */
export type TaskOutcome<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  /** It ran longer than it may; its thread was ended. */
  | { readonly kind: 'too-slow' }
  /** Its heap grew beyond what it may; its thread is gone. */
  | { readonly kind: 'too-big' }
  /** It threw, or no thread came up to run it. */
  | { readonly kind: 'crashed'; readonly error: Error };

export interface WorkerPoolOptions {
  /** Href of a module whose default export is the task. */
  readonly module: string;
  readonly threads: number;
  /** For one task, counted from when a thread is there to run it. */
  readonly taskTimeoutMs: number;
  /** Heap of one thread. Buffers are not counted: bound what goes in. */
  readonly maxHeapMb: number;
}

/** Runs tasks on threads of their own, so that no task can block or bring down the process. */
export interface WorkerPool<Task, Result> {
  /** Never rejects. A task waits its turn without its time running. */
  run(task: Task): Promise<TaskOutcome<Result>>;
  /** Ends the threads; tasks under way come back as `crashed`. */
  close(): Promise<void>;
}

const startTimeoutMs = 30_000;
const idleTimeoutMs = 60_000;

/** A pool of at most `threads` threads, started when they are needed. A thread that is killed costs one task only. */
export function createWorkerPool<Task, Result>(options: WorkerPoolOptions): WorkerPool<Task, Result> {
  const pool = new Piscina<Task, Result>({
    filename: options.module,
    // None at the start: piscina hands tasks to its first threads before they have loaded the module, and the time
    // of a task would run meanwhile.
    minThreads: 0,
    maxThreads: options.threads,
    idleTimeout: idleTimeoutMs,
    resourceLimits: { maxOldGenerationSizeMb: options.maxHeapMb },
  });
  const slots = new Slots(options.threads);
  return {
    async run(task) {
      // As many tasks as threads go in: piscina's own queue would let the time of a waiting task run out.
      await slots.take();
      try {
        return await runTimed(pool, task, options.taskTimeoutMs);
      } finally {
        slots.give();
      }
    },
    close: () => pool.destroy(),
  };
}

async function runTimed<Task, Result>(
  pool: Piscina<Task, Result>,
  task: Task,
  timeoutMs: number,
): Promise<TaskOutcome<Result>> {
  const limit = new TimeLimit(pool, timeoutMs);
  try {
    return { kind: 'done', result: await pool.run(task, { signal: limit.signal }) };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    if (limit.expired) return { kind: 'too-slow' };
    if ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') return { kind: 'too-big' };
    return { kind: 'crashed', error };
  } finally {
    limit.stop();
  }
}

/** Aborts a task that has run too long; while a thread is still starting for it, the time does not count. */
class TimeLimit {
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout;
  expired = false;

  constructor(pool: Piscina, timeoutMs: number) {
    let waitedMs = 0;
    const onTime = (): void => {
      waitedMs += timeoutMs;
      if (pool.queueSize > 0 && waitedMs < startTimeoutMs) {
        this.#timer = setTimeout(onTime, timeoutMs);
        return;
      }
      this.expired = true;
      this.#controller.abort();
    };
    this.#timer = setTimeout(onTime, timeoutMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** A semaphore, first come first served. */
class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async take(): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
