import { dayMs, minuteMs } from '../../domain/durations.ts';
import { equalsInConstantTime, sign } from '../http/security/signing.ts';

/** Why a form cannot be taken, or how old it is. */
export type FormTokenCheck =
  /** We never gave it out, or for another item. */
  | { readonly kind: 'forged' }
  | { readonly kind: 'expired' }
  /** From a node whose clock is ahead of ours it may be less than nothing. */
  | { readonly kind: 'good'; readonly ageMs: number };

const maxAgeMs = dayMs;
/** How far two nodes' clocks may differ. */
const maxSkewMs = 5 * minuteMs;
const purpose = 'comment form';

/** What a form of one item carries: when it was given out, and by whom. */
export interface FormTokenScope {
  readonly secret: string;
  readonly itemId: number;
}

/**
 * A token for a form that is given out now: `<time>.<nonce>.<seal>`.
 *
 * @param nonce tells two forms of one millisecond apart.
 */
export function makeFormToken({ secret, itemId }: FormTokenScope, nowMs: number, nonce: string): string {
  const issued = nowMs.toString(36);
  return `${issued}.${nonce}.${sign(secret, purpose, [itemId, issued, nonce])}`;
}

/** Judges the token that came back with a form. */
export function verifyFormToken({ secret, itemId }: FormTokenScope, token: string, nowMs: number): FormTokenCheck {
  const [, issued = '', nonce = '', seal = ''] = /^([0-9a-z]{1,10})\.([\w-]{1,40})\.([\w-]{22})$/.exec(token) ?? [];
  if (!equalsInConstantTime(secret, seal, sign(secret, purpose, [itemId, issued, nonce]))) return { kind: 'forged' };
  const ageMs = nowMs - Number.parseInt(issued, 36);
  return ageMs > maxAgeMs || ageMs < -maxSkewMs ? { kind: 'expired' } : { kind: 'good', ageMs };
}
