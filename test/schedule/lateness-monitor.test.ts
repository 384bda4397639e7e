import { describe, expect, it } from 'vitest';
import { createLatenessMonitor, type LatenessMonitor } from '../../src/schedule/lateness-monitor.ts';
import { minuteMs, secondMs } from './rules/poll-fixtures.ts';

/** Records a start every 5 s for some minutes, each with this wait. */
function run(monitor: LatenessMonitor, part: { waitedMs: number; fromMin: number; minutes: number }): void {
  const fromMs = part.fromMin * minuteMs;
  for (let atMs = fromMs; atMs < fromMs + part.minutes * minuteMs; atMs += 5 * secondMs)
    monitor.record(part.waitedMs, atMs);
}

describe('createLatenessMonitor', () => {
  it('keeps the multiplier at 1 while sources start on time', () => {
    const monitor = createLatenessMonitor();
    run(monitor, { waitedMs: 3 * secondMs, fromMin: 0, minutes: 60 });
    expect(monitor.intervalMultiplier()).toBe(1);
  });

  it('increases the multiplier step by step while starts wait for more than a minute', () => {
    const monitor = createLatenessMonitor();
    run(monitor, { waitedMs: 2 * minuteMs, fromMin: 0, minutes: 31 });
    expect(monitor.intervalMultiplier()).toBeCloseTo(1.25 ** 3);
  });

  it('limits the multiplier to 8', () => {
    const monitor = createLatenessMonitor();
    run(monitor, { waitedMs: 2 * minuteMs, fromMin: 0, minutes: 600 });
    expect(monitor.intervalMultiplier()).toBe(8);
  });

  it('decreases the multiplier when starts are on time again', () => {
    const monitor = createLatenessMonitor();
    run(monitor, { waitedMs: 2 * minuteMs, fromMin: 0, minutes: 60 });
    run(monitor, { waitedMs: 0, fromMin: 60, minutes: 120 });
    expect(monitor.intervalMultiplier()).toBe(1);
  });

  it('keeps the multiplier between the two thresholds', () => {
    const monitor = createLatenessMonitor();
    run(monitor, { waitedMs: 2 * minuteMs, fromMin: 0, minutes: 21 });
    const before = monitor.intervalMultiplier();
    run(monitor, { waitedMs: 40 * secondMs, fromMin: 30, minutes: 60 });
    expect(monitor.intervalMultiplier()).toBe(before);
  });

  it('ignores a few late starts', () => {
    const monitor = createLatenessMonitor();
    for (let atMs = 0; atMs < 60 * minuteMs; atMs += 5 * secondMs) {
      monitor.record(atMs % (200 * secondMs) === 0 ? 10 * minuteMs : 0, atMs);
    }
    expect(monitor.intervalMultiplier()).toBe(1);
  });

  it('requires a minimum number of starts', () => {
    const monitor = createLatenessMonitor();
    for (let n = 0; n < 60; n += 1) monitor.record(10 * minuteMs, n * minuteMs);
    expect(monitor.intervalMultiplier()).toBe(1);
  });

  it('reports each change with the 95th percentile of the waits', () => {
    const changes: number[][] = [];
    const monitor = createLatenessMonitor((multiplier, lateMs) => void changes.push([multiplier, lateMs]));
    run(monitor, { waitedMs: 2 * minuteMs, fromMin: 0, minutes: 11 });
    expect(changes).toEqual([[1.25, 2 * minuteMs]]);
  });
});
