import { describe, expect, it } from 'vitest';
import { silentLog } from '../../src/runtime/log.ts';
import { repeat } from '../../src/runtime/repeat.ts';
import { until } from '../support/until.ts';

const options = { name: 'counting', log: silentLog, maxIntervalMs: 3_600_000 };

describe('repeat', () => {
  it('runs at once, and again when it is woken', async () => {
    let done = 0;
    const work = repeat(async () => {
      done += 1;
      return null;
    }, options);
    await until('the first time', () => done === 1 || null);
    work.wake();
    await until('the second time', () => done === 2 || null);
    await work.stop();
  });

  it('runs once more when it is woken during a run, and never twice at once', async () => {
    let running = 0;
    let most = 0;
    let done = 0;
    const work = repeat(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      done += 1;
      return null;
    }, options);
    work.wake();
    work.wake();
    await until('both times', () => done === 2 || null);
    await work.stop();
    expect([most, done]).toEqual([1, 2]);
  });

  it('runs again after the delay that the work returns', async () => {
    let done = 0;
    const work = repeat(async () => {
      done += 1;
      return done < 3 ? 1 : null;
    }, options);
    await until('three times', () => done === 3 || null);
    await work.stop();
  });

  it('logs a fault and runs again', async () => {
    const errors: string[] = [];
    const log = { ...silentLog, error: (_facts: object, message: string) => void errors.push(message) };
    let done = 0;
    const work = repeat(
      async () => {
        done += 1;
        if (done === 1) throw new Error('no luck');
        return null;
      },
      { ...options, log },
    );
    await until('the fault', () => errors.length === 1 || null);
    work.wake();
    await until('the second time', () => done === 2 || null);
    await work.stop();
    expect(errors).toEqual(['counting failed; retrying']);
  });

  it('waits for the current run when it is stopped, and ignores later wakes', async () => {
    let done = 0;
    const work = repeat(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      done += 1;
      return 1;
    }, options);
    await work.stop();
    work.wake();
    expect(done).toBe(1);
  });
});
