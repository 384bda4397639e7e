import { type TaskLimits, type TaskOutcome, WorkerChild } from './worker-child.ts';

export interface WorkerPoolOptions extends TaskLimits {
  /** Href of a module whose default export is the task. */
  readonly module: string;
  /** Processes at most; they start when they are needed. */
  readonly workers: number;
}

/** Runs tasks in processes of their own, so that no task can block or bring down ours. */
export interface WorkerPool<Task, Result> {
  /** Never rejects. A task waits its turn without its time running. Task and result are cloned (structured clone). */
  run(task: Task): Promise<TaskOutcome<Result>>;
  /** Ends the processes; tasks under way and waiting come back as `crashed`. */
  close(): Promise<void>;
}

/**
 * A pool of worker processes. Processes and not threads, since the heap limit of a thread is no wall: where one call
 * of the language itself (a split, a JSON.parse) asks for more than a little beyond it, V8 aborts the whole process.
 * A process that is killed costs the one task that it ran.
 */
export function createWorkerPool<Task, Result>(options: WorkerPoolOptions): WorkerPool<Task, Result> {
  const children = Array.from({ length: options.workers }, () => new WorkerChild(options.module, options));
  const free = new FreeList(children);
  return {
    async run(task) {
      const child = await free.take();
      try {
        return (await child.run(task)) as TaskOutcome<Result>;
      } finally {
        free.give(child);
      }
    },
    async close() {
      await Promise.all(children.map((child) => child.close()));
    },
  };
}

/** Lends things out, first come first served; the one used last is lent first, so that others may stay unused. */
class FreeList<Thing> {
  readonly #free: Thing[];
  readonly #waiting: ((thing: Thing) => void)[] = [];

  constructor(things: readonly Thing[]) {
    this.#free = [...things];
  }

  async take(): Promise<Thing> {
    const thing = this.#free.pop();
    return thing ?? new Promise<Thing>((resolve) => this.#waiting.push(resolve));
  }

  give(thing: Thing): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(thing);
    else next(thing);
  }
}
