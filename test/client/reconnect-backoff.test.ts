import { describe, expect, it } from 'vitest';
import { ReconnectBackoff } from '../../src/client/transport.ts';

const waits = (backoff: ReconnectBackoff, count: number) => Array.from({ length: count }, () => backoff.nextDelayMs(0));

describe('ReconnectBackoff', () => {
  it('doubles its bound with each attempt, up to 30 seconds', () => {
    expect(waits(new ReconnectBackoff(() => 1), 9)).toEqual([
      500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000,
    ]);
  });

  it('waits a random time from 0 to the bound', () => {
    expect(waits(new ReconnectBackoff(() => 0), 3)).toEqual([0, 0, 0]);
    expect(waits(new ReconnectBackoff(() => 0.5), 3)).toEqual([250, 500, 1000]);
  });

  it('starts again from the first bound after progress', () => {
    const backoff = new ReconnectBackoff(() => 1);
    waits(backoff, 5);
    backoff.reset();
    expect(waits(backoff, 2)).toEqual([500, 1000]);
  });

  it('waits at least as long as the server requests', () => {
    const backoff = new ReconnectBackoff(() => 0.5);
    expect(backoff.nextDelayMs(4200)).toBe(4200);
    expect(backoff.nextDelayMs(100)).toBe(500);
  });

  it('does not grow without bound', () => {
    const backoff = new ReconnectBackoff(() => 1);
    waits(backoff, 5000);
    expect(backoff.nextDelayMs(0)).toBe(30_000);
  });
});
