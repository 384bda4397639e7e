import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Db } from '../../../src/store/engine/engine.ts';
import { GroupCommit } from '../../../src/store/engine/group-commit.ts';

/** Fake transactions that record attempted and committed writes. */
function fakeTransactions() {
  const committed: string[][] = [];
  const tries: string[][] = [];
  let written: string[] = [];
  const write = (word: string) => async () => {
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
    // The writes of these tests do not use the executor.
    await work({} as Db);
    committed.push(written);
  };
  return { committed, tries, write, fail, transact };
}

/** Takes as long as work on a synchronous engine: the event loop does not run. */
async function microtasks(count: number): Promise<void> {
  for (let step = 0; step < count; step += 1) await undefined;
}

describe('concurrent writes', () => {
  it('share a transaction in the order of the calls, and each resolves to its own result', async () => {
    const { committed, write, transact } = fakeTransactions();
    const commits = new GroupCommit(transact);
    expect(await Promise.all(['a', 'b', 'c'].map((word) => commits.write(write(word), 1)))).toEqual(['a', 'b', 'c']);
    expect(committed).toEqual([['a', 'b', 'c']]);
  });

  it('do not resolve before the commit', async () => {
    const { write } = fakeTransactions();
    const log: string[] = [];
    const commits = new GroupCommit(async (work) => {
      await work({} as Db);
      await new Promise((resolve) => setImmediate(resolve));
      log.push('committed');
    });
    await Promise.all(['a', 'b'].map((word) => commits.write(write(word), 1).then(() => log.push(word))));
    expect(log).toEqual(['committed', 'a', 'b']);
  });

  it('do not starve the event loop although two callers write again after each write', async () => {
    const most = 2000;
    const callers: Promise<void>[] = [];
    let writesDone = 0;
    let isOver = false;
    const { transact, write } = fakeTransactions();
    const commits = new GroupCommit(async (work) => {
      // The second caller begins during the first transaction, so that one of the two is always queued.
      if (callers.length < 2) callers.push(caller());
      await transact(work);
      await microtasks(20);
    });
    const caller = async (): Promise<void> => {
      while (!isOver && writesDone < most) {
        await commits.write(write('again'), 1);
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

  it('fail alone: the others of their transaction are committed', async () => {
    const { committed, tries, write, fail, transact } = fakeTransactions();
    const commits = new GroupCommit(transact);
    const results = await Promise.allSettled([
      commits.write(write('a'), 1),
      commits.write(fail('b'), 1),
      commits.write(write('c'), 1),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: new Error('b failed') });
    expect(tries[0]).toEqual(['a', 'b']);
    expect(committed).toEqual([['a'], ['c']]);
  });

  it('all reject when the commit fails for each of them', async () => {
    const { write } = fakeTransactions();
    const commits = new GroupCommit(async (work) => {
      await work({} as Db);
      throw new Error('the disk is full');
    });
    const results = await Promise.allSettled([commits.write(write('a'), 1), commits.write(write('b'), 1)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('are split into several transactions when they are many, however large one of them is', async () => {
    const { committed, write, transact } = fakeTransactions();
    const commits = new GroupCommit(transact);
    const sizes = [150, 40, 40, 900, 10];
    await Promise.all(sizes.map((items, index) => commits.write(write(`w${index}`), items)));
    expect(committed).toEqual([['w0', 'w1'], ['w2'], ['w3'], ['w4']]);
    await Promise.all(Array.from({ length: 100 }, (_, index) => commits.write(write(`s${index}`), 0)));
    expect(committed.slice(4).map((words) => words.length)).toEqual([64, 36]);
  });

  it('let the event loop run between large writes', async () => {
    const { write, transact } = fakeTransactions();
    const commits = new GroupCommit(transact);
    const log: string[] = [];
    const large = (word: string) =>
      commits.write(async (tx) => {
        log.push(word);
        await write(word)();
        setImmediate(() => log.push(`turn after ${word}`));
        return tx;
      }, 40);
    await Promise.all([large('a'), large('b'), large('c')]);
    expect(log.indexOf('turn after a')).toBeLessThan(log.indexOf('b'));
    expect(log.indexOf('turn after b')).toBeLessThan(log.indexOf('c'));
  });

  it('are all done when idle() resolves, even those that were requested meanwhile', async () => {
    const { committed, write, transact } = fakeTransactions();
    const commits = new GroupCommit(transact);
    const first = commits.write(write('a'), 1).then(() => commits.write(write('b'), 1));
    await commits.idle();
    await first;
    expect(committed).toEqual([['a'], ['b']]);
    await commits.idle();
  });
});

describe('queued writes while another write is expected', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  it('wait for it', async () => {
    const { committed, write, transact } = fakeTransactions();
    const commits = new GroupCommit(transact);
    const end = commits.expectWrite();
    const first = commits.write(write('a'), 30);
    await turns();
    expect(committed).toEqual([]);
    end();
    await Promise.all([first, commits.write(write('b'), 30)]);
    expect(committed).toEqual([['a', 'b']]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('wait for at most 25 ms', async () => {
    const { committed, write, transact } = fakeTransactions();
    const commits = new GroupCommit(transact);
    commits.expectWrite();
    const first = commits.write(write('a'), 30);
    await turns();
    vi.advanceTimersByTime(24);
    await turns();
    expect(committed).toEqual([]);
    vi.advanceTimersByTime(1);
    await first;
    expect(committed).toEqual([['a']]);
  });

  it('stop waiting when enough items are queued', async () => {
    const { committed, write, transact } = fakeTransactions();
    const commits = new GroupCommit(transact);
    commits.expectWrite();
    const first = commits.write(write('a'), 150);
    await turns();
    await Promise.all([first, commits.write(write('b'), 50)]);
    expect(committed).toEqual([['a', 'b']]);
  });

  it('do not wait when the expectation has already ended', async () => {
    const { committed, write, transact } = fakeTransactions();
    const commits = new GroupCommit(transact);
    commits.expectWrite()();
    await commits.write(write('a'), 30);
    expect(committed).toEqual([['a']]);
  });
});
