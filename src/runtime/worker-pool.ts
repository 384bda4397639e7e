import { type TaskLimits, type TaskOutcome, WorkerChild } from './worker-child.ts';

export interface WorkerPoolOptions extends TaskLimits {
  /** Href of a module whose default export is the task. */
  readonly module: string;
  /** Processes at most; they start when they are needed. */
  readonly workers: number;
  /** How long a task waits for one of those that run, before another one is started for it. */
  readonly patienceMs?: number;
}

/** Beyond what a burst of usual documents takes, which gains little by another process. */
const usualPatienceMs = 5000;

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
  const free = new FreeList(children, options.patienceMs ?? usualPatienceMs);
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

interface Waiting {
  readonly take: (child: WorkerChild) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Lends processes out, first come first served. A process costs some 80 MB and a third of a second: one that is not up
 * is lent only when none is, or to whom the others keep waiting.
 */
class FreeList {
  readonly #all: number;
  readonly #free: WorkerChild[];
  readonly #patienceMs: number;
  readonly #waiting = new Set<Waiting>();

  constructor(children: readonly WorkerChild[], patienceMs: number) {
    this.#all = children.length;
    this.#free = [...children];
    this.#patienceMs = patienceMs;
  }

  async take(): Promise<WorkerChild> {
    const index = this.#free.findLastIndex((child) => child.isReady);
    const mayStart = this.#free.length === this.#all;
    const child = index >= 0 ? this.#free.splice(index, 1)[0] : mayStart ? this.#free.pop() : undefined;
    return child ?? this.#wait();
  }

  #wait(): Promise<WorkerChild> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        const child = this.#free.pop();
        if (child === undefined) return;
        this.#waiting.delete(waiting);
        resolve(child);
      }, this.#patienceMs).unref();
      const waiting: Waiting = { take: resolve, timer };
      this.#waiting.add(waiting);
    });
  }

  give(child: WorkerChild): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free.push(child);
      return;
    }
    clearTimeout(next.timer);
    this.#waiting.delete(next);
    next.take(child);
  }
}
