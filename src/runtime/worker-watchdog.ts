// A thread of a worker process that enforces the CPU limit, since the main thread is blocked while a task runs.
import { workerData } from 'node:worker_threads';
import { cpuLimitSignal, sharedSlots } from './worker-protocol.ts';

/** Check interval while a task runs, and while none does: then only the parent is checked. */
const intervalMs = 50;
const idleIntervalMs = 1000;

interface WatchdogData {
  readonly shared: Int32Array;
  readonly cpuLimitMs: number;
  readonly parentPid: number;
}

const { shared, cpuLimitMs, parentPid } = workerData as WatchdogData;

function check(): void {
  // A killed parent sends nothing, and a task that never returns would not notice its end.
  if (process.ppid !== parentPid) process.kill(process.pid, 'SIGKILL');
  const startMs = Atomics.load(shared, sharedSlots.taskStartMs);
  if (startMs === 0) return;
  const { user, system } = process.cpuUsage();
  if ((user + system) / 1000 - startMs > cpuLimitMs) process.kill(process.pid, cpuLimitSignal);
}

// No timer: it would wake this thread twenty times a second in an idle process. The start of a task wakes it instead.
for (;;) {
  const startMs = Atomics.load(shared, sharedSlots.taskStartMs);
  Atomics.wait(shared, sharedSlots.taskStartMs, startMs, startMs === 0 ? idleIntervalMs : intervalMs);
  check();
}
