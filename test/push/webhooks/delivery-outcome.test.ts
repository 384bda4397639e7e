import { describe, expect, it } from 'vitest';
import { nextWebhookState, type PostResult } from '../../../src/push/webhooks/delivery-outcome.ts';
import { makeState } from '../../support/push/webhook-helpers.ts';

const nowMs = 1_000_000;
const sent = { kind: 'send', body: '{}', position: { epoch: 'e1', seq: 9, announcedSeq: 8 }, events: 3 } as const;

function stateAfter(answer: PostResult, over: Parameters<typeof makeState>[1] = {}, random = 0.5) {
  return nextWebhookState(makeState(5, over), sent, answer, { nowMs, random });
}

const responded = (status: number, retryAfterMs: number | null = null): PostResult => ({
  kind: 'answered',
  status,
  retryAfterMs,
});

describe('a response to a delivery', () => {
  it.each([200, 201, 202, 204, 299])('of %i advances the position and clears the failures', (status) => {
    expect(stateAfter(responded(status), { failures: 4, firstFailedMs: 1, delivered: 10 })).toEqual(
      makeState(9, {
        announcedSeq: 8,
        nextAttemptMs: nowMs,
        lastOutcome: 'delivered',
        lastStatus: status,
        lastAttemptMs: nowMs,
        lastSuccessMs: nowMs,
        delivered: 13,
      }),
    );
  });

  it.each([
    [responded(500), 'failed', 'HTTP 500'],
    [responded(404), 'failed', 'HTTP 404'],
    [responded(301), 'failed', 'HTTP 301: redirects are not followed'],
    [responded(307), 'failed', 'HTTP 307: redirects are not followed'],
    [responded(429), 'throttled', 'HTTP 429'],
    [responded(503), 'throttled', 'HTTP 503'],
    [{ kind: 'failed', detail: 'blocked_address: not public', status: null }, 'failed', 'blocked_address: not public'],
  ] as const)('of %j keeps the position and is retried', (answer, outcome, detail) => {
    const after = stateAfter(answer, { failures: 1, firstFailedMs: 7 });
    expect(after).toMatchObject({
      seq: 5,
      announcedSeq: 5,
      failures: 2,
      firstFailedMs: 7,
      pausedMs: null,
      delivered: 0,
    });
    expect(after).toMatchObject({
      lastOutcome: outcome,
      lastDetail: detail,
      lastAttemptMs: nowMs,
      lastSuccessMs: null,
    });
    expect(after.nextAttemptMs).toBeGreaterThan(nowMs);
  });

  it('of 410 pauses the webhook until it is resumed', () => {
    expect(stateAfter(responded(410))).toMatchObject({ seq: 5, pausedMs: nowMs, lastOutcome: 'gone', failures: 1 });
  });

  it('increases the random delay with each failure, up to an hour', () => {
    const wait = (failures: number, random: number) =>
      stateAfter(responded(500), { failures }, random).nextAttemptMs - nowMs;
    expect([0, 1, 2, 3].map((failures) => wait(failures, 1))).toEqual([1250, 2250, 4250, 8250]);
    expect(wait(3, 0)).toBe(250);
    expect(wait(3, 0.25)).toBe(2250);
    expect(wait(40, 1)).toBe(3_600_250);
    expect(wait(1e9, 1)).toBe(3_600_250);
  });

  it('delays the next attempt by Retry-After, up to a day', () => {
    const wait = (answer: PostResult) => stateAfter(answer, {}, 0).nextAttemptMs - nowMs;
    expect(wait(responded(429, 90_000))).toBe(90_000);
    expect(wait(responded(500, 90_000))).toBe(90_000);
    expect(wait(responded(503, 10))).toBe(250);
    expect(wait(responded(503, 1e12))).toBe(86_400_000);
  });
});
