import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DueSource } from '../../../src/domain/polling/poll.ts';
import { HostQueue } from '../../../src/schedule/queue/host-queue.ts';
import { fuzzRuns } from '../../support/fuzz-runs.ts';

const well = { timedOut: false, pauseMs: null };

function row(id: string, host = `${id}.example.org`, part: Partial<DueSource> = {}): DueSource {
  return { id, host, nextCheckMs: 0, consecutiveTimeouts: 0, ...part };
}

describe('HostQueue under random operations', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('offer' as const),
      host: fc.nat(4),
      count: fc.integer({ min: 1, max: 6 }),
      timedOut: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('tell' as const) }),
    fc.record({ kind: fc.constant('release' as const) }),
    fc.record({ kind: fc.constant('remove' as const), host: fc.nat(4), share: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 3_000 }) }),
    fc.record({
      kind: fc.constant('end' as const),
      timedOut: fc.boolean(),
      pauseMs: fc.option(fc.integer({ min: 0, max: 20_000 })),
    }),
  );

  /** The address of each of the five hosts: known at once, known later, or unknown. */
  const place = fc.record({ address: fc.option(fc.constantFrom('x', 'y')), later: fc.boolean() });

  it('respects all limits, loses no source and starts none twice', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 150 }),
        fc.array(place, { minLength: 5, maxLength: 5 }),
        (steps, places) => {
          const limits = {
            ...{ hostGapMs: 1_000, hostConcurrency: 1, addressConcurrency: 2 },
            ...{ globalPerSecond: 4, concurrency: 4, maxQueuedPerHost: 50 },
          };
          const addressAt = (host: string) => places[Number(host.slice(1))]?.address ?? null;
          const lookups: string[] = [];
          const queue = new HostQueue(limits, (host) => {
            if (places[Number(host.slice(1))]?.later !== true) return addressAt(host);
            lookups.push(host);
            return undefined;
          });
          const resolveAddresses = (): void => {
            for (const host of lookups.splice(0)) queue.setAddress(host, addressAt(host), atMs);
          };
          const running: DueSource[] = [];
          const offered = new Set<string>();
          const started: { source: DueSource; atMs: number }[] = [];
          const removed = new Set<string>();
          const notBefore = new Map<string, number>();
          // The state that a release restores.
          const notBeforeEarlier = new Map<string, number>();
          let atMs = 0;
          let ids = 0;
          const hostOf = new Map<string, string>();

          const run = (): void => {
            for (const { source, waitedMs } of queue.take(atMs)) {
              expect(waitedMs).toBeGreaterThanOrEqual(0);
              expect(atMs).toBeGreaterThanOrEqual(notBefore.get(source.host) ?? 0);
              expect(running.some((other) => other.host === source.host)).toBe(false);
              expect(started.some((other) => other.source.id === source.id)).toBe(false);
              expect(removed.has(source.id)).toBe(false);
              notBeforeEarlier.set(source.host, notBefore.get(source.host) ?? 0);
              notBefore.set(source.host, atMs + limits.hostGapMs);
              running.push(source);
              for (const address of ['x', 'y']) {
                const there = running.filter(({ host }) => addressAt(host) === address);
                expect(there.length).toBeLessThanOrEqual(limits.addressConcurrency);
              }
              started.push({ source, atMs });
            }
            expect(running.length).toBeLessThanOrEqual(limits.concurrency);
            expect(started.filter((one) => one.atMs > atMs - 1_000).length).toBeLessThanOrEqual(limits.globalPerSecond);
          };

          const end = (report: { timedOut: boolean; pauseMs: number | null }): void => {
            const source = running.shift();
            if (source === undefined) return;
            queue.complete(source.id, report, atMs);
            notBefore.set(source.host, Math.max(notBefore.get(source.host) ?? 0, atMs + (report.pauseMs ?? 0)));
          };

          const release = (): void => {
            const source = running.pop();
            if (source === undefined) return;
            queue.release(source.id, atMs);
            offered.delete(source.id);
            started.splice(
              started.findIndex((one) => one.source.id === source.id),
              1,
            );
            notBefore.set(source.host, notBeforeEarlier.get(source.host) ?? 0);
          };

          /** One in `share` of a host's rows is removed; 1: all. */
          const remove = (host: string, share: number): void => {
            const waiting = [...offered].filter((id) => !started.some(({ source }) => source.id === id));
            const gone = waiting.filter((id) => hostOf.get(id) === host && Number(id.slice(1)) % share === 0);
            for (const id of gone) {
              removed.add(id);
              offered.delete(id);
            }
            const before = queue.waiting;
            queue.retain((id) => !removed.has(id), atMs);
            expect(queue.waiting).toBe(before - gone.length);
          };

          for (const one of steps) {
            if (one.kind === 'release') release();
            else if (one.kind === 'remove') remove(`h${one.host}`, one.share);
            else if (one.kind === 'tell') resolveAddresses();
            else if (one.kind === 'wait') atMs += one.ms;
            else if (one.kind === 'end') end(one);
            else {
              const fresh = Array.from({ length: one.count }, () =>
                row(`s${ids++}`, `h${one.host}`, { consecutiveTimeouts: one.timedOut ? 3 : 0 }),
              );
              const before = queue.waiting;
              const added = queue.add(fresh, atMs);
              expect(queue.waiting).toBe(before + added);
              for (const source of fresh.slice(0, added)) {
                offered.add(source.id);
                hostOf.set(source.id, source.host);
              }
            }
            run();
          }
          // If all hosts respond, every waiting source is started eventually.
          for (let round = 0; round < 2_000 && queue.waiting + running.length > 0; round += 1) {
            while (running.length > 0) end(well);
            resolveAddresses();
            // Nothing starts before the reported time; a waiting source must not be lost.
            const readyMs = queue.nextReadyMs(atMs);
            if (readyMs === null) continue;
            atMs = Math.max(readyMs, atMs);
            run();
          }
          expect(queue.waiting).toBe(0);
          expect(started.length).toBe(offered.size);
        },
      ),
      { numRuns: fuzzRuns },
    );
  });
});
