import { describe, expect, it } from 'vitest';
import { maxHostPauseMs, type RefreshResult } from '../../src/domain/polling/poll.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { createPollingLoop, type LoopPorts } from '../../src/schedule/polling-loop.ts';
import { fakeStartMs } from '../support/fake-clock.ts';
import { createBench, fresh } from './polling-loop-bench.ts';

describe('the polling loop', () => {
  it('refreshes due sources immediately after start', async () => {
    const bench = createBench();
    bench.add('a');
    bench.loop.start();
    await bench.clock.rest();
    expect(bench.starts()).toEqual(['a']);
  });

  it('does nothing before start', async () => {
    const bench = createBench();
    bench.add('a');
    bench.loop.wake();
    await bench.clock.advance(5_000);
    expect(bench.reads).toEqual([]);
  });

  it('leases a source before it is refreshed', async () => {
    const bench = createBench();
    bench.add('a');
    bench.loop.start();
    await bench.clock.rest();
    expect(bench.leased.has('a')).toBe(true);
    expect(bench.claims).toEqual([['a']]);
  });

  it('starts a source within a second after it becomes due', async () => {
    const bench = createBench({ instant: true });
    bench.add('a', { nextCheckMs: fakeStartMs + 90_500 });
    bench.loop.start();
    await bench.clock.advance(90_499);
    expect(bench.starts()).toEqual([]);
    await bench.clock.advance(1_000);
    expect(bench.starts()).toEqual(['a']);
  });

  it('reads due sources immediately when woken', async () => {
    const bench = createBench({ instant: true });
    bench.loop.start();
    await bench.clock.advance(10_300);
    bench.add('a');
    bench.loop.wake();
    await bench.clock.rest();
    expect(bench.starts()).toEqual(['a']);
  });

  it('runs at most four sources per address across hosts and continues when one ends', async () => {
    const bench = createBench();
    const answers = new Map<string, (address: string | null) => void>();
    const ports: LoopPorts = {
      ...bench.ports,
      addressOf: (host) => new Promise((resolve) => answers.set(host, resolve)),
    };
    for (let n = 0; n < 6; n += 1) bench.add(`s${n}`);
    createPollingLoop(ports, { clock: bench.clock, log: silentLog, timers: bench.clock }).start();
    await bench.clock.rest();
    expect([answers.size, bench.starts()]).toEqual([6, []]);
    for (const tell of answers.values()) tell('192.0.2.1');
    await bench.clock.rest();
    expect(bench.starts()).toEqual(['s0', 's1', 's2', 's3']);
    bench.refreshing[2]?.end();
    await bench.clock.rest();
    expect(bench.starts()).toEqual(['s0', 's1', 's2', 's3', 's4']);
  });

  it('refreshes a source if the lookup of its host fails with an internal error', async () => {
    const bench = createBench();
    bench.add('a');
    const said: string[] = [];
    const log = { ...silentLog, error: (_facts: object, message: string) => void said.push(message) };
    const ports: LoopPorts = { ...bench.ports, addressOf: () => Promise.reject(new Error('broken')) };
    createPollingLoop(ports, { clock: bench.clock, log, timers: bench.clock }).start();
    await bench.clock.rest();
    expect(bench.starts()).toEqual(['a']);
    expect(said).toEqual(['the lookup of a host failed with an internal error']);
  });

  it('respects host pauses that an earlier process stored', async () => {
    const pauses = [
      { host: 'a.example.org', untilMs: fakeStartMs + 600_000 },
      { host: 'b.example.org', untilMs: fakeStartMs - 1 },
      // Only a clock turned back explains it: the longest pause there is.
      { host: 'c.example.org', untilMs: fakeStartMs + 86_400_000 },
    ];
    const bench = createBench({ instant: true, pauses });
    for (const id of ['a', 'b', 'c']) bench.add(id);
    bench.loop.start();
    await bench.clock.advance(599_000);
    expect(bench.starts()).toEqual(['b']);
    await bench.clock.advance(2_000);
    expect(bench.starts()).toEqual(['b', 'a']);
    await bench.clock.advance(maxHostPauseMs - 601_000 + 1_000);
    expect(bench.starts()).toEqual(['b', 'a', 'c']);
  });

  it('notices within a second that another process made a source due', async () => {
    const bench = createBench({ instant: true });
    bench.add('later', { nextCheckMs: fakeStartMs + 3_600_000 });
    bench.loop.start();
    await bench.clock.advance(10_300);
    bench.add('a');
    await bench.clock.advance(1_000);
    expect(bench.starts()).toEqual(['a']);
  });

  it('reads the store at most once a second while nothing is due', async () => {
    const bench = createBench();
    bench.add('a', { nextCheckMs: fakeStartMs + 3_600_000 });
    bench.loop.start();
    await bench.clock.advance(60_000);
    expect(bench.reads.length).toBeLessThanOrEqual(61);
  });

  it('does not spin on a due source that cannot be leased', async () => {
    const bench = createBench();
    bench.add('a');
    const loop = createPollingLoop(
      { ...bench.ports, claim: async () => [] },
      {
        clock: bench.clock,
        log: { debug() {}, info() {}, warn() {}, error() {} },
        timers: bench.clock,
      },
    );
    loop.start();
    await bench.clock.advance(10_000);
    expect(bench.reads.length).toBeLessThanOrEqual(11);
    expect(bench.starts()).toEqual([]);
  });

  it('retries a source that another process had leased', async () => {
    const bench = createBench({ instant: true });
    bench.add('a');
    let held = true;
    const ports: LoopPorts = {
      ...bench.ports,
      claim: async (ids, nowMs) => (held ? [] : bench.ports.claim(ids, nowMs)),
    };
    createPollingLoop(ports, { clock: bench.clock, log: silentLog, timers: bench.clock }).start();
    await bench.clock.advance(3_000);
    held = false;
    await bench.clock.advance(3_000);
    expect(bench.starts()).toEqual(['a']);
  });

  it('reads again at once if woken during a read', async () => {
    const bench = createBench({ instant: true });
    const slowly = Promise.withResolvers<void>();
    let reads = 0;
    const ports: LoopPorts = {
      ...bench.ports,
      readDue: async (nowMs, limit) => {
        const rows = await bench.ports.readDue(nowMs, limit);
        reads += 1;
        if (reads === 1) await slowly.promise;
        return rows;
      },
    };
    const loop = createPollingLoop(ports, { clock: bench.clock, log: silentLog, timers: bench.clock });
    loop.start();
    await bench.clock.rest();
    bench.add('a');
    loop.wake();
    slowly.resolve();
    await bench.clock.rest();
    expect(bench.starts()).toEqual(['a']);
  });

  it('never refreshes a source twice concurrently', async () => {
    const bench = createBench();
    bench.add('a');
    bench.loop.start();
    await bench.clock.advance(30_000);
    bench.leased.delete('a');
    await bench.clock.advance(30_000);
    expect(bench.starts()).toEqual(['a']);
  });

  it('sends one request a second to a host', async () => {
    const bench = createBench({ instant: true });
    for (let n = 0; n < 5; n += 1) bench.add(`s${n}`, { host: 'one.example.org' });
    bench.loop.start();
    await bench.clock.advance(10_000);
    const times = bench.refreshing.map((one) => one.atMs);
    expect(times).toHaveLength(5);
    for (let n = 1; n < 5; n += 1) expect((times[n] ?? 0) - (times[n - 1] ?? 0)).toBeGreaterThanOrEqual(1_000);
  });

  it('polls other hosts while one host has more due sources than the window', async () => {
    const bench = createBench({ instant: true });
    for (let n = 0; n < 5_000; n += 1) {
      bench.add(`flood${n}`, { host: 'flood.example.org', nextCheckMs: fakeStartMs - 10_000 });
    }
    bench.add('small');
    bench.loop.start();
    await bench.clock.advance(15_000);
    expect(bench.starts()).toContain('small');
  });

  it('refreshes a remaining source at once when 300 others of its host are removed', async () => {
    const bench = createBench({ instant: true });
    for (let n = 0; n < 300; n += 1) bench.add(`removed${n}`, { host: 'one.example.org' });
    bench.loop.start();
    await bench.clock.advance(2_500);
    bench.add('stays', { host: 'one.example.org' });
    for (const id of [...bench.due.keys()]) if (id !== 'stays') bench.due.delete(id);
    bench.loop.retain((id) => id === 'stays');
    bench.loop.wake();
    await bench.clock.advance(2_000);
    expect(bench.starts().slice(3)).toEqual(['stays']);
  });

  it('does not apply the host gap for sources that another process removed', async () => {
    const bench = createBench({ instant: true });
    for (let n = 0; n < 300; n += 1) bench.add(`removed${n}`, { host: 'one.example.org' });
    bench.loop.start();
    await bench.clock.advance(2_500);
    bench.add('stays', { host: 'one.example.org' });
    for (const id of [...bench.due.keys()]) if (id !== 'stays') bench.due.delete(id);
    await bench.clock.advance(10_000);
    expect(bench.starts().slice(3)).toEqual(['stays']);
  });

  it('logs a refresh that throws and continues', async () => {
    const bench = createBench();
    bench.add('a');
    bench.loop.start();
    await bench.clock.rest();
    bench.refreshing[0]?.fail(new Error('a bug'));
    bench.add('b');
    await bench.clock.advance(2_000);
    expect(bench.starts()).toContain('b');
    expect(bench.errors).toEqual(['refresh failed with an internal error']);
  });

  it('continues after the store was unreadable', async () => {
    const bench = createBench();
    bench.add('a');
    bench.faults.read = true;
    bench.loop.start();
    await bench.clock.advance(3_000);
    bench.faults.read = false;
    await bench.clock.advance(1_000);
    expect(bench.starts()).toEqual(['a']);
    expect(bench.errors.length).toBeGreaterThanOrEqual(3);
  });

  it('releases sources if the claim throws', async () => {
    const bench = createBench();
    bench.add('a');
    bench.faults.claim = true;
    bench.loop.start();
    await bench.clock.advance(1_000);
    bench.faults.claim = false;
    await bench.clock.advance(3_000);
    expect(bench.starts()).toEqual(['a']);
  });

  it('pauses a host for as long as a refresh reports', async () => {
    const bench = createBench();
    bench.add('a', { host: 'one.example.org' });
    bench.add('b', { host: 'one.example.org' });
    bench.loop.start();
    await bench.clock.rest();
    bench.refreshing[0]?.end({ outcome: 'throttled', hostPauseMs: 60_000 });
    await bench.clock.advance(59_000);
    expect(bench.starts()).toEqual(['a']);
    await bench.clock.advance(2_000);
    expect(bench.starts()).toEqual(['a', 'b']);
  });

  it('applies new politeness limits immediately', async () => {
    const bench = createBench({ instant: true, limits: { globalPerSecond: 1 } });
    for (let n = 0; n < 20; n += 1) bench.add(`s${n}`);
    bench.loop.start();
    await bench.clock.advance(2_500);
    expect(bench.starts()).toHaveLength(3);
    bench.loop.setLimits({ globalPerSecond: 10 });
    await bench.clock.advance(2_500);
    expect(bench.starts()).toHaveLength(20);
  });

  it('calls onResult for every refresh', async () => {
    const results: RefreshResult[] = [];
    const bench = createBench({ instant: true, onResult: (result) => void results.push(result) });
    bench.add('a');
    bench.loop.start();
    await bench.clock.rest();
    expect(results).toEqual([{ ...fresh, sourceId: 'a' }]);
  });
});

describe('stopping the polling loop', () => {
  it('resolves when running refreshes end', async () => {
    const bench = createBench();
    bench.add('a');
    bench.loop.start();
    await bench.clock.rest();
    let stopped = false;
    const stopping = bench.loop.stop().then(() => {
      stopped = true;
    });
    await bench.clock.advance(5_000);
    expect(stopped).toBe(false);
    expect(bench.refreshing[0]?.signal.aborted).toBe(false);
    bench.refreshing[0]?.end();
    await stopping;
    expect(bench.clock.timers).toBe(0);
  });

  it('starts no further source', async () => {
    const bench = createBench({ instant: true });
    bench.loop.start();
    await bench.clock.rest();
    await bench.loop.stop();
    bench.add('a');
    bench.loop.wake();
    await bench.clock.advance(10_000);
    expect(bench.starts()).toEqual([]);
  });

  it('starts no further source if stopped during a tick', async () => {
    const bench = createBench({ instant: true });
    bench.add('a');
    bench.loop.start();
    await bench.loop.stop();
    expect(bench.starts()).toEqual([]);
  });

  it('aborts refreshes that exceed the grace period', async () => {
    const bench = createBench({ graceMs: 3_000 });
    bench.add('a');
    bench.loop.start();
    await bench.clock.rest();
    const stopping = bench.loop.stop();
    await bench.clock.advance(3_000);
    const run = bench.refreshing[0];
    expect(run?.signal.aborted).toBe(true);
    run?.fail(new Error('aborted'));
    await stopping;
    expect(bench.errors).toEqual([]);
  });

  it('resolves even when a refresh ignores its abort', async () => {
    const bench = createBench({ graceMs: 3_000, abortGraceMs: 1_000 });
    bench.add('a');
    bench.loop.start();
    await bench.clock.rest();
    const stopping = bench.loop.stop();
    await bench.clock.advance(4_000);
    await expect(stopping).resolves.toBeUndefined();
  });

  it('resolves immediately if it was never started', async () => {
    await expect(createBench().loop.stop()).resolves.toBeUndefined();
  });
});
