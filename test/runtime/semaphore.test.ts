import { afterEach, describe, expect, it, vi } from 'vitest';
import { Semaphore } from '../../src/runtime/semaphore.ts';

afterEach(() => void vi.useRealTimers());

describe('Semaphore', () => {
  it('runs at most as many tasks concurrently as it has permits', async () => {
    const semaphore = new Semaphore(2);
    let running = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
    };
    await Promise.all(Array.from({ length: 7 }, () => semaphore.run(work)));
    expect(most).toBe(2);
  });

  it('runs waiting tasks in the order of their calls', async () => {
    const semaphore = new Semaphore(1);
    const order: number[] = [];
    await Promise.all([1, 2, 3].map((n) => semaphore.run(async () => void order.push(n))));
    expect(order).toEqual([1, 2, 3]);
  });

  it('rejects with the error of a task and frees its permit', async () => {
    const semaphore = new Semaphore(1);
    await expect(semaphore.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await semaphore.run(async () => 'next')).toBe('next');
  });

  it('frees a permit once, however often it is released', async () => {
    const semaphore = new Semaphore(1);
    const release = await semaphore.acquire();
    release?.();
    release?.();
    expect(await semaphore.acquire()).not.toBeNull();
    void semaphore.acquire();
    expect(semaphore.waiting).toBe(1);
  });

  it('returns null to a caller whose timeout has passed, and grants it no permit later', async () => {
    vi.useFakeTimers();
    const semaphore = new Semaphore(1);
    const release = await semaphore.acquire();
    const late = semaphore.acquire({ timeoutMs: 100 });
    await vi.advanceTimersByTimeAsync(100);
    expect(await late).toBeNull();
    release?.();
    expect(await semaphore.acquire({ timeoutMs: 100 })).not.toBeNull();
  });

  it('skips a caller that was aborted', async () => {
    const semaphore = new Semaphore(1);
    const release = await semaphore.acquire();
    const impatient = new AbortController();
    const left = semaphore.acquire({ signal: impatient.signal });
    const patient = semaphore.acquire();
    impatient.abort();
    expect(await left).toBeNull();
    release?.();
    expect(await patient).not.toBeNull();
    expect(await semaphore.acquire({ signal: impatient.signal })).toBeNull();
  });
});
