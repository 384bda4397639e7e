import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { defaultLiveTiming } from '../../../../src/web/live/protocol/live-timing.ts';
import { DrainWatch } from '../../../../src/web/live/session/drain-watch.ts';
import { createManualTimers } from '../../../support/live/manual-timers.ts';

/** A reader whose backlog a test sets. */
class Backlog extends EventEmitter {
  writableLength = 0;
}

function watchOf() {
  const timers = createManualTimers(1000);
  const outlet = new Backlog();
  const told: string[] = [];
  const owner = { drained: () => void told.push('drained'), drainTimedOut: () => void told.push('too slow') };
  return {
    timers,
    outlet,
    told,
    watch: new DrainWatch(outlet, { timers, timing: defaultLiveTiming }, owner),
    pass(seconds: number) {
      for (let passed = 0; passed < seconds; passed += 1) timers.tick();
    },
  };
}

const mark = 64 * 1024;

describe('DrainWatch', () => {
  it('is writable below the high-water mark', () => {
    const { watch, outlet, timers } = watchOf();
    outlet.writableLength = mark - 1;
    expect(watch.writable()).toBe(true);
    expect([timers.size, outlet.listenerCount('drain')]).toEqual([0, 0]);
  });

  it('reports that the output has drained', () => {
    const { watch, outlet, told, timers } = watchOf();
    outlet.writableLength = mark;
    expect([watch.writable(), watch.writable()]).toEqual([false, false]);
    expect([timers.size, outlet.listenerCount('drain')]).toEqual([1, 1]);
    outlet.writableLength = 0;
    outlet.emit('drain');
    expect(told).toEqual(['drained']);
    expect([timers.size, outlet.listenerCount('drain')]).toEqual([0, 0]);
  });

  it('reports the timeout of a client that does not read', () => {
    const { watch, outlet, told, timers, pass } = watchOf();
    outlet.writableLength = mark;
    watch.writable();
    pass(30);
    expect(told).toEqual([]);
    pass(1);
    expect(told).toEqual(['too slow']);
    expect([timers.size, outlet.listenerCount('drain')]).toEqual([0, 0]);
  });

  it('reports drained at the timeout when the client has read below the mark', () => {
    const { watch, outlet, told, pass } = watchOf();
    outlet.writableLength = mark;
    watch.writable();
    outlet.writableLength = mark - 1;
    pass(31);
    expect(told).toEqual(['drained']);
  });

  it('restarts the timeout when the mark is reached again', () => {
    const { watch, outlet, told, pass } = watchOf();
    outlet.writableLength = mark;
    watch.writable();
    pass(20);
    outlet.emit('drain');
    watch.writable();
    pass(20);
    expect(told).toEqual(['drained']);
    pass(11);
    expect(told).toEqual(['drained', 'too slow']);
  });

  it('reports nothing after it is stopped', () => {
    const { watch, outlet, told, timers, pass } = watchOf();
    watch.stop();
    outlet.writableLength = mark;
    watch.writable();
    watch.stop();
    watch.stop();
    outlet.emit('drain');
    pass(60);
    expect(told).toEqual([]);
    expect(timers.size).toBe(0);
  });
});
