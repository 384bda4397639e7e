import { describe, expect, it } from 'vitest';
import type { FetchOutcome } from '../../src/domain/polling/fetch-outcome.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { createLatenessMonitor } from '../../src/schedule/lateness-monitor.ts';
import { NetworkBreaker } from '../../src/schedule/network-breaker.ts';
import { createPollingLoop, type LoopPorts } from '../../src/schedule/polling-loop.ts';
import { fakeStartMs } from '../support/fake-clock.ts';
import { createLoopHarness } from './polling-loop-harness.ts';

const unreachable: FetchOutcome = {
  kind: 'failed',
  failure: 'connect_error',
  detail: '',
  retryAfterMs: null,
  facts: { status: null, bytes: 0, durationMs: 1, redirects: 0, notes: [] },
};

describe('the polling loop under load', () => {
  it('polls no remote source while the network breaker is open, then runs a few trials', async () => {
    const breaker = new NetworkBreaker();
    const harness = createLoopHarness({ networkBreaker: breaker });
    for (let n = 0; n < 20; n += 1) breaker.record(`h${n}.example.org`, unreachable, 0);
    for (let n = 0; n < 20; n += 1) harness.add(`s${n}`);
    harness.loop.start();
    await harness.clock.advance(29_000);
    expect(harness.starts()).toEqual([]);
    await harness.clock.advance(5_000);
    expect(harness.starts()).toHaveLength(3);
  });

  it('reads local files while the network breaker is open, all at once', async () => {
    const breaker = new NetworkBreaker();
    for (let n = 0; n < 20; n += 1) breaker.record(`h${n}.example.org`, unreachable, 0);
    const harness = createLoopHarness({ networkBreaker: breaker, instant: true });
    harness.add('remote');
    for (const id of ['one', 'two', 'three']) harness.add(id, { host: '/srv/feeds/' });
    harness.loop.start();
    await harness.clock.advance(100);
    expect(harness.starts()).toEqual(['one', 'two', 'three']);
  });

  it('does not delay local files for many remote sources', async () => {
    const harness = createLoopHarness({ limits: { globalPerSecond: 1 } });
    for (let n = 0; n < 50; n += 1) harness.add(`s${n}`);
    harness.add('local', { host: '/srv/feeds/' });
    harness.loop.start();
    await harness.clock.advance(100);
    expect(harness.starts()).toContain('local');
  });

  it('reports to the lateness monitor how long each source waited', async () => {
    const waits: number[] = [];
    const lateness = { ...createLatenessMonitor(), record: (waitedMs: number) => void waits.push(waitedMs) };
    const harness = createLoopHarness({ instant: true, lateness: lateness, limits: { globalPerSecond: 1 } });
    for (let n = 0; n < 3; n += 1) harness.add(`s${n}`);
    harness.loop.start();
    await harness.clock.advance(5_000);
    expect(waits).toEqual([0, 1_000, 2_000]);
  });

  it('keeps polling when the wall clock is set back while it runs', async () => {
    const harness = createLoopHarness({ instant: true });
    harness.add('a', { nextCheckMs: fakeStartMs + 5_000 });
    harness.loop.start();
    await harness.clock.advance(1_000);
    harness.clock.turnWall(-60_000);
    await harness.clock.advance(65_000);
    expect(harness.starts()).toEqual(['a']);
  });

  it.each([
    3_600_000, 86_400_000,
  ])('has stored times moved at once when the wall clock is set back by %d ms', async (ms) => {
    const harness = createLoopHarness({ instant: true });
    harness.add('a', { nextCheckMs: fakeStartMs + 60_000 });
    const moves: number[] = [];
    const ports: LoopPorts = {
      ...harness.ports,
      async clockSetBack(nowMs) {
        moves.push(harness.clock.monotonic());
        harness.add('a', { nextCheckMs: nowMs + 60_000 });
      },
    };
    createPollingLoop(ports, { clock: harness.clock, log: silentLog, timers: harness.clock }).start();
    await harness.clock.advance(1_000);
    harness.clock.turnWall(-ms);
    await harness.clock.advance(62_000);
    expect(harness.starts()).toEqual(['a']);
    expect(moves).toHaveLength(1);
    expect(moves[0]).toBeLessThanOrEqual(2_000);
  });

  it('retries moving stored times after a store fault', async () => {
    const harness = createLoopHarness({ instant: true });
    let tries = 0;
    const ports: LoopPorts = {
      ...harness.ports,
      async clockSetBack() {
        tries += 1;
        if (tries === 1) throw new Error('database is locked');
      },
    };
    createPollingLoop(ports, { clock: harness.clock, log: silentLog, timers: harness.clock }).start();
    await harness.clock.advance(1_000);
    harness.clock.turnWall(-3_600_000);
    await harness.clock.advance(10_000);
    expect(tries).toBe(2);
  });

  it('polls each source once when the wall clock jumps a day ahead', async () => {
    const harness = createLoopHarness({ instant: true });
    for (let n = 0; n < 40; n += 1) harness.add(`s${n}`, { nextCheckMs: fakeStartMs + 60_000 + n });
    harness.loop.start();
    await harness.clock.advance(1_000);
    harness.clock.turnWall(86_400_000);
    await harness.clock.advance(30_000);
    expect(harness.starts()).toHaveLength(40);
    expect(new Set(harness.starts()).size).toBe(40);
    const firstSecond = harness.refreshing.filter((one) => one.atMs < (harness.refreshing[0]?.atMs ?? 0) + 1_000);
    expect(firstSecond.length).toBeLessThanOrEqual(10);
  });
});
