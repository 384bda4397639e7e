import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Db } from '../../../src/store/engine/engine.ts';
import { GroupCommit } from '../../../src/store/engine/group-commit.ts';

/** Transactions that keep what was written in them when they end well, and count themselves. */
function fakeTransactions() {
  const committed: string[][] = [];
  const tries: string[][] = [];
  let written: string[] = [];
  const say = (word: string) => async () => {
    written.push(word);
    return word;
  };
  const fail = (word: string) => async () => {
    written.push(word);
    throw new Error(`${word} failed`);
  };
  const transact = async (work: (tx: Db) => Promise<void>): Promise<void> => {
    written = [];
    tries.push(written);
    // Nothing here asks the database.
    await work({} as Db);
    committed.push(written);
  };
  return { committed, tries, say, fail, transact };
}

/** As long as work over a synchronous engine takes: no turn of the event loop. */
async function microtasks(count: number): Promise<void> {
  for (let step = 0; step < count; step += 1) await undefined;
}

describe('writes that are wanted at once', () => {
  it('share a transaction, in the order in which they were wanted, and each hears its own result', async () => {
    const { committed, say, transact } = fakeTransactions();
    const writes = new GroupCommit(transact);
    expect(await Promise.all(['a', 'b', 'c'].map((word) => writes.write(say(word), 1)))).toEqual(['a', 'b', 'c']);
    expect(committed).toEqual([['a', 'b', 'c']]);
  });

  it('hear nothing before the commit', async () => {
    const { say } = fakeTransactions();
    const log: string[] = [];
    const writes = new GroupCommit(async (work) => {
      await work({} as Db);
      await new Promise((resolve) => setImmediate(resolve));
      log.push('committed');
    });
    await Promise.all(['a', 'b'].map((word) => writes.write(say(word), 1).then(() => log.push(word))));
    expect(log).toEqual(['committed', 'a', 'b']);
  });

  it('leave the event loop its turns although two callers write again as soon as each write is done', async () => {
    const most = 2000;
    const callers: Promise<void>[] = [];
    let writesDone = 0;
    let isOver = false;
    const { transact, say } = fakeTransactions();
    const writes = new GroupCommit(async (work) => {
      // The second begins during the first transaction, so that one of the two always waits.
      if (callers.length < 2) callers.push(caller());
      await transact(work);
      await microtasks(20);
    });
    const caller = async (): Promise<void> => {
      while (!isOver && writesDone < most) {
        await writes.write(say('again'), 1);
        writesDone += 1;
        await microtasks(5);
      }
    };
    callers.push(caller());
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    isOver = true;
    await Promise.all(callers);
    expect(writesDone).toBeLessThan(100);
  });

  it('fail alone: the others of their transaction are written all the same', async () => {
    const { committed, tries, say, fail, transact } = fakeTransactions();
    const writes = new GroupCommit(transact);
    const results = await Promise.allSettled([
      writes.write(say('a'), 1),
      writes.write(fail('b'), 1),
      writes.write(say('c'), 1),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: new Error('b failed') });
    expect(tries[0]).toEqual(['a', 'b']);
    expect(committed).toEqual([['a'], ['c']]);
  });

  it('all hear of a commit that fails, when it fails for each of them', async () => {
    const { say } = fakeTransactions();
    const writes = new GroupCommit(async (work) => {
      await work({} as Db);
      throw new Error('the disk is full');
    });
    const results = await Promise.allSettled([writes.write(say('a'), 1), writes.write(say('b'), 1)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('are parted into several transactions when they are many, however large one of them is', async () => {
    const { committed, say, transact } = fakeTransactions();
    const writes = new GroupCommit(transact);
    const sizes = [150, 40, 40, 900, 10];
    await Promise.all(sizes.map((items, index) => writes.write(say(`w${index}`), items)));
    expect(committed).toEqual([['w0', 'w1'], ['w2'], ['w3'], ['w4']]);
    await Promise.all(Array.from({ length: 100 }, (_, index) => writes.write(say(`s${index}`), 0)));
    expect(committed.slice(4).map((words) => words.length)).toEqual([64, 36]);
  });

  it('let the event loop have a turn between those that take long', async () => {
    const { say, transact } = fakeTransactions();
    const writes = new GroupCommit(transact);
    const log: string[] = [];
    const large = (word: string) =>
      writes.write(async (tx) => {
        log.push(word);
        await say(word)();
        setImmediate(() => log.push(`turn after ${word}`));
        return tx;
      }, 40);
    await Promise.all([large('a'), large('b'), large('c')]);
    expect(log.indexOf('turn after a')).toBeLessThan(log.indexOf('b'));
    expect(log.indexOf('turn after b')).toBeLessThan(log.indexOf('c'));
  });

  it('are all done when it is idle, those that came meanwhile too', async () => {
    const { committed, say, transact } = fakeTransactions();
    const writes = new GroupCommit(transact);
    const first = writes.write(say('a'), 1).then(() => writes.write(say('b'), 1));
    await writes.idle();
    await first;
    expect(committed).toEqual([['a'], ['b']]);
    await writes.idle();
  });
});

describe('writes that are wanted while another is announced', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  it('hold out for it', async () => {
    const { committed, say, transact } = fakeTransactions();
    const writes = new GroupCommit(transact);
    const there = writes.expectWrite();
    const first = writes.write(say('a'), 30);
    await turns();
    expect(committed).toEqual([]);
    there();
    await Promise.all([first, writes.write(say('b'), 30)]);
    expect(committed).toEqual([['a', 'b']]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('hold out for no longer than some milliseconds', async () => {
    const { committed, say, transact } = fakeTransactions();
    const writes = new GroupCommit(transact);
    writes.expectWrite();
    const first = writes.write(say('a'), 30);
    await turns();
    vi.advanceTimersByTime(24);
    await turns();
    expect(committed).toEqual([]);
    vi.advanceTimersByTime(1);
    await first;
    expect(committed).toEqual([['a']]);
  });

  it('hold out no longer when there are enough', async () => {
    const { committed, say, transact } = fakeTransactions();
    const writes = new GroupCommit(transact);
    writes.expectWrite();
    const first = writes.write(say('a'), 150);
    await turns();
    await Promise.all([first, writes.write(say('b'), 50)]);
    expect(committed).toEqual([['a', 'b']]);
  });

  it('go at once when it was called off before', async () => {
    const { committed, say, transact } = fakeTransactions();
    const writes = new GroupCommit(transact);
    writes.expectWrite()();
    await writes.write(say('a'), 30);
    expect(committed).toEqual([['a']]);
  });
});
