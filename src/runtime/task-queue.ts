import type { Log } from './log.ts';
import { Semaphore } from './semaphore.ts';

/** @param signal aborted when the queue is stopped. */
type Task = (signal: AbortSignal) => Promise<unknown>;

/** Tasks that run one at a time, in the order in which they were added. */
export interface TaskQueue {
  /** Runs a task after all earlier ones. An error is logged with a message, and the later tasks run nevertheless. */
  add(task: Task, failureMessage: string): void;
  /** Aborts the signal, starts no further task, and resolves when the running one has ended. Its error is not logged. */
  stop(): Promise<void>;
}

/** Creates an empty queue. */
export function createTaskQueue(log: Pick<Log, 'error'>): TaskQueue {
  const permit = new Semaphore(1);
  const stopping = new AbortController();
  const { signal } = stopping;

  async function perform(task: Task, failureMessage: string): Promise<void> {
    if (signal.aborted) return;
    try {
      await task(signal);
    } catch (error) {
      if (!signal.aborted) log.error({ err: error }, failureMessage);
    }
  }

  return {
    add: (task, failureMessage) => void permit.run(() => perform(task, failureMessage)),
    stop() {
      stopping.abort();
      return permit.run(async () => {});
    },
  };
}
