// A thread of a worker process that watches over the main one, which cannot do so itself while a task holds it.
import { workerData } from 'node:worker_threads';
import { cpuLimitSignal, sharedSlots } from './worker-protocol.ts';

/** Between two looks while a task runs, and while none does: then only the parent's end is looked for. */
const intervalMs = 50;
const idleIntervalMs = 1000;

interface Watch {
  readonly shared: Int32Array;
  readonly cpuLimitMs: number;
  readonly parentPid: number;
}

const { shared, cpuLimitMs, parentPid } = workerData as Watch;

function look(): void {
  // A parent that was killed cannot say so, and a task that runs away would never hear of it.
  if (process.ppid !== parentPid) process.kill(process.pid, 'SIGKILL');
  const startMs = Atomics.load(shared, sharedSlots.taskStartMs);
  if (startMs === 0) return;
  const { user, system } = process.cpuUsage();
  if ((user + system) / 1000 - startMs > cpuLimitMs) process.kill(process.pid, cpuLimitSignal);
}

// A timer would wake this thread twenty times a second, also in a process that has nothing to do. The beginning of a task
// wakes it.
for (;;) {
  const startMs = Atomics.load(shared, sharedSlots.taskStartMs);
  Atomics.wait(shared, sharedSlots.taskStartMs, startMs, startMs === 0 ? idleIntervalMs : intervalMs);
  look();
}
