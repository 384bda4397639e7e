import { describe, expect, it } from 'vitest';
import { noHints } from '../../../src/domain/items/parsed-feed.ts';
import type { Failure } from '../../../src/domain/polling/fetch-outcome.ts';
import { neverMs } from '../../../src/schedule/rules/failure-policy.ts';
import { nextPollState } from '../../../src/schedule/rules/next-poll-state.ts';
import {
  after,
  dayMs,
  failed,
  gone,
  hourMs,
  minuteMs,
  nowMs,
  secondMs,
  settled,
  state,
  stored,
  throttled,
} from './poll-fixtures.ts';

/** Waits after each of `count` failures in a row, in milliseconds. */
function waits(
  failure: Failure,
  count: number,
  options: { random: number; status?: number; intervalMs?: number },
): number[] {
  let before = state();
  let at = nowMs;
  const found: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const settlement = nextPollState({
      source: { url: 'https://example.org/feed', intervalMs: options.intervalMs ?? null },
      state: before,
      happened: failed(failure, { status: options.status ?? null }),
      nowMs: at,
      random: () => options.random,
    });
    found.push(settlement.nextCheckMs - at);
    at = settlement.nextCheckMs;
    before = after(settlement, before);
  }
  return found;
}

describe('settling a failure', () => {
  it('counts it, dates the first and says what it was', () => {
    const first = settled(failed('connect_error'));
    expect(first).toMatchObject({
      outcome: 'failed',
      failure: 'connect_error',
      detail: 'it failed',
      failures: 1,
      firstFailedMs: nowMs,
    });
    expect(first.nextCheckWhy).toBe('back-off after 1 failure');
    const third = settled(failed('connect_error'), { state: { failures: 2, firstFailedMs: nowMs - hourMs } });
    expect(third).toMatchObject({ failures: 3, firstFailedMs: nowMs - hourMs });
    expect(third.nextCheckWhy).toBe('back-off after 3 failures');
  });

  it('keeps the stored validators and body hash', () => {
    const settlement = settled(failed('http_server_error', { status: 500 }));
    expect(settlement.validators).toBeNull();
    expect(settlement.bodyHash).toBeNull();
  });

  it('doubles the wait up to a day', () => {
    expect(waits('http_server_error', 7, { random: 1 }).map((ms) => ms / hourMs)).toEqual([1, 2, 4, 8, 16, 24, 24]);
  });

  it('spreads the wait over its upper half', () => {
    expect(waits('http_server_error', 6, { random: 0 }).map((ms) => ms / hourMs)).toEqual([0.5, 1, 2, 4, 8, 12]);
  });

  it('comes back soon to a source that is asked every few minutes', () => {
    expect(waits('connect_timeout', 3, { random: 1, intervalMs: 5 * minuteMs })).toEqual(
      [5, 10, 20].map((n) => n * minuteMs),
    );
  });

  it('comes back within minutes to a source that could never be read yet', () => {
    const unread = { firstReadDone: false, memory: { ...state().memory, newsAtMs: [] } };
    expect(settled(failed('connect_error'), { state: unread, random: 1 }).waitMs).toBe(5 * minuteMs);
    const later = settled(failed('connect_error'), { state: { ...unread, failures: 20 }, random: 1 });
    expect(later.waitMs).toBe(dayMs);
  });

  it('comes back within the hour to a source that is asked once a day', () => {
    const settlement = settled(failed('connect_timeout'), { memory: { newsAtMs: [nowMs - 40 * dayMs] }, random: 1 });
    expect(settlement.waitMs).toBe(hourMs);
  });

  it.each(['unauthorized', 'challenge'] as const)('waits four hours and more after %s', (failure) => {
    for (const random of [0, 0.5, 0.999]) {
      const found = waits(failure, 4, { random, intervalMs: minuteMs });
      expect(Math.min(...found)).toBeGreaterThanOrEqual(4 * hourMs);
      expect(Math.max(...found)).toBeLessThanOrEqual(24 * hourMs);
    }
  });

  it.each([403, 451])('takes a %d for a refusal under whatever code it comes', (status) => {
    expect(settled(failed('http_client_error', { status })).waitMs).toBeGreaterThanOrEqual(4 * hourMs);
  });

  it('asks a missing local file again in a minute', () => {
    const settlement = settled(failed('file_missing'), { url: 'file:///feeds/a.xml' });
    expect(settlement.waitMs).toBe(minuteMs);
  });

  it('counts two deadlines in a row as strikes, and any answer as none', () => {
    expect(settled(failed('header_timeout'), { memory: { slowStrikes: 1 } }).memory.slowStrikes).toBe(2);
    expect(
      settled(failed('http_server_error', { status: 500 }), { memory: { slowStrikes: 1 } }).memory.slowStrikes,
    ).toBe(0);
  });

  it('drops the validators that an origin chokes on', () => {
    const settlement = settled(failed('http_client_error', { status: 400 }));
    expect(settlement.validators).toEqual({ etag: null, lastModified: null });
    expect(settlement.facts.notes).toContain('bad_validator');
  });

  it('does not blame validators that were not sent', () => {
    const settlement = settled(failed('http_client_error', { status: 400 }), {
      state: { validators: { etag: null, lastModified: null } },
    });
    expect(settlement.facts.notes).not.toContain('bad_validator');
  });

  it('does not ask before an earlier lifetime has passed', () => {
    const settlement = settled(failed('connect_timeout'), {
      memory: { lastGoodMs: nowMs - 10 * minuteMs, freshForMs: 6 * hourMs },
    });
    expect(settlement.nextCheckMs).toBe(nowMs - 10 * minuteMs + 6 * hourMs);
    expect(settlement.nextCheckWhy).toBe('max-age 6 h');
  });

  it('does not wait for a lifetime that is over', () => {
    const settlement = settled(failed('connect_timeout'), {
      memory: { lastGoodMs: nowMs - 7 * hourMs, freshForMs: 6 * hourMs },
    });
    expect(settlement.waitMs).toBe(30 * minuteMs);
  });

  it('keeps out of skipHours after a failure too', () => {
    const settlement = settled(failed('connect_timeout'), { memory: { hints: { ...noHints, skipHours: [3] } } });
    expect(settlement.nextCheckMs).toBe(Date.UTC(2026, 0, 5, 4));
  });

  it('honours Retry-After of any failure', () => {
    const settlement = settled(failed('http_server_error', { status: 500, retryAfterMs: 5 * hourMs }));
    expect(settlement.waitMs).toBe(5 * hourMs);
    expect(settlement.nextCheckWhy).toBe('Retry-After 5 h');
  });
});

describe('a source that fails for long', () => {
  const longAgo = { failures: 40, firstFailedMs: nowMs - 31 * dayMs };

  it('is flagged after a month and probed once a week', () => {
    const settlement = settled(failed('not_found', { status: 404 }), { state: longAgo });
    expect(settlement.waitMs).toBe(7 * dayMs);
    expect(settlement.memory.dead).toBe(true);
    expect(settlement.facts.notes).toContain('dead?');
    expect(settlement.nextCheckWhy).toBe('weekly probe, failing since 31 d');
  });

  it('is not flagged a day before the month is over', () => {
    const settlement = settled(failed('not_found', { status: 404 }), {
      state: { ...longAgo, firstFailedMs: nowMs - 29 * dayMs },
    });
    expect(settlement.memory.dead).toBe(false);
    expect(settlement.waitMs).toBeLessThanOrEqual(dayMs);
  });

  it('is not flagged when we were off for most of the month', () => {
    const settlement = settled(failed('not_found', { status: 404 }), { state: { ...longAgo, failures: 2 } });
    expect(settlement.memory.dead).toBe(false);
  });

  it('is flagged after a week when its name no longer exists', () => {
    const before = { failures: 12, firstFailedMs: nowMs - 8 * dayMs };
    expect(settled(failed('dns_error', { notes: ['nxdomain'] }), { state: before }).memory.dead).toBe(true);
    expect(settled(failed('dns_error'), { state: before }).memory.dead).toBe(false);
  });

  it('is never flagged when it is a local file, which costs nobody anything', () => {
    const settlement = settled(failed('file_missing'), { state: longAgo, url: 'file:///feeds/a.xml' });
    expect(settlement.memory.dead).toBe(false);
    expect(settlement.waitMs).toBe(hourMs);
  });

  it('is well again at its first answer', () => {
    const settlement = settled(stored(), { state: longAgo, memory: { dead: true } });
    expect(settlement.memory.dead).toBe(false);
    expect(settlement.waitMs).toBe(hourMs);
  });

  it('never stops being polled', () => {
    const found = waits('not_found', 60, { random: 0.5, status: 404 });
    expect(Math.max(...found)).toBeLessThanOrEqual(7.7 * dayMs);
    expect(found.at(-1)).toBeGreaterThanOrEqual(7 * dayMs);
  });
});

describe('settling a throttled read', () => {
  it('asks nothing for as long as Retry-After says', () => {
    const settlement = settled(throttled(dayMs));
    expect(settlement).toMatchObject({ outcome: 'throttled', failure: null, waitMs: dayMs });
    expect(settlement.nextCheckWhy).toBe('Retry-After 1 d (rate limited)');
    expect(settlement.memory.retryUntilMs).toBe(nowMs + dayMs);
    expect(settlement.facts.notes).toContain('rate_limited');
  });

  it('spares the whole host for at most fifteen minutes', () => {
    expect(settled(throttled(dayMs)).hostPauseMs).toBe(15 * minuteMs);
    expect(settled(throttled(2 * minuteMs)).hostPauseMs).toBe(2 * minuteMs);
    expect(settled(throttled(null)).hostPauseMs).toBe(minuteMs);
  });

  it('remembers the pause with the host that was asked', () => {
    expect(settled(throttled(dayMs)).memory.hostPause).toEqual({ host: 'example.org', untilMs: nowMs + 15 * minuteMs });
    const movedTo = 'https://moved.example.com:8443/feed';
    expect(settled(throttled(null), { state: { movedTo } }).memory.hostPause).toEqual({
      host: 'moved.example.com:8443',
      untilMs: nowMs + minuteMs,
    });
  });

  it('does not shorten a pause that still runs', () => {
    const hostPause = { host: 'example.org', untilMs: nowMs + 9 * minuteMs };
    expect(settled(throttled(2 * minuteMs), { memory: { hostPause } }).memory.hostPause).toEqual(hostPause);
    const elsewhere = { host: 'other.example.org', untilMs: nowMs + 9 * minuteMs };
    expect(settled(throttled(2 * minuteMs), { memory: { hostPause: elsewhere } }).memory.hostPause).toEqual({
      host: 'example.org',
      untilMs: nowMs + 2 * minuteMs,
    });
  });

  it('spares only the source after a 503', () => {
    const settlement = settled(throttled(2 * hourMs, false));
    expect(settlement.hostPauseMs).toBeNull();
    expect(settlement.memory.hostPause).toBeNull();
    expect(settlement.waitMs).toBe(2 * hourMs);
    expect(settlement.nextCheckWhy).toBe('Retry-After 2 h (unavailable)');
  });

  it('caps Retry-After at a week and says so', () => {
    const settlement = settled(throttled(9_999 * dayMs));
    expect(settlement.waitMs).toBe(7 * dayMs);
    expect(settlement.facts.notes).toContain('retry_after_capped');
  });

  it.each([null, 0, -5_000, Number.NaN])('falls back to the usual back-off on a Retry-After of %s', (retryAfterMs) => {
    const settlement = settled(throttled(retryAfterMs));
    expect(settlement.waitMs).toBe(30 * minuteMs);
    expect(settlement.nextCheckWhy).toBe('back-off after 1 failure (rate limited)');
  });

  it('grows the wait when the host always says one second', () => {
    let before = state();
    const found: number[] = [];
    for (let n = 0; n < 4; n += 1) {
      const input = { source: { url: 'https://example.org/feed', intervalMs: minuteMs }, nowMs, random: () => 0 };
      const settlement = nextPollState({ ...input, state: before, happened: throttled(secondMs) });
      found.push((settlement.nextCheckMs - nowMs) / minuteMs);
      before = after(settlement, before);
    }
    expect(found).toEqual([30, 60, 120, 240]);
  });

  it('is never a step towards being flagged as dead', () => {
    const settlement = settled(throttled(null), { state: { failures: 99 } });
    expect(settlement.firstFailedMs).toBeNull();
    expect(settlement.memory.dead).toBe(false);
  });

  it('does not forget a longer Retry-After for a shorter one', () => {
    const settlement = settled(throttled(secondMs), { memory: { retryUntilMs: nowMs + 9 * hourMs } });
    expect(settlement.waitMs).toBe(9 * hourMs);
  });
});

describe('settling a 410', () => {
  it('asks again after a day', () => {
    const settlement = settled(gone);
    expect(settlement).toMatchObject({ outcome: 'gone', goneMs: null, waitMs: dayMs });
    expect(settlement.memory.goneSinceMs).toBe(nowMs);
    expect(settlement.facts.notes).toContain('gone_suspected');
  });

  it('believes it when it is said again a day later, and stops', () => {
    const settlement = settled(gone, { memory: { goneSinceMs: nowMs - dayMs } });
    expect(settlement).toMatchObject({
      goneMs: nowMs,
      nextCheckMs: neverMs,
      nextCheckWhy: 'gone: polling has stopped',
    });
    expect(settlement.facts.notes).toContain('gone');
  });

  it('does not believe it sooner, however often it is said', () => {
    const settlement = settled(gone, { memory: { goneSinceMs: nowMs - 20 * hourMs } });
    expect(settlement.goneMs).toBeNull();
    expect(settlement.waitMs).toBe(4 * hourMs);
  });

  it('forgets it at the next good answer', () => {
    expect(settled(stored(), { memory: { goneSinceMs: nowMs - dayMs } }).memory.goneSinceMs).toBeNull();
  });

  it('remembers it through other trouble', () => {
    const settlement = settled(failed('connect_timeout'), { memory: { goneSinceMs: nowMs - dayMs } });
    expect(settlement.memory.goneSinceMs).toBe(nowMs - dayMs);
  });
});

describe('settling trouble of our own', () => {
  it('blames no source while our network is down', () => {
    const settlement = settled(failed('connect_error'), {
      networkDown: true,
      state: { failures: 2, firstFailedMs: nowMs - hourMs },
    });
    expect(settlement).toMatchObject({
      failures: 2,
      firstFailedMs: nowMs - hourMs,
      nextCheckWhy: 'our network is down',
    });
    expect(settlement.waitMs).toBe(30 * secondMs);
    expect(settlement.facts.notes).toContain('network_down');
  });

  it('counts an answer of the origin even then', () => {
    expect(settled(failed('http_server_error', { status: 500 }), { networkDown: true }).failures).toBe(1);
  });

  it('forgets lost leases when a refresh came to its end, however badly', () => {
    for (const happened of [failed('connect_error'), throttled(null), gone]) {
      expect(settled(happened, { memory: { lostLeases: 1 } }).memory.lostLeases).toBe(0);
    }
    expect(settled(failed('connect_error'), { memory: { lostLeases: 1 }, networkDown: true }).memory.lostLeases).toBe(
      0,
    );
  });
});
