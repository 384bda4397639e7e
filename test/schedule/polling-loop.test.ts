import { describe, expect, it } from 'vitest';
import { maxHostPauseMs, type RefreshResult } from '../../src/domain/polling/poll.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { createPollingLoop, type LoopPorts } from '../../src/schedule/polling-loop.ts';
import { fakeStartMs } from '../support/fake-clock.ts';
import { createLoopHarness, fresh } from './polling-loop-harness.ts';

describe('the polling loop', () => {
  it('refreshes due sources immediately after start', async () => {
    const harness = createLoopHarness();
    harness.add('a');
    harness.loop.start();
    await harness.clock.rest();
    expect(harness.starts()).toEqual(['a']);
  });

  it('does nothing before start', async () => {
    const harness = createLoopHarness();
    harness.add('a');
    harness.loop.wake();
    await harness.clock.advance(5_000);
    expect(harness.reads).toEqual([]);
  });

  it('leases a source before it is refreshed', async () => {
    const harness = createLoopHarness();
    harness.add('a');
    harness.loop.start();
    await harness.clock.rest();
    expect(harness.leased.has('a')).toBe(true);
    expect(harness.claims).toEqual([['a']]);
  });

  it('starts a source within a second after it becomes due', async () => {
    const harness = createLoopHarness({ instant: true });
    harness.add('a', { nextCheckMs: fakeStartMs + 90_500 });
    harness.loop.start();
    await harness.clock.advance(90_499);
    expect(harness.starts()).toEqual([]);
    await harness.clock.advance(1_000);
    expect(harness.starts()).toEqual(['a']);
  });

  it('reads due sources immediately when woken', async () => {
    const harness = createLoopHarness({ instant: true });
    harness.loop.start();
    await harness.clock.advance(10_300);
    harness.add('a');
    harness.loop.wake();
    await harness.clock.rest();
    expect(harness.starts()).toEqual(['a']);
  });

  it('runs at most four sources per address across hosts and continues when one ends', async () => {
    const harness = createLoopHarness();
    const answers = new Map<string, (address: string | null) => void>();
    const ports: LoopPorts = {
      ...harness.ports,
      addressOf: (host) => new Promise((resolve) => answers.set(host, resolve)),
    };
    for (let n = 0; n < 6; n += 1) harness.add(`s${n}`);
    createPollingLoop(ports, { clock: harness.clock, log: silentLog, timers: harness.clock }).start();
    await harness.clock.rest();
    expect([answers.size, harness.starts()]).toEqual([6, []]);
    for (const tell of answers.values()) tell('192.0.2.1');
    await harness.clock.rest();
    expect(harness.starts()).toEqual(['s0', 's1', 's2', 's3']);
    harness.refreshing[2]?.end();
    await harness.clock.rest();
    expect(harness.starts()).toEqual(['s0', 's1', 's2', 's3', 's4']);
  });

  it('refreshes a source if the lookup of its host fails with an internal error', async () => {
    const harness = createLoopHarness();
    harness.add('a');
    const logged: string[] = [];
    const log = { ...silentLog, error: (_facts: object, message: string) => void logged.push(message) };
    const ports: LoopPorts = { ...harness.ports, addressOf: () => Promise.reject(new Error('broken')) };
    createPollingLoop(ports, { clock: harness.clock, log, timers: harness.clock }).start();
    await harness.clock.rest();
    expect(harness.starts()).toEqual(['a']);
    expect(logged).toEqual(['the lookup of a host failed with an internal error']);
  });

  it('respects host pauses that an earlier process stored', async () => {
    const pauses = [
      { host: 'a.example.org', untilMs: fakeStartMs + 600_000 },
      { host: 'b.example.org', untilMs: fakeStartMs - 1 },
      // Longer than the maximum: the clock was set back, and the maximum pause applies.
      { host: 'c.example.org', untilMs: fakeStartMs + 86_400_000 },
    ];
    const harness = createLoopHarness({ instant: true, pauses });
    for (const id of ['a', 'b', 'c']) harness.add(id);
    harness.loop.start();
    await harness.clock.advance(599_000);
    expect(harness.starts()).toEqual(['b']);
    await harness.clock.advance(2_000);
    expect(harness.starts()).toEqual(['b', 'a']);
    await harness.clock.advance(maxHostPauseMs - 601_000 + 1_000);
    expect(harness.starts()).toEqual(['b', 'a', 'c']);
  });

  it('notices within a second that another process made a source due', async () => {
    const harness = createLoopHarness({ instant: true });
    harness.add('later', { nextCheckMs: fakeStartMs + 3_600_000 });
    harness.loop.start();
    await harness.clock.advance(10_300);
    harness.add('a');
    await harness.clock.advance(1_000);
    expect(harness.starts()).toEqual(['a']);
  });

  it('reads the store at most once a second while nothing is due', async () => {
    const harness = createLoopHarness();
    harness.add('a', { nextCheckMs: fakeStartMs + 3_600_000 });
    harness.loop.start();
    await harness.clock.advance(60_000);
    expect(harness.reads.length).toBeLessThanOrEqual(61);
  });

  it('does not spin on a due source that cannot be leased', async () => {
    const harness = createLoopHarness();
    harness.add('a');
    const loop = createPollingLoop(
      { ...harness.ports, claim: async () => [] },
      {
        clock: harness.clock,
        log: { debug() {}, info() {}, warn() {}, error() {} },
        timers: harness.clock,
      },
    );
    loop.start();
    await harness.clock.advance(10_000);
    expect(harness.reads.length).toBeLessThanOrEqual(11);
    expect(harness.starts()).toEqual([]);
  });

  it('retries a source that another process had leased', async () => {
    const harness = createLoopHarness({ instant: true });
    harness.add('a');
    let held = true;
    const ports: LoopPorts = {
      ...harness.ports,
      claim: async (ids, nowMs) => (held ? [] : harness.ports.claim(ids, nowMs)),
    };
    createPollingLoop(ports, { clock: harness.clock, log: silentLog, timers: harness.clock }).start();
    await harness.clock.advance(3_000);
    held = false;
    await harness.clock.advance(3_000);
    expect(harness.starts()).toEqual(['a']);
  });

  it('reads again at once if woken during a read', async () => {
    const harness = createLoopHarness({ instant: true });
    const slowly = Promise.withResolvers<void>();
    let reads = 0;
    const ports: LoopPorts = {
      ...harness.ports,
      readDue: async (nowMs, limit) => {
        const rows = await harness.ports.readDue(nowMs, limit);
        reads += 1;
        if (reads === 1) await slowly.promise;
        return rows;
      },
    };
    const loop = createPollingLoop(ports, { clock: harness.clock, log: silentLog, timers: harness.clock });
    loop.start();
    await harness.clock.rest();
    harness.add('a');
    loop.wake();
    slowly.resolve();
    await harness.clock.rest();
    expect(harness.starts()).toEqual(['a']);
  });

  it('never refreshes a source twice concurrently', async () => {
    const harness = createLoopHarness();
    harness.add('a');
    harness.loop.start();
    await harness.clock.advance(30_000);
    harness.leased.delete('a');
    await harness.clock.advance(30_000);
    expect(harness.starts()).toEqual(['a']);
  });

  it('sends one request a second to a host', async () => {
    const harness = createLoopHarness({ instant: true });
    for (let n = 0; n < 5; n += 1) harness.add(`s${n}`, { host: 'one.example.org' });
    harness.loop.start();
    await harness.clock.advance(10_000);
    const times = harness.refreshing.map((one) => one.atMs);
    expect(times).toHaveLength(5);
    for (let n = 1; n < 5; n += 1) expect((times[n] ?? 0) - (times[n - 1] ?? 0)).toBeGreaterThanOrEqual(1_000);
  });

  it('polls other hosts while one host has more due sources than the window', async () => {
    const harness = createLoopHarness({ instant: true });
    for (let n = 0; n < 5_000; n += 1) {
      harness.add(`flood${n}`, { host: 'flood.example.org', nextCheckMs: fakeStartMs - 10_000 });
    }
    harness.add('small');
    harness.loop.start();
    await harness.clock.advance(15_000);
    expect(harness.starts()).toContain('small');
  });

  it('refreshes a remaining source at once when 300 others of its host are removed', async () => {
    const harness = createLoopHarness({ instant: true });
    for (let n = 0; n < 300; n += 1) harness.add(`removed${n}`, { host: 'one.example.org' });
    harness.loop.start();
    await harness.clock.advance(2_500);
    harness.add('stays', { host: 'one.example.org' });
    for (const id of [...harness.due.keys()]) if (id !== 'stays') harness.due.delete(id);
    harness.loop.retain((id) => id === 'stays');
    harness.loop.wake();
    await harness.clock.advance(2_000);
    expect(harness.starts().slice(3)).toEqual(['stays']);
  });

  it('does not apply the host gap for sources that another process removed', async () => {
    const harness = createLoopHarness({ instant: true });
    for (let n = 0; n < 300; n += 1) harness.add(`removed${n}`, { host: 'one.example.org' });
    harness.loop.start();
    await harness.clock.advance(2_500);
    harness.add('stays', { host: 'one.example.org' });
    for (const id of [...harness.due.keys()]) if (id !== 'stays') harness.due.delete(id);
    await harness.clock.advance(10_000);
    expect(harness.starts().slice(3)).toEqual(['stays']);
  });

  it('logs a refresh that throws and continues', async () => {
    const harness = createLoopHarness();
    harness.add('a');
    harness.loop.start();
    await harness.clock.rest();
    harness.refreshing[0]?.fail(new Error('a bug'));
    harness.add('b');
    await harness.clock.advance(2_000);
    expect(harness.starts()).toContain('b');
    expect(harness.errors).toEqual(['refresh failed with an internal error']);
  });

  it('continues after the store was unreadable', async () => {
    const harness = createLoopHarness();
    harness.add('a');
    harness.faults.read = true;
    harness.loop.start();
    await harness.clock.advance(3_000);
    harness.faults.read = false;
    await harness.clock.advance(1_000);
    expect(harness.starts()).toEqual(['a']);
    expect(harness.errors.length).toBeGreaterThanOrEqual(3);
  });

  it('releases sources if the claim throws', async () => {
    const harness = createLoopHarness();
    harness.add('a');
    harness.faults.claim = true;
    harness.loop.start();
    await harness.clock.advance(1_000);
    harness.faults.claim = false;
    await harness.clock.advance(3_000);
    expect(harness.starts()).toEqual(['a']);
  });

  it('pauses a host for as long as a refresh reports', async () => {
    const harness = createLoopHarness();
    harness.add('a', { host: 'one.example.org' });
    harness.add('b', { host: 'one.example.org' });
    harness.loop.start();
    await harness.clock.rest();
    harness.refreshing[0]?.end({ outcome: 'throttled', hostPauseMs: 60_000 });
    await harness.clock.advance(59_000);
    expect(harness.starts()).toEqual(['a']);
    await harness.clock.advance(2_000);
    expect(harness.starts()).toEqual(['a', 'b']);
  });

  it('applies new politeness limits immediately', async () => {
    const harness = createLoopHarness({ instant: true, limits: { globalPerSecond: 1 } });
    for (let n = 0; n < 20; n += 1) harness.add(`s${n}`);
    harness.loop.start();
    await harness.clock.advance(2_500);
    expect(harness.starts()).toHaveLength(3);
    harness.loop.setLimits({ globalPerSecond: 10 });
    await harness.clock.advance(2_500);
    expect(harness.starts()).toHaveLength(20);
  });

  it('calls onResult for every refresh', async () => {
    const results: RefreshResult[] = [];
    const harness = createLoopHarness({ instant: true, onResult: (result) => void results.push(result) });
    harness.add('a');
    harness.loop.start();
    await harness.clock.rest();
    expect(results).toEqual([{ ...fresh, sourceId: 'a' }]);
  });
});

describe('stopping the polling loop', () => {
  it('resolves when running refreshes end', async () => {
    const harness = createLoopHarness();
    harness.add('a');
    harness.loop.start();
    await harness.clock.rest();
    let stopped = false;
    const stopping = harness.loop.stop().then(() => {
      stopped = true;
    });
    await harness.clock.advance(5_000);
    expect(stopped).toBe(false);
    expect(harness.refreshing[0]?.signal.aborted).toBe(false);
    harness.refreshing[0]?.end();
    await stopping;
    expect(harness.clock.timers).toBe(0);
  });

  it('starts no further source', async () => {
    const harness = createLoopHarness({ instant: true });
    harness.loop.start();
    await harness.clock.rest();
    await harness.loop.stop();
    harness.add('a');
    harness.loop.wake();
    await harness.clock.advance(10_000);
    expect(harness.starts()).toEqual([]);
  });

  it('starts no further source if stopped during a tick', async () => {
    const harness = createLoopHarness({ instant: true });
    harness.add('a');
    harness.loop.start();
    await harness.loop.stop();
    expect(harness.starts()).toEqual([]);
  });

  it('aborts refreshes that exceed the grace period', async () => {
    const harness = createLoopHarness({ graceMs: 3_000 });
    harness.add('a');
    harness.loop.start();
    await harness.clock.rest();
    const stopping = harness.loop.stop();
    await harness.clock.advance(3_000);
    const run = harness.refreshing[0];
    expect(run?.signal.aborted).toBe(true);
    run?.fail(new Error('aborted'));
    await stopping;
    expect(harness.errors).toEqual([]);
  });

  it('resolves even when a refresh ignores its abort', async () => {
    const harness = createLoopHarness({ graceMs: 3_000, abortGraceMs: 1_000 });
    harness.add('a');
    harness.loop.start();
    await harness.clock.rest();
    const stopping = harness.loop.stop();
    await harness.clock.advance(4_000);
    await expect(stopping).resolves.toBeUndefined();
  });

  it('resolves immediately if it was never started', async () => {
    await expect(createLoopHarness().loop.stop()).resolves.toBeUndefined();
  });
});
