import { afterEach, describe, expect, it } from 'vitest';
import { createLogTail, type LogTail, type LogTailOptions } from '../../../src/push/log/log-tail.ts';
import { type Log, silentLog } from '../../../src/runtime/log.ts';
import { drainEventLoop } from '../../support/push/drain-event-loop.ts';
import { MemoryLog } from '../../support/push/memory-log.ts';

const open: LogTail[] = [];

afterEach(async () => {
  for (const tail of open.splice(0)) await tail.stop();
});

async function tailOf(log: MemoryLog, options: Partial<LogTailOptions> = {}) {
  const tail = createLogTail({ eventLog: log, log: silentLog, pollEveryMs: 1e6, ...options });
  const calls: string[] = [];
  tail.onAdvance(() => calls.push(`at ${tail.bounds.head}`));
  tail.onDiscontinuity((reason) => calls.push(reason));
  await tail.start();
  open.push(tail);
  return { tail, calls };
}

const seqs = (events: readonly { seq: number }[] | null) => events?.map((event) => event.seq) ?? null;

describe('createLogTail', () => {
  it('starts at the head of the log', async () => {
    const { tail } = await tailOf(new MemoryLog(7));
    expect(tail.bounds).toEqual({ epoch: 'e1', head: 7, floor: 1 });
    expect(tail.eventsAfter(7)).toEqual([]);
    expect(tail.eventsAfter(6)).toBe(null);
  });

  it('reads new events when notified', async () => {
    const log = new MemoryLog(7);
    const { tail, calls } = await tailOf(log);
    log.append();
    log.append();
    tail.notify(9);
    await drainEventLoop();
    expect(seqs(tail.eventsAfter(7))).toEqual([8, 9]);
    expect(calls).toEqual(['at 9']);
  });

  it('reads page by page and calls the listeners after each', async () => {
    const log = new MemoryLog();
    const { tail, calls } = await tailOf(log, { pageSize: 4 });
    for (let index = 0; index < 10; index += 1) log.append();
    tail.notify(10);
    await drainEventLoop();
    expect(calls).toEqual(['at 4', 'at 8', 'at 10']);
  });

  it('ignores a notification of events that it has already read', async () => {
    const log = new MemoryLog(7);
    const { tail } = await tailOf(log);
    tail.notify(7);
    tail.notify(3);
    await drainEventLoop();
    expect(log.reads).toBe(0);
  });

  it('reads once more when notified during a read', async () => {
    const log = new MemoryLog(1);
    const { tail } = await tailOf(log);
    log.append();
    log.afterRead = () => {
      log.afterRead = () => {};
      log.append();
      tail.notify(3);
    };
    tail.notify(2);
    await drainEventLoop();
    expect(tail.bounds.head).toBe(3);
  });

  it('does not lose a notification that arrives just after the end of a read', async () => {
    for (let steps = 0; steps < 12; steps += 1) {
      const log = new MemoryLog();
      const { tail } = await tailOf(log);
      let advanced = () => {};
      tail.onAdvance(() => advanced());
      advanced = () => {
        advanced = () => {};
        const step = (left: number): void => {
          if (left > 0) queueMicrotask(() => step(left - 1));
          else tail.notify(log.append().seq);
        };
        step(steps);
      };
      tail.notify(log.append().seq);
      await drainEventLoop();
      expect([steps, tail.bounds.head]).toEqual([steps, 2]);
    }
  });

  it('combines a hundred notifications into one read', async () => {
    const log = new MemoryLog(1);
    const { tail } = await tailOf(log);
    log.append();
    for (let index = 0; index < 100; index += 1) tail.notify(2);
    await drainEventLoop();
    expect(log.reads).toBeLessThanOrEqual(2);
  });

  it('polls the log, since a notification may be lost', async () => {
    const log = new MemoryLog(1);
    const { tail } = await tailOf(log, { pollEveryMs: 1 });
    log.append();
    await expect.poll(() => tail.bounds.head).toBe(2);
  });

  it('does not read after it has stopped', async () => {
    const log = new MemoryLog(1);
    const { tail } = await tailOf(log);
    await tail.stop();
    log.append();
    tail.notify(2);
    await drainEventLoop();
    expect(log.reads).toBe(0);
  });

  it('retries after the log could not be read', async () => {
    const log = new MemoryLog(1);
    const warned: string[] = [];
    const logger: Log = { ...silentLog, warn: (_, message) => void warned.push(message) };
    const { tail } = await tailOf(log, { log: logger });
    log.append();
    log.beforeRead = () => {
      log.beforeRead = () => {};
      throw new Error('database is gone');
    };
    tail.notify(2);
    await drainEventLoop();
    expect(warned).toHaveLength(1);
    expect(tail.bounds.head).toBe(1);
    tail.notify(2);
    await drainEventLoop();
    expect(tail.bounds.head).toBe(2);
  });

  it('updates its floor after retention', async () => {
    const log = new MemoryLog(9);
    const { tail } = await tailOf(log);
    log.trim(5);
    log.append();
    tail.notify(10);
    await drainEventLoop();
    expect(tail.bounds.floor).toBe(5);
  });

  it('keeps the newest events in memory within its limits', async () => {
    const log = new MemoryLog();
    const { tail } = await tailOf(log, { maxEvents: 3, pageSize: 10 });
    for (let index = 0; index < 8; index += 1) log.append();
    tail.notify(8);
    await drainEventLoop();
    expect(seqs(tail.eventsAfter(5))).toEqual([6, 7, 8]);
    expect(tail.eventsAfter(4)).toBe(null);
  });

  it('returns events from memory that it loaded before', async () => {
    const log = new MemoryLog(30);
    const { tail } = await tailOf(log, { pageSize: 10 });
    expect(seqs((await tail.loadAfter(12)).events)?.[0]).toBe(13);
    expect(seqs(tail.eventsAfter(14))?.[0]).toBe(15);
    expect(log.reads).toBe(1);
  });

  describe('when events are missing', () => {
    it('counts and logs a hole, and continues after it', async () => {
      const log = new MemoryLog(3);
      const errors: object[] = [];
      const { tail } = await tailOf(log, { log: { ...silentLog, error: (facts) => void errors.push(facts) } });
      log.append();
      log.leaveHole(2);
      log.append();
      tail.notify(7);
      await drainEventLoop();
      expect(tail.holes).toBe(2);
      expect(errors).toEqual([{ after: 4, missing: 2 }]);
      expect(tail.bounds.head).toBe(7);
      expect(tail.eventsAfter(4)).toBe(null);
      expect(seqs(tail.eventsAfter(6))).toEqual([7]);
    });

    it('counts a hole at the head only once', async () => {
      const log = new MemoryLog(3);
      const { tail } = await tailOf(log);
      log.leaveHole();
      tail.notify(4);
      await drainEventLoop();
      tail.notify(5);
      await drainEventLoop();
      expect(tail.holes).toBe(1);
      expect(tail.bounds.head).toBe(4);
    });

    it('does not report a hole when a commit happens between the read of events and of bounds', async () => {
      const log = new MemoryLog(3);
      const { tail } = await tailOf(log);
      log.append();
      log.afterRead = () => {
        log.afterRead = () => {};
        log.append();
      };
      tail.notify(4);
      await drainEventLoop();
      expect(tail.bounds.head).toBe(5);
      log.afterRead = () => {
        log.afterRead = () => {};
        log.append();
      };
      tail.notify(6);
      await drainEventLoop();
      expect(tail.bounds.head).toBe(6);
      expect(tail.holes).toBe(0);
    });

    it('does not report such a hole at the same position of a new log either', async () => {
      const log = new MemoryLog(3);
      const { tail } = await tailOf(log);
      const commitLate = async () => {
        log.afterRead = () => {
          log.afterRead = () => {};
          log.append();
        };
        tail.notify(99);
        await drainEventLoop();
      };
      await commitLate();
      log.replace('e2', 3);
      tail.notify(99);
      await drainEventLoop();
      await commitLate();
      expect(tail.bounds).toMatchObject({ epoch: 'e2', head: 4 });
      expect(tail.holes).toBe(0);
    });

    it('counts no hole when it was suspended while retention passed its position', async () => {
      const log = new MemoryLog(3);
      const { tail, calls } = await tailOf(log);
      for (let index = 0; index < 10; index += 1) log.append();
      log.trim(9);
      tail.notify(13);
      await drainEventLoop();
      expect(tail.holes).toBe(0);
      expect(tail.bounds).toEqual({ epoch: 'e1', head: 13, floor: 9 });
      expect(tail.eventsAfter(3)).toBe(null);
      expect(calls.at(-1)).toBe('at 13');
    });

    it('counts no hole when retention deleted all events', async () => {
      const log = new MemoryLog(3);
      const { tail, calls } = await tailOf(log);
      for (let index = 0; index < 10; index += 1) log.append();
      log.trim(14);
      tail.notify(13);
      await drainEventLoop();
      expect(tail.holes).toBe(0);
      expect(tail.bounds).toEqual({ epoch: 'e1', head: 13, floor: 14 });
      expect(calls).toEqual(['at 13']);
    });
  });

  describe('when the log is replaced', () => {
    it('is at the head of the new log before it calls the listeners', async () => {
      const log = new MemoryLog(9);
      const { tail, calls } = await tailOf(log);
      log.replace('e2', 4);
      tail.notify(10);
      await drainEventLoop();
      expect(calls).toEqual(['epoch_changed']);
      expect(tail.bounds).toEqual({ epoch: 'e2', head: 4, floor: 1 });
    });

    it('does not mix events of the new log into the old one', async () => {
      const log = new MemoryLog(3);
      const { tail } = await tailOf(log);
      // At any point between two statements: the read itself may see the new log.
      log.beforeRead = () => {
        log.beforeRead = () => {};
        log.replace('e2', 9);
      };
      tail.notify(9);
      await drainEventLoop();
      expect(seqs(tail.eventsAfter(9))).toEqual([]);
      expect(tail.eventsAfter(3)).toBe(null);
    });

    it('drops the cached pages of the old log', async () => {
      const log = new MemoryLog(30);
      const { tail } = await tailOf(log, { pageSize: 10 });
      await tail.loadAfter(10);
      log.replace('e2', 30);
      tail.notify(31);
      await drainEventLoop();
      expect(tail.eventsAfter(10)).toBe(null);
    });

    it('reports position_lost when the same log became shorter', async () => {
      const log = new MemoryLog(9);
      const { tail, calls } = await tailOf(log);
      log.cutTo(4);
      tail.notify(10);
      await drainEventLoop();
      expect(calls).toEqual(['position_lost']);
      expect(tail.bounds.head).toBe(4);
    });
  });
});
