import type { MessageChunk } from './message-chunks.ts';

/** A message to a worker process: the chunks of a task, then the task. */
export type WorkerMessage = MessageChunk | { readonly kind: 'task'; readonly task: unknown };

/** A message of a worker process to its parent. */
export type WorkerReply =
  /** Part of the result that follows. */
  | MessageChunk
  /** The task module is loaded; the first task may be sent. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly result: unknown }
  /** The task threw, or its module could not be loaded. */
  | { readonly kind: 'threw'; readonly message: string };

/** Configuration of a worker process, on its command line. */
export interface WorkerConfig {
  /** Href of the module whose default export is the task. */
  readonly module: string;
  /** CPU time limit of one task. */
  readonly cpuLimitMs: number;
  readonly parentPid: number;
}

/** The signal by which a worker process ends itself at the CPU limit. Windows supports few signals. */
export const cpuLimitSignal = process.platform === 'win32' ? 'SIGKILL' : 'SIGVTALRM';

/** Slots of the memory that a worker process shares with its watchdog. */
export const sharedSlots = { taskStartMs: 0, count: 1 };

/** The URL of a module in the folder of another one, both from source and built. */
export function siblingModule(url: string, name: string): URL {
  return new URL(`./${name}${url.endsWith('.ts') ? '.ts' : '.js'}`, url);
}
