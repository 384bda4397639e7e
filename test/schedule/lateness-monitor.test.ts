import { describe, expect, it } from 'vitest';
import { createLatenessMonitor, type LatenessMonitor } from '../../src/schedule/lateness-monitor.ts';
import { minuteMs, secondMs } from './rules/poll-fixtures.ts';

/** Minutes of one start every 5 s that each waited so long. */
function run(pace: LatenessMonitor, part: { waitedMs: number; fromMin: number; minutes: number }): void {
  const fromMs = part.fromMin * minuteMs;
  for (let atMs = fromMs; atMs < fromMs + part.minutes * minuteMs; atMs += 5 * secondMs)
    pace.record(part.waitedMs, atMs);
}

describe('createLatenessMonitor', () => {
  it('keeps the multiplier at 1 while sources start on time', () => {
    const pace = createLatenessMonitor();
    run(pace, { waitedMs: 3 * secondMs, fromMin: 0, minutes: 60 });
    expect(pace.intervalMultiplier()).toBe(1);
  });

  it('increases the multiplier step by step while starts wait for more than a minute', () => {
    const pace = createLatenessMonitor();
    run(pace, { waitedMs: 2 * minuteMs, fromMin: 0, minutes: 31 });
    expect(pace.intervalMultiplier()).toBeCloseTo(1.25 ** 3);
  });

  it('limits the multiplier to 8', () => {
    const pace = createLatenessMonitor();
    run(pace, { waitedMs: 2 * minuteMs, fromMin: 0, minutes: 600 });
    expect(pace.intervalMultiplier()).toBe(8);
  });

  it('decreases the multiplier when starts are on time again', () => {
    const pace = createLatenessMonitor();
    run(pace, { waitedMs: 2 * minuteMs, fromMin: 0, minutes: 60 });
    run(pace, { waitedMs: 0, fromMin: 60, minutes: 120 });
    expect(pace.intervalMultiplier()).toBe(1);
  });

  it('keeps the multiplier between the two thresholds', () => {
    const pace = createLatenessMonitor();
    run(pace, { waitedMs: 2 * minuteMs, fromMin: 0, minutes: 21 });
    const before = pace.intervalMultiplier();
    run(pace, { waitedMs: 40 * secondMs, fromMin: 30, minutes: 60 });
    expect(pace.intervalMultiplier()).toBe(before);
  });

  it('ignores a few late starts', () => {
    const pace = createLatenessMonitor();
    for (let atMs = 0; atMs < 60 * minuteMs; atMs += 5 * secondMs) {
      pace.record(atMs % (200 * secondMs) === 0 ? 10 * minuteMs : 0, atMs);
    }
    expect(pace.intervalMultiplier()).toBe(1);
  });

  it('requires a minimum number of starts', () => {
    const pace = createLatenessMonitor();
    for (let n = 0; n < 60; n += 1) pace.record(10 * minuteMs, n * minuteMs);
    expect(pace.intervalMultiplier()).toBe(1);
  });

  it('reports each change with the 95th percentile of the waits', () => {
    const told: number[][] = [];
    const pace = createLatenessMonitor((stretch, lateMs) => void told.push([stretch, lateMs]));
    run(pace, { waitedMs: 2 * minuteMs, fromMin: 0, minutes: 11 });
    expect(told).toEqual([[1.25, 2 * minuteMs]]);
  });
});
