// The main module of a worker process (see worker-pool.ts): loads the task module and runs tasks one at a time.
import { Worker } from 'node:worker_threads';
import { joinMessage, type MessageChunk, splitMessage } from './message-chunks.ts';
import {
  sharedSlots,
  siblingModule,
  type WorkerConfig,
  type WorkerMessage,
  type WorkerReply,
} from './worker-protocol.ts';

type Work = (task: unknown) => unknown;

function answer(message: WorkerReply): void {
  process.send?.(message);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** CPU time of this process, never 0: 0 means to the watchdog that no task runs. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return Math.max(1, Math.round((user + system) / 1000));
}

function startWatchdog(config: WorkerConfig): Int32Array {
  const shared = new Int32Array(new SharedArrayBuffer(4 * sharedSlots.count));
  const watchdog = new Worker(siblingModule(import.meta.url, 'worker-watchdog'), {
    workerData: { shared, cpuLimitMs: config.cpuLimitMs, parentPid: config.parentPid },
  });
  watchdog.unref();
  return shared;
}

async function load(module: string): Promise<Work> {
  const { default: work } = (await import(module)) as { default?: unknown };
  if (typeof work !== 'function') throw new Error(`${module} has no default export to run`);
  return work as Work;
}

async function runTask(work: Work, task: unknown, shared: Int32Array): Promise<void> {
  Atomics.store(shared, sharedSlots.taskStartMs, cpuMs());
  Atomics.notify(shared, sharedSlots.taskStartMs);
  try {
    const { rest, chunks } = splitMessage(await work(task));
    for (const chunk of chunks) answer(chunk);
    answer({ kind: 'done', result: rest });
  } catch (error) {
    answer({ kind: 'threw', message: messageOf(error) });
  } finally {
    Atomics.store(shared, sharedSlots.taskStartMs, 0);
  }
}

async function main(): Promise<void> {
  const config = JSON.parse(process.argv[2] ?? '{}') as WorkerConfig;
  process.on('disconnect', () => process.exit(0));
  // A terminal or service manager signals the whole group; the parent decides when its workers stop.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
  const shared = startWatchdog(config);
  const work = await load(config.module);
  const chunks: MessageChunk[] = [];
  process.on('message', (message: WorkerMessage) => {
    if (message.kind === 'chunk') chunks.push(message);
    else void runTask(work, joinMessage(message.task, chunks.splice(0)), shared);
  });
  answer({ kind: 'ready' });
}

main().catch((error: unknown) => {
  answer({ kind: 'threw', message: messageOf(error) });
  process.exitCode = 1;
  process.disconnect();
});
