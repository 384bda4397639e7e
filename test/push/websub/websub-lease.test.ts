import { describe, expect, it } from 'vitest';
import { parseLeaseTerms, subscribeRetryDelayMs } from '../../../src/push/websub/websub-lease.ts';

const nowMs = Date.UTC(2026, 0, 5);
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

describe('parseLeaseTerms', () => {
  it('S11 renews after about two thirds of the lease', () => {
    expect(parseLeaseTerms('864000', nowMs, 0.5)).toEqual({
      leaseUntilMs: nowMs + 10 * day,
      renewMs: nowMs + (20 * day) / 3,
    });
    const [early, late] = [0, 0.999999].map((random) => parseLeaseTerms('864000', nowMs, random).renewMs - nowMs);
    expect(early).toBeGreaterThan(6 * day);
    expect(late).toBeLessThan(7.1 * day);
  });

  it('renews a very short lease once a minute', () => {
    expect(parseLeaseTerms('1', nowMs, 0.5).renewMs).toBe(nowMs + minute);
  });

  it.each([null, '', 'x', '-5', '1e9', '0'])('treats %j as a lease of one day', (text) => {
    expect(parseLeaseTerms(text, nowMs, 0.5).leaseUntilMs).toBe(nowMs + day);
  });
});

describe('subscribeRetryDelayMs', () => {
  it('S25 grows from ten minutes to 23 hours', () => {
    const waits = [1, 2, 3, 4, 5, 50].map((failures) => subscribeRetryDelayMs(failures, 0.5));
    expect(waits).toEqual([10 * minute, 40 * minute, 160 * minute, 640 * minute, 23 * hour, 23 * hour]);
  });

  it('varies by up to a tenth in both directions', () => {
    expect(subscribeRetryDelayMs(1, 0)).toBe(9 * minute);
    expect(subscribeRetryDelayMs(1, 1)).toBe(11 * minute);
  });
});
