import type { DueSource, Lease, RefreshResult } from '../../src/domain/polling/poll.ts';
import type { Log } from '../../src/runtime/log.ts';
import { createPollingLoop, type LoopOptions, type LoopPorts } from '../../src/schedule/polling-loop.ts';
import { createFakeClock, fakeStartMs } from '../support/fake-clock.ts';

interface Refreshing {
  readonly id: string;
  readonly atMs: number;
  readonly signal: AbortSignal;
  readonly end: (result?: Partial<RefreshResult>) => void;
  readonly fail: (error: Error) => void;
}

/** A store in memory, and refreshes that last until the test ends them (or not at all, by `instant`). */
export function createLoopHarness(options: Partial<LoopOptions> & { instant?: boolean } = {}) {
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
      const release = (nextCheckMs: number): void => {
        const row = due.get(lease.sourceId);
        if (row !== undefined) due.set(row.id, { ...row, nextCheckMs });
        leased.delete(lease.sourceId);
      };
      return new Promise((resolve, reject) => {
        const end = (result: Partial<RefreshResult> = {}): void => {
          release(clock.now() + 3_600_000);
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
  const loop = createPollingLoop(ports, { clock, log, timers: clock, ...options });
  const add = (id: string, row: Partial<DueSource> = {}): void =>
    void due.set(id, { id, host: `${id}.example.org`, nextCheckMs: fakeStartMs, consecutiveTimeouts: 0, ...row });
  const starts = (): string[] => refreshing.map((one) => one.id);
  return { clock, loop, ports, due, leased, add, starts, refreshing, errors, reads, claims, faults };
}

/** A refresh that read a document without new items. */
export const fresh: RefreshResult = { sourceId: '', outcome: 'fresh', failure: null, added: 0, updated: 0, head: null };
