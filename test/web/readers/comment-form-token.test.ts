import { describe, expect, it } from 'vitest';
import { makeFormToken, verifyFormToken } from '../../../src/web/readers/comment-form-token.ts';

const nowMs = Date.UTC(2026, 2, 1, 12);
const maker = { secret: 'a secret', itemId: 7 };
const token = makeFormToken(maker, nowMs, 'nonce');

describe('a form token', () => {
  it('contains the time the form was issued', () => {
    expect(verifyFormToken(maker, token, nowMs + 5000)).toEqual({ kind: 'valid', ageMs: 5000 });
  });

  it('is valid for one item and one site only', () => {
    expect(verifyFormToken({ ...maker, itemId: 8 }, token, nowMs).kind).toBe('forged');
    expect(verifyFormToken({ ...maker, secret: 'another' }, token, nowMs).kind).toBe('forged');
  });

  it.each([
    '',
    'x',
    '..',
    token.slice(0, -1),
    `${token}a`,
    token.replace(/^./, '0'),
    '__proto__.x.y',
    'a.'.repeat(5000),
  ])('cannot be forged: %#', (forged) => {
    expect(verifyFormToken(maker, forged, nowMs)).toEqual({ kind: 'forged' });
  });

  it('expires after a day', () => {
    expect(verifyFormToken(maker, token, nowMs + 24 * 3_600_000).kind).toBe('valid');
    expect(verifyFormToken(maker, token, nowMs + 24 * 3_600_000 + 1)).toEqual({ kind: 'expired' });
  });

  it('is valid from a node whose clock is slightly ahead, but not from the far future', () => {
    expect(verifyFormToken(maker, token, nowMs - 60_000)).toEqual({ kind: 'valid', ageMs: -60_000 });
    expect(verifyFormToken(maker, token, nowMs - 6 * 60_000)).toEqual({ kind: 'expired' });
  });
});
