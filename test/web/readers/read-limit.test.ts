import { describe, expect, it } from 'vitest';
import { maxReadersPerAddress, ReadLimit } from '../../../src/web/readers/visit-buffer.ts';

describe('ReadLimit', () => {
  it('allows thirty visitors of an address, and the same ones again', () => {
    const limit = new ReadLimit();
    const ask = (number: number) => limit.allows({ hash: `visitor ${number}`, addressHash: 'office' });
    const allowed = Array.from({ length: 100 }, (_, number) => ask(number)).filter(Boolean);
    expect(allowed).toHaveLength(maxReadersPerAddress);
    expect(ask(0)).toBe(true);
    expect(ask(maxReadersPerAddress)).toBe(false);
  });

  it('does not evict an address that keeps sending requests', () => {
    const limit = new ReadLimit(100);
    const attack = (number: number) => limit.allows({ hash: `made up ${number}`, addressHash: 'attacker' });
    for (let number = 0; number < maxReadersPerAddress; number += 1) expect(attack(number)).toBe(true);
    for (let number = 0; number < 10_000; number += 1) {
      expect(limit.allows({ hash: `reader ${number}`, addressHash: `home ${number}` })).toBe(true);
      if (number % 50 === 0) expect(attack(1000 + number)).toBe(false);
    }
    expect(attack(99_999)).toBe(false);
  });
});
