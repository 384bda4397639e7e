import { describe, expect, it } from 'vitest';
import { fakeStartMs } from '../support/fake-clock.ts';
import { type Plan, type SimulationResult, simulate, tableOf } from './simulation.ts';

const small: Plan = { sources: 4_000, days: 2, hostileShare: 0.05, startMs: fakeStartMs, seed: 7 };
const big: Plan = {
  sources: 100_000,
  days: 7,
  hostileShare: 0.05,
  startMs: fakeStartMs,
  seed: 7,
  limits: { globalPerSecond: 40, concurrency: 128 },
};

function run(plan: Plan): SimulationResult {
  const found = simulate(plan);
  if (process.env['SOAK'] === '1') process.stdout.write(`\n${tableOf(plan, found)}\n`);
  return found;
}

describe('simulated days of polling', () => {
  const found = run(small);

  it('polls no source before the time that its publisher allows', () => {
    expect(found.early).toBe(0);
  });

  it('starts at least 99 % of healthy polls within a tenth of their interval', () => {
    expect(found.punctual).toBeGreaterThanOrEqual(0.99);
  });

  it('reads every source at least once', () => {
    expect(found.neverRead).toBe(0);
  });

  it('polls the busiest host at most once a second', () => {
    expect(found.busiestHostPeakPerSecond).toBe(1);
  });

  it('starts at most globalPerSecond polls in any second', () => {
    expect(found.peakPerSecond).toBeLessThanOrEqual(10);
  });

  it('polls a source without new items at most 24 times a day', () => {
    expect(found.mostIdleRequests).toBeLessThanOrEqual(24);
  });

  it('polls healthy sources as punctually beside hostile ones as without them', () => {
    const plan = { ...small, sources: 2_000, days: 1 };
    const beside = simulate({ ...plan, hostileShare: 0.05 });
    const without = simulate({ ...plan, hostileShare: 0 });
    expect(without.punctual - beside.punctual).toBeLessThan(0.01);
  });
});

describe.runIf(process.env['SOAK'] === '1')('a week of a hundred thousand sources', () => {
  it('are polled in time, politely, beside five thousand hostile ones', { timeout: 600_000 }, () => {
    const week = run(big);
    expect(week.early).toBe(0);
    expect(week.punctual).toBeGreaterThanOrEqual(0.99);
    expect(week.busiestHostPeakPerSecond).toBe(1);
    expect(week.neverRead).toBe(0);
    expect(week.mostIdleRequests).toBeLessThanOrEqual(24);
  });
});
