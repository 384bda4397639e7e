import { dayMs, minuteMs } from '../../domain/durations.ts';
import { equalsInConstantTime, sign } from '../http/security/signing.ts';

/** The result of a token check: why the form is rejected, or its age. */
export type FormTokenCheck =
  /** Not signed by this site, or for another item. */
  | { readonly kind: 'forged' }
  | { readonly kind: 'expired' }
  /** `ageMs` is negative if the clock of the issuing node is ahead. */
  | { readonly kind: 'valid'; readonly ageMs: number };

const maxAgeMs = dayMs;
/** Tolerated clock difference between nodes. */
const maxSkewMs = 5 * minuteMs;
const purpose = 'comment form';

/** The key and the item that a token is bound to. */
interface FormTokenScope {
  readonly secret: string;
  readonly itemId: number;
}

/**
 * Creates the token of a form: `<issued at>.<nonce>.<signature>`.
 *
 * @param nonce distinguishes two forms of the same millisecond.
 */
export function makeFormToken({ secret, itemId }: FormTokenScope, nowMs: number, nonce: string): string {
  const issued = nowMs.toString(36);
  return `${issued}.${nonce}.${sign(secret, purpose, [itemId, issued, nonce])}`;
}

/** Verifies the token of a submitted form. */
export function verifyFormToken({ secret, itemId }: FormTokenScope, token: string, nowMs: number): FormTokenCheck {
  const [, issued = '', nonce = '', signature = ''] =
    /^([0-9a-z]{1,10})\.([\w-]{1,40})\.([\w-]{22})$/.exec(token) ?? [];
  if (!equalsInConstantTime(secret, signature, sign(secret, purpose, [itemId, issued, nonce])))
    return { kind: 'forged' };
  const ageMs = nowMs - Number.parseInt(issued, 36);
  return ageMs > maxAgeMs || ageMs < -maxSkewMs ? { kind: 'expired' } : { kind: 'valid', ageMs };
}
