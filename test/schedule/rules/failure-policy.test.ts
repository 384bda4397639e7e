import { describe, expect, it } from 'vitest';
import type { Failure } from '../../../src/domain/failure.ts';
import { noHints } from '../../../src/domain/items/parsed-feed.ts';
import { neverMs } from '../../../src/schedule/rules/failure-policy.ts';
import { nextPollState } from '../../../src/schedule/rules/next-poll-state.ts';
import { noteOf, notesOf } from '../../support/notes.ts';
import {
  dayMs,
  failed,
  gone,
  hourMs,
  minuteMs,
  nowMs,
  pollResultOf,
  pollState,
  secondMs,
  stateAfter,
  storedDocument,
  throttled,
} from './poll-fixtures.ts';

/** Waits after each of `count` failures in a row, in milliseconds. */
function waits(
  failure: Failure,
  count: number,
  options: { random: number; status?: number; intervalMs?: number },
): number[] {
  let before = pollState();
  let at = nowMs;
  const found: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const result = nextPollState({
      source: { url: 'https://example.org/feed', intervalMs: options.intervalMs ?? null },
      state: before,
      outcome: failed(failure, { status: options.status ?? null }),
      nowMs: at,
      random: () => options.random,
    });
    found.push(result.nextCheckMs - at);
    at = result.nextCheckMs;
    before = stateAfter(result, before);
  }
  return found;
}

describe('nextPollState after a failure', () => {
  it('counts the failure and records its first time, code and detail', () => {
    const first = pollResultOf(failed('connect_error'));
    expect(first).toMatchObject({
      outcome: 'failed',
      failure: 'connect_error',
      detail: 'it failed',
      failures: 1,
      firstFailedMs: nowMs,
    });
    expect(first.nextCheckReason).toEqual({ code: 'back_off', failures: 1, throttling: null });
    const third = pollResultOf(failed('connect_error'), { state: { failures: 2, firstFailedMs: nowMs - hourMs } });
    expect(third).toMatchObject({ failures: 3, firstFailedMs: nowMs - hourMs });
    expect(third.nextCheckReason).toEqual({ code: 'back_off', failures: 3, throttling: null });
  });

  it('keeps the stored validators and body hash', () => {
    const result = pollResultOf(failed('http_server_error', { status: 500 }));
    expect(result.validators).toBeNull();
    expect(result.bodyHash).toBeNull();
  });

  it('doubles the delay up to a day', () => {
    expect(waits('http_server_error', 7, { random: 1 }).map((ms) => ms / hourMs)).toEqual([1, 2, 4, 8, 16, 24, 24]);
  });

  it('applies jitter over the upper half of the delay', () => {
    expect(waits('http_server_error', 6, { random: 0 }).map((ms) => ms / hourMs)).toEqual([0.5, 1, 2, 4, 8, 12]);
  });

  it('retries a frequently polled source soon', () => {
    expect(waits('connect_timeout', 3, { random: 1, intervalMs: 5 * minuteMs })).toEqual(
      [5, 10, 20].map((n) => n * minuteMs),
    );
  });

  it('retries a source that was never read within minutes', () => {
    const unread = { firstReadDone: false, history: { ...pollState().history, newItemsAtMs: [] } };
    expect(pollResultOf(failed('connect_error'), { state: unread, random: 1 }).waitMs).toBe(5 * minuteMs);
    const later = pollResultOf(failed('connect_error'), { state: { ...unread, failures: 20 }, random: 1 });
    expect(later.waitMs).toBe(dayMs);
  });

  it('retries a daily source within an hour', () => {
    const result = pollResultOf(failed('connect_timeout'), {
      history: { newItemsAtMs: [nowMs - 40 * dayMs] },
      random: 1,
    });
    expect(result.waitMs).toBe(hourMs);
  });

  it.each(['unauthorized', 'challenge'] as const)('waits at least four hours after %s', (failure) => {
    for (const random of [0, 0.5, 0.999]) {
      const found = waits(failure, 4, { random, intervalMs: minuteMs });
      expect(Math.min(...found)).toBeGreaterThanOrEqual(4 * hourMs);
      expect(Math.max(...found)).toBeLessThanOrEqual(24 * hourMs);
    }
  });

  it.each([403, 451])('treats status %d as a refusal whatever the failure code', (status) => {
    expect(pollResultOf(failed('http_client_error', { status })).waitMs).toBeGreaterThanOrEqual(4 * hourMs);
  });

  it('retries a missing local file after a minute', () => {
    const result = pollResultOf(failed('file_missing'), { url: 'file:///feeds/a.xml' });
    expect(result.waitMs).toBe(minuteMs);
  });

  it('counts consecutive timeouts and resets them on any response', () => {
    expect(
      pollResultOf(failed('header_timeout'), { history: { consecutiveTimeouts: 1 } }).history.consecutiveTimeouts,
    ).toBe(2);
    expect(
      pollResultOf(failed('http_server_error', { status: 500 }), { history: { consecutiveTimeouts: 1 } }).history
        .consecutiveTimeouts,
    ).toBe(0);
  });

  it('discards validators that the origin rejects', () => {
    const result = pollResultOf(failed('http_client_error', { status: 400 }));
    expect(result.validators).toEqual({ etag: null, lastModified: null });
    expect(result.facts.notes).toContainEqual(noteOf('bad_validator'));
  });

  it('does not note bad_validator if no validators were sent', () => {
    const result = pollResultOf(failed('http_client_error', { status: 400 }), {
      state: { validators: { etag: null, lastModified: null } },
    });
    expect(result.facts.notes).not.toContainEqual(noteOf('bad_validator'));
  });

  it('does not poll before an earlier freshness lifetime ends', () => {
    const result = pollResultOf(failed('connect_timeout'), {
      history: { lastSuccessMs: nowMs - 10 * minuteMs, freshnessLifetimeMs: 6 * hourMs },
    });
    expect(result.nextCheckMs).toBe(nowMs - 10 * minuteMs + 6 * hourMs);
    expect(result.nextCheckReason).toEqual({ code: 'max_age', intervalMs: 6 * hourMs });
  });

  it('ignores a freshness lifetime that has ended', () => {
    const result = pollResultOf(failed('connect_timeout'), {
      history: { lastSuccessMs: nowMs - 7 * hourMs, freshnessLifetimeMs: 6 * hourMs },
    });
    expect(result.waitMs).toBe(30 * minuteMs);
  });

  it('respects skipHours after a failure', () => {
    const result = pollResultOf(failed('connect_timeout'), { history: { hints: { ...noHints, skipHours: [3] } } });
    expect(result.nextCheckMs).toBe(Date.UTC(2026, 0, 5, 4));
  });

  it('respects Retry-After of any failure', () => {
    const result = pollResultOf(failed('http_server_error', { status: 500, retryAfterMs: 5 * hourMs }));
    expect(result.waitMs).toBe(5 * hourMs);
    expect(result.nextCheckReason).toEqual({ code: 'retry_after', waitMs: 5 * hourMs, throttling: null });
  });
});

describe('nextPollState after long failure', () => {
  const longAgo = { failures: 40, firstFailedMs: nowMs - 31 * dayMs };

  it('presumes the source dead after a month and polls it weekly', () => {
    const result = pollResultOf(failed('not_found', { status: 404 }), { state: longAgo });
    expect(result.waitMs).toBe(7 * dayMs);
    expect(result.history.dead).toBe(true);
    expect(result.facts.notes).toContainEqual(noteOf('presumed_dead'));
    expect(result.nextCheckReason).toEqual({ code: 'weekly_probe', failingMs: 31 * dayMs });
  });

  it('does not presume the source dead a day before the month ends', () => {
    const result = pollResultOf(failed('not_found', { status: 404 }), {
      state: { ...longAgo, firstFailedMs: nowMs - 29 * dayMs },
    });
    expect(result.history.dead).toBe(false);
    expect(result.waitMs).toBeLessThanOrEqual(dayMs);
  });

  it('does not presume the source dead if the server was stopped for most of the month', () => {
    const result = pollResultOf(failed('not_found', { status: 404 }), { state: { ...longAgo, failures: 2 } });
    expect(result.history.dead).toBe(false);
  });

  it('presumes the source dead after a week of NXDOMAIN', () => {
    const before = { failures: 12, firstFailedMs: nowMs - 8 * dayMs };
    expect(pollResultOf(failed('dns_error', { notes: notesOf('nxdomain') }), { state: before }).history.dead).toBe(
      true,
    );
    expect(pollResultOf(failed('dns_error'), { state: before }).history.dead).toBe(false);
  });

  it('never presumes a local file dead', () => {
    const result = pollResultOf(failed('file_missing'), { state: longAgo, url: 'file:///feeds/a.xml' });
    expect(result.history.dead).toBe(false);
    expect(result.waitMs).toBe(hourMs);
  });

  it('clears the flag on the first successful poll', () => {
    const result = pollResultOf(storedDocument(), { state: longAgo, history: { dead: true } });
    expect(result.history.dead).toBe(false);
    expect(result.waitMs).toBe(hourMs);
  });

  it('never stops polling a failing source', () => {
    const found = waits('not_found', 60, { random: 0.5, status: 404 });
    expect(Math.max(...found)).toBeLessThanOrEqual(7.7 * dayMs);
    expect(found.at(-1)).toBeGreaterThanOrEqual(7 * dayMs);
  });
});

describe('nextPollState after throttling', () => {
  it('does not poll the source until Retry-After ends', () => {
    const result = pollResultOf(throttled(dayMs));
    expect(result).toMatchObject({ outcome: 'throttled', failure: null, waitMs: dayMs });
    expect(result.nextCheckReason).toEqual({ code: 'retry_after', waitMs: dayMs, throttling: 'rate_limited' });
    expect(result.history.retryAfterUntilMs).toBe(nowMs + dayMs);
    expect(result.facts.notes).toContainEqual(noteOf('rate_limited'));
  });

  it('pauses the whole host for at most fifteen minutes', () => {
    expect(pollResultOf(throttled(dayMs)).hostPauseMs).toBe(15 * minuteMs);
    expect(pollResultOf(throttled(2 * minuteMs)).hostPauseMs).toBe(2 * minuteMs);
    expect(pollResultOf(throttled(null)).hostPauseMs).toBe(minuteMs);
  });

  it('stores the pause with the host that was requested', () => {
    expect(pollResultOf(throttled(dayMs)).history.hostPause).toEqual({
      host: 'example.org',
      untilMs: nowMs + 15 * minuteMs,
    });
    const movedTo = 'https://moved.example.com:8443/feed';
    expect(pollResultOf(throttled(null), { state: { movedTo } }).history.hostPause).toEqual({
      host: 'moved.example.com:8443',
      untilMs: nowMs + minuteMs,
    });
  });

  it('does not shorten an active pause', () => {
    const hostPause = { host: 'example.org', untilMs: nowMs + 9 * minuteMs };
    expect(pollResultOf(throttled(2 * minuteMs), { history: { hostPause } }).history.hostPause).toEqual(hostPause);
    const elsewhere = { host: 'other.example.org', untilMs: nowMs + 9 * minuteMs };
    expect(pollResultOf(throttled(2 * minuteMs), { history: { hostPause: elsewhere } }).history.hostPause).toEqual({
      host: 'example.org',
      untilMs: nowMs + 2 * minuteMs,
    });
  });

  it('does not pause the host after a 503', () => {
    const result = pollResultOf(throttled(2 * hourMs, false));
    expect(result.hostPauseMs).toBeNull();
    expect(result.history.hostPause).toBeNull();
    expect(result.waitMs).toBe(2 * hourMs);
    expect(result.nextCheckReason).toEqual({ code: 'retry_after', waitMs: 2 * hourMs, throttling: 'unavailable' });
  });

  it('caps Retry-After at a week and notes it', () => {
    const result = pollResultOf(throttled(9_999 * dayMs));
    expect(result.waitMs).toBe(7 * dayMs);
    expect(result.facts.notes).toContainEqual(noteOf('retry_after_capped'));
  });

  it.each([null, 0, -5_000, Number.NaN])('uses the default back-off for a Retry-After of %s', (retryAfterMs) => {
    const result = pollResultOf(throttled(retryAfterMs));
    expect(result.waitMs).toBe(30 * minuteMs);
    expect(result.nextCheckReason).toEqual({ code: 'back_off', failures: 1, throttling: 'rate_limited' });
  });

  it('increases the delay if the host always sends one second', () => {
    let before = pollState();
    const found: number[] = [];
    for (let n = 0; n < 4; n += 1) {
      const input = { source: { url: 'https://example.org/feed', intervalMs: minuteMs }, nowMs, random: () => 0 };
      const result = nextPollState({ ...input, state: before, outcome: throttled(secondMs) });
      found.push((result.nextCheckMs - nowMs) / minuteMs);
      before = stateAfter(result, before);
    }
    expect(found).toEqual([30, 60, 120, 240]);
  });

  it('never counts towards presuming the source dead', () => {
    const result = pollResultOf(throttled(null), { state: { failures: 99 } });
    expect(result.firstFailedMs).toBeNull();
    expect(result.history.dead).toBe(false);
  });

  it('keeps a longer Retry-After over a later shorter one', () => {
    const result = pollResultOf(throttled(secondMs), { history: { retryAfterUntilMs: nowMs + 9 * hourMs } });
    expect(result.waitMs).toBe(9 * hourMs);
  });
});

describe('nextPollState after a 410', () => {
  it('polls again after a day', () => {
    const result = pollResultOf(gone);
    expect(result).toMatchObject({ outcome: 'gone', goneMs: null, waitMs: dayMs });
    expect(result.history.goneSinceMs).toBe(nowMs);
    expect(result.facts.notes).toContainEqual(noteOf('gone_suspected'));
  });

  it('stops polling when the 410 is repeated a day later', () => {
    const result = pollResultOf(gone, { history: { goneSinceMs: nowMs - dayMs } });
    expect(result).toMatchObject({
      goneMs: nowMs,
      nextCheckMs: neverMs,
      nextCheckReason: { code: 'gone' },
    });
    expect(result.facts.notes).toContainEqual(noteOf('gone'));
  });

  it('does not stop earlier, however often the 410 is repeated', () => {
    const result = pollResultOf(gone, { history: { goneSinceMs: nowMs - 20 * hourMs } });
    expect(result.goneMs).toBeNull();
    expect(result.waitMs).toBe(4 * hourMs);
  });

  it('resets on the next successful poll', () => {
    expect(pollResultOf(storedDocument(), { history: { goneSinceMs: nowMs - dayMs } }).history.goneSinceMs).toBeNull();
  });

  it('keeps the time of the first 410 across other failures', () => {
    const result = pollResultOf(failed('connect_timeout'), { history: { goneSinceMs: nowMs - dayMs } });
    expect(result.history.goneSinceMs).toBe(nowMs - dayMs);
  });
});

describe('nextPollState during local problems', () => {
  it('counts no failure while our network is down', () => {
    const result = pollResultOf(failed('connect_error'), {
      isNetworkDown: true,
      state: { failures: 2, firstFailedMs: nowMs - hourMs },
    });
    expect(result).toMatchObject({
      failures: 2,
      firstFailedMs: nowMs - hourMs,
      nextCheckReason: { code: 'network_down' },
    });
    expect(result.waitMs).toBe(30 * secondMs);
    expect(result.facts.notes).toContainEqual(noteOf('network_down'));
  });

  it('counts an HTTP failure even while our network is down', () => {
    expect(pollResultOf(failed('http_server_error', { status: 500 }), { isNetworkDown: true }).failures).toBe(1);
  });

  it('resets lost leases when a refresh ends, also with a failure', () => {
    for (const outcome of [failed('connect_error'), throttled(null), gone]) {
      expect(pollResultOf(outcome, { history: { lostLeases: 1 } }).history.lostLeases).toBe(0);
    }
    expect(
      pollResultOf(failed('connect_error'), { history: { lostLeases: 1 }, isNetworkDown: true }).history.lostLeases,
    ).toBe(0);
  });
});
