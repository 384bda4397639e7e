import { createHash, randomBytes } from 'node:crypto';
import { hourMs } from '../../domain/durations.ts';
import { equalsInConstantTime, sign } from '../http/security/signing.ts';

/** What makes a session one of this site, of this token and of this time. */
export interface SessionKey {
  readonly secret: string;
  /** Sessions of an earlier token are worth nothing. */
  readonly adminToken: string;
  /** Changes when everybody is signed out. */
  readonly generation: string;
}

/** Somebody who is signed in. */
export interface AdminSession {
  /** What a form of this session carries: another site cannot know it. */
  readonly csrfToken: string;
}

/** How long a session lasts. */
export const sessionLifetimeMs = 12 * hourMs;

function signFields({ secret, adminToken, generation }: SessionKey, purpose: string, parts: readonly string[]): string {
  const token = createHash('sha256').update(adminToken).digest('base64url');
  return sign(secret, purpose, [token, generation, ...parts]);
}

/** The cookie of a new session: `<end>.<nonce>.<seal>`. */
export function makeSession(key: SessionKey, nowMs: number): string {
  const end = (nowMs + sessionLifetimeMs).toString(36);
  const nonce = randomBytes(12).toString('base64url');
  return `${end}.${nonce}.${signFields(key, 'admin session', [end, nonce])}`;
}

/** The session that a cookie stands for; null: none, or it has ended. */
export function readSession(key: SessionKey, cookie: string, nowMs: number): AdminSession | null {
  const [, end = '', nonce = '', seal = ''] = /^([0-9a-z]{1,10})\.([\w-]{16})\.([\w-]{22})$/.exec(cookie) ?? [];
  if (!equalsInConstantTime(key.secret, seal, signFields(key, 'admin session', [end, nonce]))) return null;
  if (Number.parseInt(end, 36) <= nowMs) return null;
  return { csrfToken: signFields(key, 'admin form', [end, nonce]) };
}

/** Whether a form was made for this session. */
export function hasCsrfToken(session: AdminSession, given: string, { secret }: SessionKey): boolean {
  return equalsInConstantTime(secret, given, session.csrfToken);
}
