import { describe, expect, it } from 'vitest';
import { defaultFetchLimits } from '../../../src/fetch/client/fetch-limits.ts';

describe('the default fetch limits', () => {
  it('are the documented values', () => {
    const MiB = 1024 * 1024;
    expect(defaultFetchLimits).toMatchObject({
      totalMs: 30_000,
      connectMs: 5_000,
      tlsMs: 5_000,
      headersMs: 10_000,
      minBytesPerSecond: 1_024,
      slowWindowMs: 10_000,
      maxWireBytes: 10 * MiB,
      maxBodyBytes: 20 * MiB,
      maxRatio: 100,
      ratioThresholdBytes: MiB,
      maxCodings: 2,
      maxHeaderBytes: 16_384,
      maxInterimResponses: 20,
      maxRedirects: 5,
      maxRetryAfterMs: 7 * 24 * 3_600_000,
      maxKeepAliveMs: 10_000,
    });
  });

  it('allow several large bodies in less than half a gigabyte', () => {
    const { maxReservedBytes, maxWireBytes, maxBodyBytes } = defaultFetchLimits;
    expect(Math.floor(maxReservedBytes / (maxWireBytes + maxBodyBytes))).toBeGreaterThanOrEqual(4);
    expect(maxReservedBytes).toBeLessThan(512 * 1024 * 1024);
  });
});
