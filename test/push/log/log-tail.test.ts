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
  const tail = createLogTail({ log, logger: silentLog, lookEveryMs: 1e6, ...options });
  const told: string[] = [];
  tail.onAdvance(() => told.push(`at ${tail.place.head}`));
  tail.onDiscontinuity((reason) => told.push(reason));
  await tail.start();
  open.push(tail);
  return { tail, told };
}

const seqs = (events: readonly { seq: number }[] | null) => events?.map((event) => event.seq) ?? null;

describe('createLogTail', () => {
  it('begins at the end of the log', async () => {
    const { tail } = await tailOf(new MemoryLog(7));
    expect(tail.place).toEqual({ epoch: 'e1', head: 7, floor: 1 });
    expect(tail.eventsAfter(7)).toEqual([]);
    expect(tail.eventsAfter(6)).toBe(null);
  });

  it('reads on when the doorbell rings', async () => {
    const log = new MemoryLog(7);
    const { tail, told } = await tailOf(log);
    log.append();
    log.append();
    tail.notify(9);
    await drainEventLoop();
    expect(seqs(tail.eventsAfter(7))).toEqual([8, 9]);
    expect(told).toEqual(['at 9']);
  });

  it('reads page after page, and tells of each', async () => {
    const log = new MemoryLog();
    const { tail, told } = await tailOf(log, { pageSize: 4 });
    for (let index = 0; index < 10; index += 1) log.append();
    tail.notify(10);
    await drainEventLoop();
    expect(told).toEqual(['at 4', 'at 8', 'at 10']);
  });

  it('pays no heed to a ring for what it has read', async () => {
    const log = new MemoryLog(7);
    const { tail } = await tailOf(log);
    tail.notify(7);
    tail.notify(3);
    await drainEventLoop();
    expect(log.reads).toBe(0);
  });

  it('looks once more when the bell rings during a look', async () => {
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
    expect(tail.place.head).toBe(3);
  });

  it('loses no ring, however short after the end of a look it comes', async () => {
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
      expect([steps, tail.place.head]).toEqual([steps, 2]);
    }
  });

  it('shares one look among a hundred rings', async () => {
    const log = new MemoryLog(1);
    const { tail } = await tailOf(log);
    log.append();
    for (let index = 0; index < 100; index += 1) tail.notify(2);
    await drainEventLoop();
    expect(log.reads).toBeLessThanOrEqual(2);
  });

  it('looks by itself, since a ring may be lost', async () => {
    const log = new MemoryLog(1);
    const { tail } = await tailOf(log, { lookEveryMs: 1 });
    log.append();
    await expect.poll(() => tail.place.head).toBe(2);
  });

  it('looks no more once it has stopped', async () => {
    const log = new MemoryLog(1);
    const { tail } = await tailOf(log);
    await tail.stop();
    log.append();
    tail.notify(2);
    await drainEventLoop();
    expect(log.reads).toBe(0);
  });

  it('tries again after the log could not be read', async () => {
    const log = new MemoryLog(1);
    const warned: string[] = [];
    const logger: Log = { ...silentLog, warn: (_, message) => void warned.push(message) };
    const { tail } = await tailOf(log, { logger });
    log.append();
    log.beforeRead = () => {
      log.beforeRead = () => {};
      throw new Error('database is gone');
    };
    tail.notify(2);
    await drainEventLoop();
    expect(warned).toHaveLength(1);
    expect(tail.place.head).toBe(1);
    tail.notify(2);
    await drainEventLoop();
    expect(tail.place.head).toBe(2);
  });

  it('learns of a raised floor', async () => {
    const log = new MemoryLog(9);
    const { tail } = await tailOf(log);
    log.trim(5);
    log.append();
    tail.notify(10);
    await drainEventLoop();
    expect(tail.place.floor).toBe(5);
  });

  it('keeps the newest events in memory, within its bounds', async () => {
    const log = new MemoryLog();
    const { tail } = await tailOf(log, { maxEvents: 3, pageSize: 10 });
    for (let index = 0; index < 8; index += 1) log.append();
    tail.notify(8);
    await drainEventLoop();
    expect(seqs(tail.eventsAfter(5))).toEqual([6, 7, 8]);
    expect(tail.eventsAfter(4)).toBe(null);
  });

  it('gives what it loaded before out of memory', async () => {
    const log = new MemoryLog(30);
    const { tail } = await tailOf(log, { pageSize: 10 });
    expect(seqs((await tail.loadAfter(12)).events)?.[0]).toBe(13);
    expect(seqs(tail.eventsAfter(14))?.[0]).toBe(15);
    expect(log.reads).toBe(1);
  });

  describe('when events are missing', () => {
    it('counts a hole, says so, and goes on behind it', async () => {
      const log = new MemoryLog(3);
      const errors: object[] = [];
      const { tail } = await tailOf(log, { logger: { ...silentLog, error: (facts) => void errors.push(facts) } });
      log.append();
      log.leaveHole(2);
      log.append();
      tail.notify(7);
      await drainEventLoop();
      expect(tail.holes).toBe(2);
      expect(errors).toEqual([{ after: 4, missing: 2 }]);
      expect(tail.place.head).toBe(7);
      expect(tail.eventsAfter(4)).toBe(null);
      expect(seqs(tail.eventsAfter(6))).toEqual([7]);
    });

    it('counts a hole at the very end only once', async () => {
      const log = new MemoryLog(3);
      const { tail } = await tailOf(log);
      log.leaveHole();
      tail.notify(4);
      await drainEventLoop();
      tail.notify(5);
      await drainEventLoop();
      expect(tail.holes).toBe(1);
      expect(tail.place.head).toBe(4);
    });

    it('takes a commit between the read and the head for no hole', async () => {
      const log = new MemoryLog(3);
      const { tail } = await tailOf(log);
      log.append();
      log.afterRead = () => {
        log.afterRead = () => {};
        log.append();
      };
      tail.notify(4);
      await drainEventLoop();
      expect(tail.place.head).toBe(5);
      log.afterRead = () => {
        log.afterRead = () => {};
        log.append();
      };
      tail.notify(6);
      await drainEventLoop();
      expect(tail.place.head).toBe(6);
      expect(tail.holes).toBe(0);
    });

    it('takes it for none in a new log either, at the same place', async () => {
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
      expect(tail.place).toMatchObject({ epoch: 'e2', head: 4 });
      expect(tail.holes).toBe(0);
    });

    it('counts none when it slept while retention went past it', async () => {
      const log = new MemoryLog(3);
      const { tail, told } = await tailOf(log);
      for (let index = 0; index < 10; index += 1) log.append();
      log.trim(9);
      tail.notify(13);
      await drainEventLoop();
      expect(tail.holes).toBe(0);
      expect(tail.place).toEqual({ epoch: 'e1', head: 13, floor: 9 });
      expect(tail.eventsAfter(3)).toBe(null);
      expect(told.at(-1)).toBe('at 13');
    });

    it('counts none when retention took everything', async () => {
      const log = new MemoryLog(3);
      const { tail, told } = await tailOf(log);
      for (let index = 0; index < 10; index += 1) log.append();
      log.trim(14);
      tail.notify(13);
      await drainEventLoop();
      expect(tail.holes).toBe(0);
      expect(tail.place).toEqual({ epoch: 'e1', head: 13, floor: 14 });
      expect(told).toEqual(['at 13']);
    });
  });

  describe('when the log is replaced', () => {
    it('stands in the new log before it tells of it', async () => {
      const log = new MemoryLog(9);
      const { tail, told } = await tailOf(log);
      log.replace('e2', 4);
      tail.notify(10);
      await drainEventLoop();
      expect(told).toEqual(['epoch_changed']);
      expect(tail.place).toEqual({ epoch: 'e2', head: 4, floor: 1 });
    });

    it('takes no event of the new log for one of the old', async () => {
      const log = new MemoryLog(3);
      const { tail } = await tailOf(log);
      // Between any two statements: the read itself already meets the new log.
      log.beforeRead = () => {
        log.beforeRead = () => {};
        log.replace('e2', 9);
      };
      tail.notify(9);
      await drainEventLoop();
      expect(seqs(tail.eventsAfter(9))).toEqual([]);
      expect(tail.eventsAfter(3)).toBe(null);
    });

    it('forgets the pages of the old one', async () => {
      const log = new MemoryLog(30);
      const { tail } = await tailOf(log, { pageSize: 10 });
      await tail.loadAfter(10);
      log.replace('e2', 30);
      tail.notify(31);
      await drainEventLoop();
      expect(tail.eventsAfter(10)).toBe(null);
    });

    it('says that places are lost when the same log became shorter', async () => {
      const log = new MemoryLog(9);
      const { tail, told } = await tailOf(log);
      log.cutTo(4);
      tail.notify(10);
      await drainEventLoop();
      expect(told).toEqual(['position_lost']);
      expect(tail.place.head).toBe(4);
    });
  });
});
