import { createHmac, timingSafeEqual } from 'node:crypto';

const methods = ['sha1', 'sha256', 'sha384', 'sha512'];
const form = /^([a-z0-9]+)=([0-9a-f]+)$/i;

/** The `X-Hub-Signature` of a body: HMAC-SHA256 over its raw bytes, as `sha256=hex`. */
export function sign(secret: string, body: Uint8Array): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/**
 * Whether a header signs this body with this secret. Takes every method of the recommendation, names and digits in
 * either case; whatever else stands there is a no, and nothing throws.
 *
 * @param body the raw bytes of the wire, before any decoding.
 */
export function verifySignature(secret: string, body: Uint8Array, header: string | null): boolean {
  const [, name = '', digits = ''] = form.exec(header ?? '') ?? [];
  const method = name.toLowerCase();
  if (!methods.includes(method)) return false;
  const expected = createHmac(method, secret).update(body).digest();
  const given = Buffer.from(digits, 'hex');
  // A longer one may begin with the right digits, and timingSafeEqual throws at it.
  if (digits.length !== expected.length * 2 || given.length !== expected.length) return false;
  return timingSafeEqual(given, expected);
}
