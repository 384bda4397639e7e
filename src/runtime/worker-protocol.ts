import type { MessageChunk } from './message-chunks.ts';

/** What a parent tells a worker process: a task, its long members before it. */
export type WorkerMessage = MessageChunk | { readonly kind: 'task'; readonly task: unknown };

/** What a worker process tells its parent. */
export type WorkerReply =
  /** A long member of the result that comes behind it. */
  | MessageChunk
  /** The module of the tasks is loaded: the first task may come. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly result: unknown }
  /** The task, or the loading of its module, threw. */
  | { readonly kind: 'threw'; readonly message: string };

/** What the parent tells a worker process on its command line. */
export interface WorkerConfig {
  /** Href of the module whose default export is the task. */
  readonly module: string;
  /** Processor time that one task may use. */
  readonly cpuLimitMs: number;
  readonly parentPid: number;
}

/** How a worker process ends itself when a task has used up its processor time. Windows knows few signals. */
export const cpuLimitSignal = process.platform === 'win32' ? 'SIGKILL' : 'SIGVTALRM';

/** Slots of the memory that a worker process shares with its watch. */
export const sharedSlots = { taskStartMs: 0, count: 1 };

/** The module beside another one, whether run from source or built. */
export function siblingModule(url: string, name: string): URL {
  return new URL(`./${name}${url.endsWith('.ts') ? '.ts' : '.js'}`, url);
}
