import { describe, expect, it } from 'vitest';
import { createTimerWheel } from '../../../../src/web/live/session/timer-wheel.ts';

function wheelOf(tickMs = 100) {
  let tick = () => {};
  let stopped = false;
  const wheel = createTimerWheel({
    tickMs,
    every: (_, run) => {
      tick = run;
      return () => {
        stopped = true;
      };
    },
  });
  return {
    wheel,
    isStopped: () => stopped,
    turn(ticks: number) {
      for (let turned = 0; turned < ticks; turned += 1) tick();
    },
  };
}

describe('createTimerWheel', () => {
  it.each([
    0, 1, 99, 100, 101, 25_500, 25_600, 25_601, 60_000, 3_600_000,
  ])('calls after %d ms, and at most a tick and a rounding later', (delayMs) => {
    const { wheel, turn } = wheelOf();
    let called = 0;
    wheel.after(delayMs, () => {
      called += 1;
    });
    turn(Math.ceil(delayMs / 100));
    expect(called).toBe(0);
    turn(1);
    expect(called).toBe(1);
    turn(600);
    expect(called).toBe(1);
  });

  it('counts pending entries', () => {
    const { wheel, turn } = wheelOf();
    const cancel = wheel.after(100, () => {});
    wheel.after(200, () => {});
    expect(wheel.size).toBe(2);
    cancel();
    cancel();
    expect(wheel.size).toBe(1);
    turn(10);
    expect(wheel.size).toBe(0);
    cancel();
    expect(wheel.size).toBe(0);
  });

  it('does not call a cancelled entry', () => {
    const { wheel, turn } = wheelOf();
    const cancel = wheel.after(100, () => expect.unreachable('it was called off'));
    cancel();
    turn(600);
  });

  it('allows an entry to cancel another of the same tick', () => {
    const { wheel, turn } = wheelOf();
    let cancel = () => {};
    wheel.after(100, () => cancel());
    cancel = wheel.after(100, () => expect.unreachable('it was called off'));
    turn(10);
    expect(wheel.size).toBe(0);
  });

  it('accepts new entries while it calls others', () => {
    const { wheel, turn } = wheelOf();
    let beats = 0;
    const beat = () => {
      beats += 1;
      wheel.after(100, beat);
    };
    beat();
    turn(20);
    expect(beats).toBe(11);
  });

  it('stops', () => {
    const { wheel, isStopped } = wheelOf();
    wheel.stop();
    expect(isStopped()).toBe(true);
  });

  it('advances by an interval by default', async () => {
    const wheel = createTimerWheel({ tickMs: 1 });
    await new Promise<void>((resolve) => wheel.after(2, resolve));
    wheel.stop();
  });
});
