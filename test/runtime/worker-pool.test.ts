import { fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { createWorkerPool, type WorkerPool, type WorkerPoolOptions } from '../../src/runtime/worker-pool.ts';
import type { PoolTask } from './pool-task.ts';

const module = new URL('./pool-task.ts', import.meta.url).href;
const open: WorkerPool<PoolTask, unknown>[] = [];

function createPool(options: Partial<WorkerPoolOptions> = {}): WorkerPool<PoolTask, unknown> {
  const limits = { workers: 1, cpuLimitMs: 20_000, wallLimitMs: 50_000, maxHeapMb: 64 };
  const pool = createWorkerPool<PoolTask, unknown>({ module, ...limits, ...options });
  open.push(pool);
  return pool;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((pool) => pool.close()));
});

// Real processes: on a busy machine one takes seconds to start.
describe('createWorkerPool', { timeout: 60_000 }, () => {
  it('runs tasks and returns their results', async () => {
    const pool = createPool({ workers: 2 });
    const values = [1, 'two', { three: [3] }, null, new Uint8Array([1, 2])];
    const outcomes = await Promise.all(values.map((value) => pool.run({ do: 'echo', value })));
    expect(outcomes).toMatchObject(values.map((result) => ({ kind: 'done', result })));
  });

  it('sends long members of tasks and results in chunks, none to the wrong task', async () => {
    const pool = createPool();
    const sizes = [3_000_000, 10, 1_000_000];
    const values = sizes.map((size) => ({
      bytes: Buffer.alloc(size, size % 7),
      list: Array.from({ length: size / 10 ** 4 }, (_, index) => ({ index })),
    }));
    const outcomes = await Promise.all(values.map((value) => pool.run({ do: 'take', ...value })));
    expect(outcomes).toEqual(
      values.map(({ bytes, list }) => ({
        kind: 'done',
        result: { bytes: bytes.length, sum: bytes.length * (bytes.length % 7), list },
      })),
    );
  });

  it('survives a process that is killed while it receives its task', async () => {
    const pool = createPool();
    const { pid } = await identity(pool);
    const running = pool.run({ do: 'take', bytes: Buffer.alloc(50_000_000), list: [] });
    setImmediate(() => process.kill(pid, 'SIGKILL'));
    expect((await running).kind).toBe('crashed');
    expect(await pool.run({ do: 'take', bytes: Buffer.from('ab'), list: [] })).toEqual({
      kind: 'done',
      result: { bytes: 2, sum: 195, list: [] },
    });
  });

  it('reports a task that cannot be sent', async () => {
    const pool = createPool();
    const outcome = await pool.run({ do: 'echo', value: () => undefined });
    expect(outcome.kind === 'crashed' && outcome.detail).toMatch(/could not be cloned/);
    expect(await pool.run({ do: 'echo', value: 1 })).toEqual({ kind: 'done', result: 1 });
  });

  it('ends a task that exceeds its CPU limit, and only that one', async () => {
    const pool = createPool({ cpuLimitMs: 300 });
    const outcomes = await Promise.all([
      pool.run({ do: 'echo', value: 'before' }),
      pool.run({ do: 'run-away' }),
      pool.run({ do: 'echo', value: 'behind' }),
    ]);
    expect(outcomes).toEqual([
      { kind: 'done', result: 'before' },
      { kind: 'too-slow' },
      { kind: 'done', result: 'behind' },
    ]);
  });

  it('ends a task that exceeds its wall-clock limit', async () => {
    const pool = createPool({ wallLimitMs: 300 });
    expect(await pool.run({ do: 'wait', ms: 60_000 })).toEqual({ kind: 'too-slow' });
    expect(await pool.run({ do: 'echo', value: 'behind' })).toEqual({ kind: 'done', result: 'behind' });
  });

  it.each(['eat-memory', 'eat-memory-at-once'] as const)('survives a task that exhausts memory (%s)', async (greed) => {
    const pool = createPool();
    const [greedy, behind] = await Promise.all([pool.run({ do: greed }), pool.run({ do: 'echo', value: 'behind' })]);
    expect(greedy).toEqual({ kind: 'too-big' });
    expect(behind).toEqual({ kind: 'done', result: 'behind' });
  });

  it('does not count the time that a task waits in the queue', async () => {
    const pool = createPool({ wallLimitMs: 2_000 });
    const outcomes = await Promise.all(Array.from({ length: 4 }, () => pool.run({ do: 'wait', ms: 700 })));
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['done', 'done', 'done', 'done']);
  });

  it('returns a thrown error as a value', async () => {
    expect(await createPool().run({ do: 'throw', message: 'no luck' })).toEqual({ kind: 'crashed', detail: 'no luck' });
  });

  it('reports a module that cannot be loaded, and tries again for the next task', async () => {
    const pool = createPool({ module: new URL('./missing.ts', import.meta.url).href });
    for (let round = 0; round < 2; round++) {
      const outcome = await pool.run({ do: 'echo', value: 1 });
      expect(outcome.kind === 'crashed' && outcome.detail).toContain('missing.ts');
    }
  });

  it('replaces a process that was killed', async () => {
    const pool = createPool();
    const { pid } = await identity(pool);
    const running = pool.run({ do: 'wait', ms: 60_000 });
    process.kill(pid, 'SIGKILL');
    expect((await running).kind).toBe('crashed');
    expect((await identity(pool)).pid).not.toBe(pid);
  });

  it('uses one process while it is sufficient', async () => {
    const pool = createPool({ workers: 3 });
    const pids = [await identity(pool), await identity(pool), await identity(pool)].map(({ pid }) => pid);
    expect(new Set(pids).size).toBe(1);
  });

  it('queues tasks for the running process instead of starting one for each', async () => {
    const pool = createPool({ workers: 3, patienceMs: 60_000 });
    const identities = await Promise.all(Array.from({ length: 6 }, () => identity(pool)));
    expect(new Set(identities.map(({ pid }) => pid)).size).toBe(1);
  });

  it('starts another process for a task that has waited too long', async () => {
    const pool = createPool({ workers: 2, patienceMs: 50 });
    const { pid } = await identity(pool);
    const held = pool.run({ do: 'wait', ms: 60_000 });
    expect((await identity(pool)).pid).not.toBe(pid);
    // No third process is started: the task waits until the second is free.
    const turns = await Promise.all([pool.run({ do: 'wait', ms: 200 }), identity(pool)]);
    expect(turns[0]).toEqual({ kind: 'done', result: 'waited' });
    process.kill(pid, 'SIGKILL');
    expect((await held).kind).toBe('crashed');
  });

  it('passes no environment to its processes', async () => {
    expect((await identity(createPool())).environment).toEqual([]);
  });

  it('ends running and queued tasks when it is closed', async () => {
    const pool = createPool();
    const { pid } = await identity(pool);
    const running = [pool.run({ do: 'run-away' }), pool.run({ do: 'echo', value: 'behind' })];
    await pool.close();
    expect((await Promise.all(running)).map((outcome) => outcome.kind)).toEqual(['crashed', 'crashed']);
    expect(isAlive(pid)).toBe(false);
    expect((await pool.run({ do: 'echo', value: 1 })).kind).toBe('crashed');
  });
});

describe('a worker process of a pool', { timeout: 60_000 }, () => {
  it('ends after its parent was killed, also during a task that never returns', async () => {
    const parent = fork(new URL('./pool-parent.ts', import.meta.url), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const pid = await new Promise<number>((resolve) => parent.once('message', (message) => resolve(message as number)));
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
  });
});

interface Identity {
  readonly pid: number;
  readonly environment: readonly string[];
}

async function identity(pool: WorkerPool<PoolTask, unknown>): Promise<Identity> {
  const outcome = await pool.run({ do: 'identify' });
  if (outcome.kind !== 'done') throw new Error(`no process: ${outcome.kind}`);
  return outcome.result as Identity;
}

function isAlive(pid: number): boolean {
  // Without an init process, as in some containers, dead orphans stay listed with state Z.
  const stat = `/proc/${pid}/stat`;
  if (existsSync('/proc/self/stat')) return existsSync(stat) && !/\) Z /.test(readFileSync(stat, 'utf8'));
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
