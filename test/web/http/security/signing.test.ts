import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { equalsInConstantTime, sign } from '../../../../src/web/http/security/signing.ts';

describe('sign', () => {
  it('returns the start of an HMAC over purpose and parts', () => {
    expect(sign('a secret', 'comment form', [7, 'k1', 'n"1'])).toBe(
      createHmac('sha256', 'a secret').update('["comment form",7,"k1","n\\"1"]').digest('base64url').slice(0, 22),
    );
  });

  it('returns another signature for another secret, purpose or part', () => {
    const signatures = [
      sign('a', 'p', ['x', 'y']),
      sign('b', 'p', ['x', 'y']),
      sign('a', 'q', ['x', 'y']),
      sign('a', 'p', ['xy', '']),
      sign('a', 'p', ['x,y']),
    ];
    expect(new Set(signatures).size).toBe(signatures.length);
  });
});

describe('equalsInConstantTime', () => {
  it('is true for equal texts only', () => {
    expect(equalsInConstantTime('a', 'seal', 'seal')).toBe(true);
    expect(equalsInConstantTime('a', 'seal', 'seaL')).toBe(false);
    expect(equalsInConstantTime('a', 'seal', 'seal ')).toBe(false);
  });
});
