import { setTimeout as pause } from 'node:timers/promises';

/** The tasks of a worker process in tests. */
export type PoolTask =
  | { readonly do: 'echo'; readonly value: unknown }
  | { readonly do: 'take'; readonly bytes: Uint8Array; readonly list: readonly unknown[] }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'throw'; readonly message: string }
  | { readonly do: 'identify' | 'run-away' | 'eat-memory' | 'eat-memory-at-once' };

async function work(task: PoolTask): Promise<unknown> {
  switch (task.do) {
    case 'echo':
      return task.value;
    case 'take':
      return { bytes: task.bytes.length, sum: task.bytes.reduce((sum, byte) => sum + byte, 0), list: task.list };
    case 'wait':
      return pause(task.ms, 'waited');
    case 'throw':
      throw new Error(task.message);
    case 'identify':
      // Some platforms set variables of their own.
      return { pid: process.pid, environment: Object.keys(process.env).filter((name) => !name.startsWith('__')) };
    case 'run-away':
      for (;;);
    case 'eat-memory':
      for (const held: object[] = []; ; ) held.push({ held: [held.length] });
    case 'eat-memory-at-once':
      // One allocation that is far too large: in a thread it would end the whole process.
      return '<'.repeat(30_000_000).split('');
  }
}

// The pool runs the default export of a module.
export default work;
