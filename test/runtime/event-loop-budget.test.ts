import { describe, expect, it } from 'vitest';
import { EventLoopBudget } from '../../src/runtime/event-loop-budget.ts';

/** A budget of 20 ms, and tasks with a given duration. */
function makeShare() {
  let nowMs = 0;
  const done: string[] = [];
  const share = new EventLoopBudget({ monotonic: () => nowMs }, 20);
  const run = (name: string, ms: number, owner = 'one'): void => {
    const work = (): void => {
      nowMs += ms;
      done.push(name);
    };
    share.run(work, () => owner);
  };
  return { done, run };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('EventLoopBudget', () => {
  it('runs work at once while there is budget', () => {
    const { done, run } = makeShare();
    run('a', 5);
    run('b', 5);
    expect(done).toEqual(['a', 'b']);
  });

  it('defers work beyond the budget to later turns in order', async () => {
    const { done, run } = makeShare();
    for (const name of ['a', 'b', 'c']) run(name, 25);
    expect(done).toEqual(['a']);
    await turn();
    expect(done).toEqual(['a', 'b']);
    await turn();
    await turn();
    expect(done).toEqual(['a', 'b', 'c']);
  });

  it('starts with a full budget in each turn', async () => {
    const { done, run } = makeShare();
    run('a', 25);
    await turn();
    run('b', 25);
    expect(done).toEqual(['a', 'b']);
  });

  it('alternates between owners, however much work one of them has', async () => {
    const { done, run } = makeShare();
    run('now', 25);
    for (const name of ['a', 'b', 'c']) run(name, 25, 'many');
    run('x', 25, 'single');
    while (done.length < 5) await turn();
    expect(done).toEqual(['now', 'a', 'x', 'b', 'c']);
  });

  it('counts the time of promises before the next deferred piece', async () => {
    let nowMs = 0;
    let turns = 0;
    const share = new EventLoopBudget({ monotonic: () => nowMs }, 20);
    const turnOf: number[] = [];
    const spend = async (): Promise<void> => {
      await null;
      nowMs += 25;
      turnOf.push(turns);
    };
    share.run(() => {
      nowMs += 25;
    }, String);
    for (let piece = 0; piece < 3; piece += 1) share.run(() => void spend(), String);
    while (turnOf.length < 3) {
      await turn();
      turns += 1;
    }
    expect(new Set(turnOf).size).toBe(3);
  });
});
