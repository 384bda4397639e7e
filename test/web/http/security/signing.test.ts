import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { equalsInConstantTime, sign } from '../../../../src/web/http/security/signing.ts';

describe('a signature', () => {
  it('is the start of an HMAC-SHA-256 of purpose and values', () => {
    expect(sign('a secret', 'comment form', [7, 'k1', 'n"1'])).toBe(
      createHmac('sha256', 'a secret').update('["comment form",7,"k1","n\\"1"]').digest('base64url').slice(0, 22),
    );
  });

  it('differs by secret, purpose and each value', () => {
    const signatures = [
      sign('a', 'p', ['x', 'y']),
      sign('b', 'p', ['x', 'y']),
      sign('a', 'q', ['x', 'y']),
      sign('a', 'p', ['xy', '']),
      sign('a', 'p', ['x,y']),
    ];
    expect(new Set(signatures).size).toBe(signatures.length);
  });

  it('equals an identical text only', () => {
    expect(equalsInConstantTime('a', 'text', 'text')).toBe(true);
    expect(equalsInConstantTime('a', 'text', 'texT')).toBe(false);
    expect(equalsInConstantTime('a', 'text', 'text ')).toBe(false);
  });
});
