import { type TaskLimits, type TaskOutcome, WorkerChild } from './worker-child.ts';

export interface WorkerPoolOptions extends TaskLimits {
  /** Href of a module whose default export is the task. */
  readonly module: string;
  /** Maximum number of processes; they start on demand. */
  readonly workers: number;
  /** How long a task waits for one of those that run, before another one is started for it. */
  readonly patienceMs?: number;
}

/** Longer than a burst of usual documents takes, which gains little from another process. */
const usualPatienceMs = 5000;

/** Runs tasks in worker processes, so that no task can block or crash this one. */
export interface WorkerPool<Task, Result> {
  /** Never rejects. The time limits do not include the wait in the queue. Task and result are structured clones. */
  run(task: Task): Promise<TaskOutcome<Result>>;
  /** Kills the processes; running and queued tasks end as `crashed`. */
  close(): Promise<void>;
}

/**
 * A pool of worker processes. Not threads: their heap limit is not strict. If a single builtin (a split, a JSON.parse)
 * allocates far beyond it, V8 aborts the whole process. Killing a process costs only the task that it ran.
 */
export function createWorkerPool<Task, Result>(options: WorkerPoolOptions): WorkerPool<Task, Result> {
  const children = Array.from({ length: options.workers }, () => new WorkerChild(options.module, options));
  const free = new IdleWorkers(children, options.patienceMs ?? usualPatienceMs);
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
 * Assigns processes to tasks, first come, first served. A process costs some 80 MB and a third of a second: another one is
 * started only if none runs, or for a task that has waited too long.
 */
class IdleWorkers {
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
