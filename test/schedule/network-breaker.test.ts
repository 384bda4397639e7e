import { describe, expect, it } from 'vitest';
import type { Failure } from '../../src/domain/failure.ts';
import type { FetchOutcome } from '../../src/domain/polling/fetch-outcome.ts';
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

/** Records `count` outcomes, one a second from `fromMs` on, each of another host. */
function noteMany(
  breaker: NetworkBreaker,
  outcome: FetchOutcome,
  { count, fromMs = 0, host = '' }: { count: number; fromMs?: number; host?: string },
) {
  for (let n = 0; n < count; n += 1) breaker.record(host || `h${n}.example.org`, outcome, fromMs + n * secondMs);
}

function openBreaker(): NetworkBreaker {
  const breaker = new NetworkBreaker();
  noteMany(breaker, fail(), { count: 20 });
  return breaker;
}

describe('NetworkBreaker', () => {
  it('is closed initially', () => {
    const breaker = new NetworkBreaker();
    expect(breaker.isOpen()).toBe(false);
    expect(breaker.pausedUntilMs(0)).toBeNull();
    expect(breaker.maxTrialFetches()).toBeNull();
  });

  it('opens if most fetches of a minute fail on the network', () => {
    const breaker = openBreaker();
    expect(breaker.isOpen()).toBe(true);
    expect(breaker.pausedUntilMs(19 * secondMs)).toBe(49 * secondMs);
  });

  it('stays closed with too few fetches', () => {
    const breaker = new NetworkBreaker();
    noteMany(breaker, fail(), { count: 19 });
    expect(breaker.isOpen()).toBe(false);
  });

  it('stays closed while half of the fetches succeed', () => {
    const breaker = new NetworkBreaker();
    for (let n = 0; n < 30; n += 1) {
      breaker.record(`a${n}`, answer, n * secondMs);
      breaker.record(`b${n}`, fail(), n * secondMs);
      expect(breaker.isOpen()).toBe(false);
    }
  });

  it('stays closed if failures are spread over more than a minute', () => {
    const breaker = new NetworkBreaker();
    for (let n = 0; n < 100; n += 1) breaker.record(`h${n}`, fail(), n * 4 * secondMs);
    expect(breaker.isOpen()).toBe(false);
  });

  it('stays closed if only one host fails, however many sources it has', () => {
    const breaker = new NetworkBreaker();
    noteMany(breaker, fail(), { count: 50, host: 'big.example.org' });
    expect(breaker.isOpen()).toBe(false);
  });

  it.each([
    'http_server_error',
    'not_feed',
    'tls_error',
  ] as const)('does not count %s as a network failure', (failure) => {
    const breaker = new NetworkBreaker();
    const outcome: FetchOutcome = {
      ...(fail(failure) as Extract<FetchOutcome, { kind: 'failed' }>),
      facts: facts({ status: 500 }),
    };
    noteMany(breaker, outcome, { count: 50 });
    expect(breaker.isOpen()).toBe(false);
  });

  it('ignores reads without network access', () => {
    const breaker = new NetworkBreaker();
    noteMany(breaker, { ...answer, facts: facts({ status: null }) }, { count: 50 });
    noteMany(breaker, fail(), { count: 20, fromMs: 50 * secondMs });
    expect(breaker.isOpen()).toBe(true);
  });

  it('allows a few trial fetches after the pause', () => {
    const breaker = openBreaker();
    expect(breaker.pausedUntilMs(49 * secondMs)).toBeNull();
    expect(breaker.isOpen()).toBe(true);
    expect(breaker.maxTrialFetches()).toBe(3);
  });

  it('remembers permanently that the network has worked', () => {
    const breaker = new NetworkBreaker();
    noteMany(breaker, fail(), { count: 3 });
    breaker.record('a', { ...answer, facts: facts({ status: null }) }, 4 * secondMs);
    expect(breaker.hasBeenUp()).toBe(false);
    breaker.record('a', answer, 5 * secondMs);
    expect(breaker.hasBeenUp()).toBe(true);
    noteMany(breaker, fail(), { count: 40, fromMs: 11 * minuteMs });
    expect(breaker.isOpen()).toBe(true);
    expect(breaker.hasBeenUp()).toBe(true);
  });

  it('closes at the first response', () => {
    const breaker = openBreaker();
    breaker.record('a', answer, 50 * secondMs);
    expect(breaker.isOpen()).toBe(false);
    expect(breaker.maxTrialFetches()).toBeNull();
  });

  it('closes when a response arrives during the pause', () => {
    const breaker = openBreaker();
    breaker.record('a', answer, 25 * secondMs);
    expect(breaker.isOpen()).toBe(false);
  });

  it('doubles the pause after each failed trial, up to five minutes', () => {
    const breaker = openBreaker();
    const pauses: number[] = [];
    let atMs = 49 * secondMs;
    for (let n = 0; n < 6; n += 1) {
      breaker.record('a', fail(), atMs);
      const untilMs = breaker.pausedUntilMs(atMs) ?? atMs;
      pauses.push((untilMs - atMs) / secondMs);
      atMs = untilMs;
    }
    expect(pauses).toEqual([60, 120, 240, 300, 300, 300]);
  });

  it('is not extended by fetches that were running when it opened', () => {
    const breaker = openBreaker();
    noteMany(breaker, fail(), { count: 10, fromMs: 20 * secondMs });
    expect(breaker.pausedUntilMs(30 * secondMs)).toBe(49 * secondMs);
  });

  it('does not open again for failing sources shortly after a response', () => {
    const breaker = openBreaker();
    breaker.record('a', answer, 50 * secondMs);
    noteMany(breaker, fail(), { count: 100, fromMs: minuteMs });
    expect(breaker.isOpen()).toBe(false);
  });

  it('can open again ten minutes later', () => {
    const breaker = openBreaker();
    breaker.record('a', answer, 50 * secondMs);
    noteMany(breaker, fail(), { count: 20, fromMs: 11 * minuteMs });
    expect(breaker.isOpen()).toBe(true);
  });
});
