import { describe, expect, it } from 'vitest';
import { formatNextCheckReason, type NextCheckReason } from '../../../src/domain/polling/next-check-reason.ts';
import { day, hour, minute } from '../../support/builders.ts';

describe('formatNextCheckReason', () => {
  it.each<[NextCheckReason, string]>([
    [{ code: 'operator' }, 'the operator asked'],
    [{ code: 'skip_hours' }, 'skipHours'],
    [{ code: 'adaptive_interval', intervalMs: 15 * minute }, 'adaptive interval 15 min'],
    [{ code: 'declared_interval', intervalMs: hour }, 'declared interval 1 h'],
    [{ code: 'validators_ignored', intervalMs: day }, 'origin ignores validators: 1 d'],
    [{ code: 'update_period', intervalMs: day }, 'sy:updatePeriod 1 d'],
    [{ code: 'retry_after', waitMs: 2 * hour, throttling: null }, 'Retry-After 2 h'],
    [{ code: 'retry_after', waitMs: day, throttling: 'rate_limited' }, 'Retry-After 1 d (rate limited)'],
    [{ code: 'back_off', failures: 1, throttling: null }, 'back-off after 1 failure'],
    [{ code: 'back_off', failures: 3, throttling: 'unavailable' }, 'back-off after 3 failures (unavailable)'],
    [{ code: 'weekly_probe', failingMs: 31 * day }, 'weekly probe, failing for 31 d'],
  ])('describes %o', (reason, text) => {
    expect(formatNextCheckReason(reason)).toBe(text);
  });
});
