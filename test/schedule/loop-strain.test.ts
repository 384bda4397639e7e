import { describe, expect, it } from 'vitest';
import type { DueSource, Lease, RefreshResult } from '../../src/domain/poll.ts';
import type { Log } from '../../src/runtime/log.ts';
import { createLoop, type LoopOptions, type LoopPorts } from '../../src/schedule/loop.ts';
import { createNetworkBrake } from '../../src/schedule/network-brake.ts';
import { createPace } from '../../src/schedule/pace.ts';
import { createFakeClock, fakeStartMs } from '../helpers/fake-clock.ts';

interface Refreshing {
  readonly id: string;
  readonly atMs: number;
  readonly signal: AbortSignal;
  readonly end: (result?: Partial<RefreshResult>) => void;
  readonly fail: (error: Error) => void;
}

/** A store in memory, and refreshes that last until the test ends them (or not at all, by `instant`). */
function createBench(options: Partial<LoopOptions> & { instant?: boolean } = {}) {
  const clock = createFakeClock();
  const due = new Map<string, DueSource>();
  const leased = new Set<string>();
  const refreshing: Refreshing[] = [];
  const errors: string[] = [];
  const reads: number[] = [];
  const claims: (readonly string[])[] = [];
  const faults = { read: false, claim: false };
  const note = (_facts: object, message: string): void => void errors.push(message);
  const log: Log = { debug() {}, info() {}, warn() {}, error: note };

  const ports: LoopPorts = {
    async readDue(nowMs, limit) {
      reads.push(clock.monotonic());
      if (faults.read) throw new Error('database is locked');
      const rows = [...due.values()].filter((row) => row.nextCheckMs <= nowMs && !leased.has(row.id));
      return rows.sort((a, b) => a.nextCheckMs - b.nextCheckMs).slice(0, limit);
    },
    async claim(ids, nowMs) {
      claims.push(ids);
      if (faults.claim) throw new Error('database is locked');
      const free = ids.filter((id) => due.has(id) && !leased.has(id));
      for (const id of free) leased.add(id);
      return free.map((sourceId): Lease => ({ sourceId, token: 't', untilMs: nowMs + 90_000, declarationHash: 'd' }));
    },
    refresh(lease, signal) {
      const settle = (nextCheckMs: number): void => {
        const row = due.get(lease.sourceId);
        if (row !== undefined) due.set(row.id, { ...row, nextCheckMs });
        leased.delete(lease.sourceId);
      };
      return new Promise((resolve, reject) => {
        const end = (result: Partial<RefreshResult> = {}): void => {
          settle(clock.now() + 3_600_000);
          resolve({ ...fresh, sourceId: lease.sourceId, ...result });
        };
        refreshing.push({ id: lease.sourceId, atMs: clock.monotonic(), signal, end, fail: reject });
        if (options.instant === true) end();
      });
    },
    nextDueMs: async () => {
      const times = [...due.values()].filter((row) => !leased.has(row.id)).map((row) => row.nextCheckMs);
      return times.length === 0 ? null : Math.min(...times);
    },
  };
  const loop = createLoop(ports, { clock, log, timers: clock, ...options });
  const add = (id: string, row: Partial<DueSource> = {}): void =>
    void due.set(id, { id, host: `${id}.example.org`, nextCheckMs: fakeStartMs, slowStrikes: 0, ...row });
  const starts = (): string[] => refreshing.map((one) => one.id);
  return { clock, loop, ports, due, leased, add, starts, refreshing, errors, reads, claims, faults };
}

const fresh: RefreshResult = { sourceId: '', outcome: 'fresh', failure: null, added: 0, updated: 0, head: null };

describe('the loop under strain', () => {
  it('asks nobody while the network brake is on, then a few', async () => {
    const brake = createNetworkBrake();
    const bench = createBench({ brake });
    for (let n = 0; n < 20; n += 1) {
      brake.note(
        `h${n}.example.org`,
        {
          kind: 'failed',
          failure: 'connect_error',
          detail: '',
          retryAfterMs: null,
          facts: { status: null, bytes: 0, durationMs: 1, redirects: 0, notes: [] },
        },
        0,
      );
    }
    for (let n = 0; n < 20; n += 1) bench.add(`s${n}`);
    bench.loop.start();
    await bench.clock.advance(29_000);
    expect(bench.starts()).toEqual([]);
    await bench.clock.advance(5_000);
    expect(bench.starts()).toHaveLength(3);
  });

  it('tells the pace how long each source waited for us', async () => {
    const waits: number[] = [];
    const pace = { ...createPace(), note: (waitedMs: number) => void waits.push(waitedMs) };
    const bench = createBench({ instant: true, pace, limits: { globalPerSecond: 1 } });
    for (let n = 0; n < 3; n += 1) bench.add(`s${n}`);
    bench.loop.start();
    await bench.clock.advance(5_000);
    expect(waits).toEqual([0, 1_000, 2_000]);
  });

  it('keeps polling when the wall clock is turned back while it runs', async () => {
    const bench = createBench({ instant: true });
    bench.add('a', { nextCheckMs: fakeStartMs + 5_000 });
    bench.loop.start();
    await bench.clock.advance(1_000);
    bench.clock.turnWall(-60_000);
    await bench.clock.advance(65_000);
    expect(bench.starts()).toEqual(['a']);
  });

  it('polls each source once when the wall clock jumps a day ahead', async () => {
    const bench = createBench({ instant: true });
    for (let n = 0; n < 40; n += 1) bench.add(`s${n}`, { nextCheckMs: fakeStartMs + 60_000 + n });
    bench.loop.start();
    await bench.clock.advance(1_000);
    bench.clock.turnWall(86_400_000);
    await bench.clock.advance(30_000);
    expect(bench.starts()).toHaveLength(40);
    expect(new Set(bench.starts()).size).toBe(40);
    const firstSecond = bench.refreshing.filter((one) => one.atMs < (bench.refreshing[0]?.atMs ?? 0) + 1_000);
    expect(firstSecond.length).toBeLessThanOrEqual(10);
  });
});
