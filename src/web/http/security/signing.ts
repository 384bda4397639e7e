import { createHmac, timingSafeEqual } from 'node:crypto';

const signatureChars = 22;

/**
 * Signs some values: HMAC-SHA-256 (RFC 2104), cut to 132 bits.
 *
 * @param purpose what the signature is for: a signature made for one purpose is not valid for another.
 * @returns 22 characters of base64url.
 */
export function sign(secret: string, purpose: string, values: readonly (string | number)[]): string {
  return hmac(secret, JSON.stringify([purpose, ...values]))
    .toString('base64url')
    .slice(0, signatureChars);
}

/** Compares two texts in a time that does not depend on where they differ, nor on their lengths. */
export function equalsInConstantTime(secret: string, given: string, expected: string): boolean {
  return timingSafeEqual(hmac(secret, given), hmac(secret, expected));
}

function hmac(secret: string, text: string): Buffer {
  return createHmac('sha256', secret).update(text).digest();
}
