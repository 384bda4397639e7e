import { describe, expect, it } from 'vitest';
import { hasCsrfToken, makeSession, readSession, sessionLifetimeMs } from '../../../src/web/admin/admin-session.ts';

const key = { secret: 'a secret', adminToken: 'the token', generation: '1' };
const nowMs = Date.UTC(2026, 2, 1, 12);
const cookie = makeSession(key, nowMs);

describe('an admin session', () => {
  it('lasts twelve hours', () => {
    expect(readSession(key, cookie, nowMs + sessionLifetimeMs - 1)).not.toBeNull();
    expect(readSession(key, cookie, nowMs + sessionLifetimeMs)).toBeNull();
  });

  it.each([
    ['another secret', { ...key, secret: 'x' }],
    ['a new token', { ...key, adminToken: 'x' }],
    ['a sign-out', { ...key, generation: '2' }],
  ])('is invalid after %s', (_, other) => {
    expect(readSession(other, cookie, nowMs)).toBeNull();
  });

  it.each([
    '',
    'x',
    '..',
    cookie.slice(0, -1),
    `${cookie}a`,
    cookie.replace(/^\w/, 'z'),
    'zzzzzzzzzz.0123456789abcdef.',
  ])('cannot be forged: %#', (forged) => {
    expect(readSession(key, forged, nowMs)).toBeNull();
  });

  it('has its own CSRF token', () => {
    const [one, two] = [readSession(key, cookie, nowMs), readSession(key, makeSession(key, nowMs), nowMs)];
    if (one === null || two === null) throw new Error('there is no session');
    expect(hasCsrfToken(one, one.csrfToken, key)).toBe(true);
    expect(hasCsrfToken(one, two.csrfToken, key)).toBe(false);
    expect(hasCsrfToken(one, '', key)).toBe(false);
    expect(cookie).not.toContain(one.csrfToken);
  });
});
