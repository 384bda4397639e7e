import { describe, expect, it } from 'vitest';
import { Backoff } from '../../src/client/reconnect-backoff.ts';

const waits = (backoff: Backoff, count: number) => Array.from({ length: count }, () => backoff.nextMs(0));

describe('Backoff', () => {
  it('doubles its bound with each attempt, up to 30 seconds', () => {
    expect(waits(new Backoff(() => 1), 9)).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('waits anything from nothing to the bound', () => {
    expect(waits(new Backoff(() => 0), 3)).toEqual([0, 0, 0]);
    expect(waits(new Backoff(() => 0.5), 3)).toEqual([250, 500, 1000]);
  });

  it('begins anew after progress', () => {
    const backoff = new Backoff(() => 1);
    waits(backoff, 5);
    backoff.progressed();
    expect(waits(backoff, 2)).toEqual([500, 1000]);
  });

  it('waits at least as long as the server asked', () => {
    const backoff = new Backoff(() => 0.5);
    expect(backoff.nextMs(4200)).toBe(4200);
    expect(backoff.nextMs(100)).toBe(500);
  });

  it('does not grow without bound', () => {
    const backoff = new Backoff(() => 1);
    waits(backoff, 5000);
    expect(backoff.nextMs(0)).toBe(30_000);
  });
});
