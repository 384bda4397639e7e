import { describe, expect, it } from 'vitest';
import type { ItemCounts } from '../../../../src/domain/items/item-counts.ts';
import { type Log, silentLog } from '../../../../src/runtime/log.ts';
import { createCountPoller } from '../../../../src/web/live/session/count-poller.ts';
import { createManualTimers } from '../../../support/live/manual-timers.ts';
import { drainEventLoop } from '../../../support/push/drain-event-loop.ts';

function createPoller(read: (ids: readonly number[]) => Promise<readonly ItemCounts[]>, log: Log = silentLog) {
  const timers = createManualTimers(1000);
  return {
    timers,
    poller: createCountPoller({ read, timers, log }),
    async pass(seconds: number) {
      for (let passed = 0; passed < seconds; passed += 1) {
        timers.tick();
        await drainEventLoop(2);
      }
    },
  };
}

const count = (id: number, reads = 0) => ({ id, reads, comments: 0, commentsRevision: 0 });

describe('createCountPoller', () => {
  it('sends one query for all watchers', async () => {
    const queries: string[] = [];
    const { poller, pass } = createPoller(async (ids) => {
      queries.push(ids.join());
      return [];
    });
    poller.watch({ items: [1, 2], notify() {} });
    poller.watch({ items: [2, 3], notify() {} });
    await pass(3);
    expect(queries).toEqual(['1,2', '2,3', '1,2,3']);
  });

  it('notifies each watcher of the changed counts of its own items', async () => {
    let reads = 0;
    const { poller, pass } = createPoller(async (ids) => ids.map((id) => count(id, id === 2 ? reads : 0)));
    const notified: unknown[] = [];
    poller.watch({ items: [1, 2], notify: (counts) => notified.push(counts) });
    await drainEventLoop(2);
    await pass(7);
    reads = 5;
    await pass(7);
    expect(notified).toEqual([[count(1), count(2)], [count(2, 5)]]);
  });

  it('notifies of changed comments when their number is the same', async () => {
    let commentsRevision = 1;
    const { poller, pass } = createPoller(async () => [{ id: 1, reads: 0, comments: 1, commentsRevision }]);
    const notified: number[] = [];
    poller.watch({ items: [1], notify: (counts) => notified.push(...counts.map((one) => one.commentsRevision)) });
    await drainEventLoop(2);
    commentsRevision = 3;
    await pass(7);
    expect(notified).toEqual([1, 3]);
  });

  it('stops polling without watchers', async () => {
    let queries = 0;
    const { poller, pass, timers } = createPoller(async () => {
      queries += 1;
      return [];
    });
    const stop = poller.watch({ items: [1], notify: () => expect.unreachable('nothing was counted') });
    stop();
    await pass(20);
    expect(queries).toBeLessThanOrEqual(2);
    expect(timers.size).toBe(0);
  });

  it('logs a failed query and retries', async () => {
    const warned: string[] = [];
    let fails = true;
    const { poller, pass } = createPoller(
      async (ids) => {
        if (fails) throw new Error('database is gone');
        return ids.map((id) => count(id));
      },
      { ...silentLog, warn: (_, message) => void warned.push(message) },
    );
    const notified: unknown[] = [];
    poller.watch({ items: [1], notify: (counts) => notified.push(counts) });
    await drainEventLoop(2);
    expect(warned).toHaveLength(1);
    fails = false;
    await pass(7);
    expect(notified).toEqual([[count(1)]]);
  });
});
