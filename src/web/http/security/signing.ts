import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * A signature over some values that only a holder of the secret can make: 22 characters of base64url (132 bits).
 *
 * @param purpose keeps a signature that was made for one thing from being valid for another.
 */
export function sign(secret: string, purpose: string, parts: readonly (string | number)[]): string {
  const text = JSON.stringify([purpose, ...parts]);
  return createHmac('sha256', secret).update(text).digest('base64url').slice(0, 22);
}

/** Compares two texts in a time that does not depend on where they differ. */
export function equalsInConstantTime(secret: string, given: string, wanted: string): boolean {
  const digest = (text: string) => createHmac('sha256', secret).update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
