import { describe, expect, it } from 'vitest';
import { createTaskQueue } from '../../src/runtime/task-queue.ts';

/** A queue with the messages that it logs. */
function startQueue() {
  const logged: string[] = [];
  const queue = createTaskQueue({ error: (_facts, message) => void logged.push(message) });
  return { queue, logged };
}

describe('a task queue', () => {
  it('runs tasks one at a time in the order in which they were added', async () => {
    const { queue } = startQueue();
    const steps: string[] = [];
    const ended = Promise.withResolvers<void>();
    for (const name of ['first', 'second', 'third']) {
      queue.add(async () => {
        steps.push(`${name} begins`);
        await Promise.resolve();
        steps.push(`${name} ends`);
        if (name === 'third') ended.resolve();
      }, 'unexpected');
    }
    await ended.promise;
    expect(steps).toEqual(['first', 'second', 'third'].flatMap((name) => [`${name} begins`, `${name} ends`]));
  });

  it('logs the error of a task and runs the next one', async () => {
    const { queue, logged } = startQueue();
    const next = Promise.withResolvers<void>();
    queue.add(() => Promise.reject(new Error('broken')), 'the first task failed');
    queue.add(async () => next.resolve(), 'unexpected');
    await next.promise;
    expect(logged).toEqual(['the first task failed']);
  });

  it('aborts the running task when it is stopped, and starts none that waits', async () => {
    const { queue, logged } = startQueue();
    const started: string[] = [];
    queue.add((signal) => {
      started.push('first');
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    }, 'the first task failed');
    queue.add(async () => void started.push('second'), 'unexpected');
    await queue.stop();
    queue.add(async () => void started.push('third'), 'unexpected');
    await queue.stop();
    expect({ started, logged }).toEqual({ started: ['first'], logged: [] });
  });

  it('waits for the running task when it is stopped', async () => {
    const { queue } = startQueue();
    const work = Promise.withResolvers<void>();
    let hasEnded = false;
    queue.add(async () => {
      await work.promise;
      hasEnded = true;
    }, 'unexpected');
    const stopped = queue.stop();
    work.resolve();
    await stopped;
    expect(hasEnded).toBe(true);
  });
});
