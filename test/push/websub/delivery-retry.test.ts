import { describe, expect, it } from 'vitest';
import { maxDeliveryAgeMs, retryDelayMs } from '../../../src/push/websub/delivery-retry.ts';

const plain = { retryAfterMs: null, random: 0.5, remainingMs: maxDeliveryAgeMs };

describe('retryDelayMs', () => {
  it('H20 grows from 10 seconds to 6 hours and then gives up', () => {
    const waits = Array.from({ length: 8 }, (_, previousFailures) => retryDelayMs({ ...plain, previousFailures }));
    expect(waits).toEqual([10_000, 30_000, 120_000, 600_000, 1_800_000, 7_200_000, 21_600_000, null]);
  });

  it('varies by up to a fifth in both directions', () => {
    expect(retryDelayMs({ ...plain, previousFailures: 0, random: 0 })).toBe(8000);
    expect(retryDelayMs({ ...plain, previousFailures: 0, random: 0.9999999 })).toBe(12_000);
  });

  it('is at least Retry-After, and null if Retry-After exceeds the remaining time', () => {
    expect(retryDelayMs({ ...plain, previousFailures: 0, retryAfterMs: 60_000 })).toBe(60_000);
    expect(retryDelayMs({ ...plain, previousFailures: 3, retryAfterMs: 1000 })).toBe(600_000);
    expect(retryDelayMs({ ...plain, previousFailures: 0, retryAfterMs: maxDeliveryAgeMs })).toBeNull();
  });

  it('is null if it exceeds the remaining time', () => {
    expect(retryDelayMs({ ...plain, previousFailures: 0, remainingMs: 9000 })).toBeNull();
  });
});
