import { describe, expect, it } from 'vitest';
import type { Failure, FetchOutcome } from '../../src/domain/polling/fetch-outcome.ts';
import { NetworkBreaker } from '../../src/schedule/network-breaker.ts';
import { facts, minuteMs, secondMs } from './rules/poll-fixtures.ts';

const fail = (failure: Failure = 'connect_error'): FetchOutcome => ({
  kind: 'failed',
  failure,
  detail: '',
  retryAfterMs: null,
  facts: facts({ status: null }),
});
const answer: FetchOutcome = {
  kind: 'not-modified',
  by: 'status',
  validators: { etag: null, lastModified: null },
  freshnessLifetimeMs: null,
  facts: facts({ status: 304 }),
};

/** Notes `count` outcomes, one a second from `fromMs`, each of its own host. */
function noteMany(
  brake: NetworkBreaker,
  outcome: FetchOutcome,
  { count, fromMs = 0, host = '' }: { count: number; fromMs?: number; host?: string },
) {
  for (let n = 0; n < count; n += 1) brake.record(host || `h${n}.example.org`, outcome, fromMs + n * secondMs);
}

function braked(): NetworkBreaker {
  const brake = new NetworkBreaker();
  noteMany(brake, fail(), { count: 20 });
  return brake;
}

describe('NetworkBreaker', () => {
  it('is closed initially', () => {
    const brake = new NetworkBreaker();
    expect(brake.isOpen()).toBe(false);
    expect(brake.pausedUntilMs(0)).toBeNull();
    expect(brake.maxTrialFetches()).toBeNull();
  });

  it('opens if most fetches of a minute fail on the network', () => {
    const brake = braked();
    expect(brake.isOpen()).toBe(true);
    expect(brake.pausedUntilMs(19 * secondMs)).toBe(49 * secondMs);
  });

  it('stays closed with too few fetches', () => {
    const brake = new NetworkBreaker();
    noteMany(brake, fail(), { count: 19 });
    expect(brake.isOpen()).toBe(false);
  });

  it('stays closed while half of the fetches succeed', () => {
    const brake = new NetworkBreaker();
    for (let n = 0; n < 30; n += 1) {
      brake.record(`a${n}`, answer, n * secondMs);
      brake.record(`b${n}`, fail(), n * secondMs);
      expect(brake.isOpen()).toBe(false);
    }
  });

  it('stays closed if failures are spread over more than a minute', () => {
    const brake = new NetworkBreaker();
    for (let n = 0; n < 100; n += 1) brake.record(`h${n}`, fail(), n * 4 * secondMs);
    expect(brake.isOpen()).toBe(false);
  });

  it('stays closed if only one host fails, however many sources it has', () => {
    const brake = new NetworkBreaker();
    noteMany(brake, fail(), { count: 50, host: 'big.example.org' });
    expect(brake.isOpen()).toBe(false);
  });

  it.each([
    'http_server_error',
    'not_feed',
    'tls_error',
  ] as const)('does not count %s as a network failure', (failure) => {
    const brake = new NetworkBreaker();
    const outcome: FetchOutcome = {
      ...(fail(failure) as Extract<FetchOutcome, { kind: 'failed' }>),
      facts: facts({ status: 500 }),
    };
    noteMany(brake, outcome, { count: 50 });
    expect(brake.isOpen()).toBe(false);
  });

  it('ignores reads without network access', () => {
    const brake = new NetworkBreaker();
    noteMany(brake, { ...answer, facts: facts({ status: null }) }, { count: 50 });
    noteMany(brake, fail(), { count: 20, fromMs: 50 * secondMs });
    expect(brake.isOpen()).toBe(true);
  });

  it('allows a few trial fetches after the pause', () => {
    const brake = braked();
    expect(brake.pausedUntilMs(49 * secondMs)).toBeNull();
    expect(brake.isOpen()).toBe(true);
    expect(brake.maxTrialFetches()).toBe(3);
  });

  it('remembers permanently that the network has worked', () => {
    const brake = new NetworkBreaker();
    noteMany(brake, fail(), { count: 3 });
    brake.record('a', { ...answer, facts: facts({ status: null }) }, 4 * secondMs);
    expect(brake.hasBeenUp()).toBe(false);
    brake.record('a', answer, 5 * secondMs);
    expect(brake.hasBeenUp()).toBe(true);
    noteMany(brake, fail(), { count: 40, fromMs: 11 * minuteMs });
    expect(brake.isOpen()).toBe(true);
    expect(brake.hasBeenUp()).toBe(true);
  });

  it('closes at the first response', () => {
    const brake = braked();
    brake.record('a', answer, 50 * secondMs);
    expect(brake.isOpen()).toBe(false);
    expect(brake.maxTrialFetches()).toBeNull();
  });

  it('closes when a response arrives during the pause', () => {
    const brake = braked();
    brake.record('a', answer, 25 * secondMs);
    expect(brake.isOpen()).toBe(false);
  });

  it('doubles the pause after each failed trial, up to five minutes', () => {
    const brake = braked();
    const pauses: number[] = [];
    let atMs = 49 * secondMs;
    for (let n = 0; n < 6; n += 1) {
      brake.record('a', fail(), atMs);
      const untilMs = brake.pausedUntilMs(atMs) ?? atMs;
      pauses.push((untilMs - atMs) / secondMs);
      atMs = untilMs;
    }
    expect(pauses).toEqual([60, 120, 240, 300, 300, 300]);
  });

  it('is not extended by fetches that were running when it opened', () => {
    const brake = braked();
    noteMany(brake, fail(), { count: 10, fromMs: 20 * secondMs });
    expect(brake.pausedUntilMs(30 * secondMs)).toBe(49 * secondMs);
  });

  it('does not open again for failing sources shortly after a response', () => {
    const brake = braked();
    brake.record('a', answer, 50 * secondMs);
    noteMany(brake, fail(), { count: 100, fromMs: minuteMs });
    expect(brake.isOpen()).toBe(false);
  });

  it('can open again ten minutes later', () => {
    const brake = braked();
    brake.record('a', answer, 50 * secondMs);
    noteMany(brake, fail(), { count: 20, fromMs: 11 * minuteMs });
    expect(brake.isOpen()).toBe(true);
  });
});
