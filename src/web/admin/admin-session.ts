import { createHash, randomBytes } from 'node:crypto';
import { hourMs } from '../../domain/durations.ts';
import { equalsInConstantTime, sign } from '../http/security/signing.ts';

/** The values that a session is bound to. */
export interface SessionKey {
  readonly secret: string;
  /** A new token ends the sessions of the old one. */
  readonly adminToken: string;
  /** Changes on sign-out, which ends all sessions. */
  readonly generation: string;
}

/** The session of a signed-in moderator. */
export interface AdminSession {
  /** The token in the forms of this session. Another site cannot know it. */
  readonly csrfToken: string;
}

/** How long a session lasts. */
export const sessionLifetimeMs = 12 * hourMs;

function signFields({ secret, adminToken, generation }: SessionKey, purpose: string, parts: readonly string[]): string {
  const token = createHash('sha256').update(adminToken).digest('base64url');
  return sign(secret, purpose, [token, generation, ...parts]);
}

/** Creates the cookie of a new session: `<expires at>.<nonce>.<signature>`. */
export function makeSession(key: SessionKey, nowMs: number): string {
  const expires = (nowMs + sessionLifetimeMs).toString(36);
  const nonce = randomBytes(12).toString('base64url');
  return `${expires}.${nonce}.${signFields(key, 'admin session', [expires, nonce])}`;
}

/** The session of a cookie; null: the cookie is invalid or has expired. */
export function readSession(key: SessionKey, cookie: string, nowMs: number): AdminSession | null {
  const [, expires = '', nonce = '', signature = ''] =
    /^([0-9a-z]{1,10})\.([\w-]{16})\.([\w-]{22})$/.exec(cookie) ?? [];
  if (!equalsInConstantTime(key.secret, signature, signFields(key, 'admin session', [expires, nonce]))) return null;
  if (Number.parseInt(expires, 36) <= nowMs) return null;
  return { csrfToken: signFields(key, 'admin form', [expires, nonce]) };
}

/** Whether a submitted token is the CSRF token of the session. */
export function hasCsrfToken(session: AdminSession, given: string, { secret }: SessionKey): boolean {
  return equalsInConstantTime(secret, given, session.csrfToken);
}
