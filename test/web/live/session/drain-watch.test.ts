import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { defaultLiveTiming } from '../../../../src/web/live/protocol/live-timing.ts';
import { DrainWatch } from '../../../../src/web/live/session/drain-watch.ts';
import { createManualTimers } from '../../../support/live/manual-timers.ts';

/** A client whose unsent bytes a test sets. */
class Backlog extends EventEmitter {
  writableLength = 0;
}

function watchOf() {
  const timers = createManualTimers(1000);
  const output = new Backlog();
  const calls: string[] = [];
  const owner = { drained: () => void calls.push('drained'), drainTimedOut: () => void calls.push('too slow') };
  return {
    timers,
    output,
    calls,
    watch: new DrainWatch(output, { timers, timing: defaultLiveTiming }, owner),
    pass(seconds: number) {
      for (let passed = 0; passed < seconds; passed += 1) timers.tick();
    },
  };
}

const mark = 64 * 1024;

describe('DrainWatch', () => {
  it('is writable below the high-water mark', () => {
    const { watch, output, timers } = watchOf();
    output.writableLength = mark - 1;
    expect(watch.writable()).toBe(true);
    expect([timers.size, output.listenerCount('drain')]).toEqual([0, 0]);
  });

  it('reports that the output has drained', () => {
    const { watch, output, calls, timers } = watchOf();
    output.writableLength = mark;
    expect([watch.writable(), watch.writable()]).toEqual([false, false]);
    expect([timers.size, output.listenerCount('drain')]).toEqual([1, 1]);
    output.writableLength = 0;
    output.emit('drain');
    expect(calls).toEqual(['drained']);
    expect([timers.size, output.listenerCount('drain')]).toEqual([0, 0]);
  });

  it('reports the timeout of a client that does not read', () => {
    const { watch, output, calls, timers, pass } = watchOf();
    output.writableLength = mark;
    watch.writable();
    pass(30);
    expect(calls).toEqual([]);
    pass(1);
    expect(calls).toEqual(['too slow']);
    expect([timers.size, output.listenerCount('drain')]).toEqual([0, 0]);
  });

  it('reports drained at the timeout when the client has read below the mark', () => {
    const { watch, output, calls, pass } = watchOf();
    output.writableLength = mark;
    watch.writable();
    output.writableLength = mark - 1;
    pass(31);
    expect(calls).toEqual(['drained']);
  });

  it('restarts the timeout when the mark is reached again', () => {
    const { watch, output, calls, pass } = watchOf();
    output.writableLength = mark;
    watch.writable();
    pass(20);
    output.emit('drain');
    watch.writable();
    pass(20);
    expect(calls).toEqual(['drained']);
    pass(11);
    expect(calls).toEqual(['drained', 'too slow']);
  });

  it('reports nothing after it is stopped', () => {
    const { watch, output, calls, timers, pass } = watchOf();
    watch.stop();
    output.writableLength = mark;
    watch.writable();
    watch.stop();
    watch.stop();
    output.emit('drain');
    pass(60);
    expect(calls).toEqual([]);
    expect(timers.size).toBe(0);
  });
});
