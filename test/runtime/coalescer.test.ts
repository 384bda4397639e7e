import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Coalescer, createCoalescer } from '../../src/runtime/coalescer.ts';
import { type Log, silentLog } from '../../src/runtime/log.ts';

const options = { name: 'counting', log: silentLog };

/** Resolves in the microtask queue, as work on synchronous SQLite does. */
const inMicrotasks = async (): Promise<void> => {
  for (let step = 0; step < 5; step += 1) await undefined;
};

describe('createCoalescer', () => {
  it('runs at once, and only once more for a hundred requests in the same step', async () => {
    let runs = 0;
    const task = createCoalescer(async () => {
      runs += 1;
    }, options);
    task.wake();
    expect(runs).toBe(1);
    for (let request = 0; request < 100; request += 1) task.wake();
    await task.idle();
    expect(runs).toBe(2);
  });

  it('runs again for a request that comes after a run', async () => {
    let runs = 0;
    const task = createCoalescer(async () => {
      runs += 1;
    }, options);
    task.wake();
    await task.idle();
    task.wake();
    await task.idle();
    expect(runs).toBe(2);
  });

  it('runs once more, and never twice at once, for requests that come during a run', async () => {
    let running = 0;
    let most = 0;
    let runs = 0;
    const task = createCoalescer(async () => {
      running += 1;
      most = Math.max(most, running);
      await nextTurn();
      running -= 1;
      runs += 1;
    }, options);
    task.wake();
    await undefined;
    for (let request = 0; request < 3; request += 1) task.wake();
    await task.idle();
    expect({ most, runs }).toEqual({ most: 1, runs: 2 });
  });

  it('never runs twice at once when the work requests a run in its first step', async () => {
    let running = 0;
    let most = 0;
    let runs = 0;
    const task = createCoalescer(async () => {
      running += 1;
      most = Math.max(most, running);
      runs += 1;
      if (runs < 5) task.wake();
      await inMicrotasks();
      running -= 1;
    }, options);
    task.wake();
    await task.idle();
    expect({ most, runs }).toEqual({ most: 1, runs: 5 });
  });

  it.each([
    0, 1, 2, 3, 4, 5, 6, 7, 8,
  ])('loses no request that comes %d microtasks after the work began', async (steps) => {
    const seen: number[] = [];
    let published = 1;
    const task = createCoalescer(async () => {
      seen.push(published);
      await inMicrotasks();
    }, options);
    task.wake();
    for (let step = 0; step < steps; step += 1) await undefined;
    published = 2;
    task.wake();
    await task.idle();
    expect(seen.at(-1)).toBe(2);
  });

  it('yields to the event loop between runs although two tasks wake each other without end', async () => {
    const most = 10_000;
    let runs = 0;
    // A bound, so that this test fails instead of stopping its process.
    const wakeOther = async (other: () => Coalescer): Promise<void> => {
      runs += 1;
      await inMicrotasks();
      if (runs < most) other().wake();
    };
    const one: Coalescer = createCoalescer(() => wakeOther(() => two), options);
    const two: Coalescer = createCoalescer(() => wakeOther(() => one), options);
    one.wake();
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    await Promise.all([one.stop(), two.stop()]);
    const atStop = runs;
    expect(atStop).toBeGreaterThan(1);
    expect(atStop).toBeLessThan(most);
    for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    expect(runs).toBe(atStop);
  });

  it('yields to the event loop although a caller requests a run at the end of each', async () => {
    let turns = 0;
    const turnsAtRun: number[] = [];
    const task = createCoalescer(async () => void turnsAtRun.push(turns), options);
    const count = (): void => {
      turns += 1;
      if (turns < 20) setImmediate(count);
    };
    setImmediate(count);
    for (let request = 0; request < 5; request += 1) {
      task.wake();
      await task.idle();
    }
    expect(new Set(turnsAtRun).size).toBe(5);
  });

  it('logs a fault and runs again at the next request', async () => {
    const logged: [object, string][] = [];
    const log: Log = { ...silentLog, error: (facts, message) => void logged.push([facts, message]) };
    const fault = new Error('no luck');
    let runs = 0;
    const task = createCoalescer(
      async () => {
        runs += 1;
        if (runs === 1) throw fault;
      },
      { name: 'counting', log },
    );
    task.wake();
    await task.idle();
    task.wake();
    await task.idle();
    expect(runs).toBe(2);
    expect(logged).toEqual([[{ err: fault }, 'counting failed']]);
  });

  it('logs a fault and still does the run that was requested meanwhile', async () => {
    let runs = 0;
    const task = createCoalescer(async () => {
      runs += 1;
      if (runs > 1) return;
      task.wake();
      throw new Error('no luck');
    }, options);
    task.wake();
    await task.idle();
    expect(runs).toBe(2);
  });

  it('waits for the current run when it is stopped, and ignores later requests', async () => {
    const opened = Promise.withResolvers<void>();
    let ended = 0;
    const task = createCoalescer(async () => {
      await opened.promise;
      ended += 1;
    }, options);
    task.wake();
    await undefined;
    task.wake();
    let stopped = false;
    const stopping = task.stop().then(() => {
      stopped = true;
    });
    await nextTurn();
    expect(stopped).toBe(false);
    opened.resolve();
    await stopping;
    task.wake();
    await task.idle();
    expect(ended).toBe(1);
  });

  it('stops at once when nothing runs', async () => {
    const task = createCoalescer(async () => {}, options);
    await expect(task.stop()).resolves.toBeUndefined();
  });
});
