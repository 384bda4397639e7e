// A process whose worker runs away, for the test that kills it.
import { createWorkerPool } from '../../src/runtime/worker-pool.ts';
import type { PoolTask } from './pool-task.ts';

const module = new URL('./pool-task.ts', import.meta.url).href;
const limits = { workers: 1, cpuLimitMs: 600_000, wallLimitMs: 600_000, maxHeapMb: 64 };
const pool = createWorkerPool<PoolTask, { readonly pid: number }>({ module, ...limits });
const identified = await pool.run({ do: 'identify' });
void pool.run({ do: 'run-away' });
if (identified.kind === 'done') process.send?.(identified.result.pid);
