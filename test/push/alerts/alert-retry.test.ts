import { describe, expect, it } from 'vitest';
import { hourMs, minuteMs, secondMs } from '../../../src/domain/durations.ts';
import { attemptOutcome, type SendResult } from '../../../src/push/alerts/alert-retry.ts';

const nowMs = 1_000_000;
const context = { attempts: 0, expiresMs: nowMs + 12 * hourMs, nowMs, random: 0.5 };
const answered = (status: number, retryAfterMs: number | null = null): SendResult => ({
  ...{ kind: 'answered', status, retryAfterMs },
});

describe('an attempt to send an alert', () => {
  it.each([200, 202, 204])('delivers it with the answer %i', (status) => {
    expect(attemptOutcome(answered(status), context)).toMatchObject({ outcome: 'delivered', status, detail: null });
  });

  it('delivers a mail that the server accepted', () => {
    expect(attemptOutcome({ kind: 'mailed' }, context)).toMatchObject({ outcome: 'delivered', status: null });
  });

  it.each<[SendResult, string]>([
    [answered(404), 'HTTP 404'],
    [answered(302), 'HTTP 302: redirects are not followed'],
    [answered(401), 'HTTP 401: the receiver refuses the token or the address'],
    [{ kind: 'failed', detail: 'connect_error: refused', status: null }, 'connect_error: refused'],
  ])('fails with %j and is repeated', (result, detail) => {
    expect(attemptOutcome(result, context)).toMatchObject({ outcome: 'failed', detail });
  });

  it('is repeated after 5 s, 10 s, … up to 15 minutes, with jitter', () => {
    const delays = Array.from({ length: 12 }, (_, attempts) => {
      const { nextAttemptMs } = attemptOutcome(answered(500), { ...context, attempts });
      return nextAttemptMs - nowMs;
    });
    expect(delays.slice(0, 4)).toEqual([5 * secondMs, 10 * secondMs, 20 * secondMs, 40 * secondMs]);
    expect(delays.at(-1)).toBe(15 * minuteMs);
    const jittered = attemptOutcome(answered(500), { ...context, random: 0 });
    expect(jittered.nextAttemptMs - nowMs).toBe(3750);
  });

  it('follows Retry-After up to an hour', () => {
    expect(attemptOutcome(answered(429, 60_000), context).nextAttemptMs).toBe(nowMs + 60_000);
    expect(attemptOutcome(answered(429, 90 * minuteMs), context).nextAttemptMs).toBe(nowMs + hourMs);
  });

  it('is the last one when the next would come after the alert expires', () => {
    const late = { ...context, expiresMs: nowMs + 4 * secondMs };
    expect(attemptOutcome(answered(500), late)).toMatchObject({ outcome: 'expired', detail: 'HTTP 500' });
  });
});
