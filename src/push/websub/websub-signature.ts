import { createHmac, timingSafeEqual } from 'node:crypto';

/** WebSub §7.1: the methods that a hub may use. */
const methods = ['sha1', 'sha256', 'sha384', 'sha512'];
const headerFormat = /^([a-z0-9]+)=([0-9a-f]+)$/i;

/** The `X-Hub-Signature` of a body: HMAC-SHA256 over its raw bytes, as `sha256=hex`. */
export function sign(secret: string, body: Uint8Array): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/**
 * Whether an `X-Hub-Signature` is valid. Accepts every method of the recommendation; method and digits in either case.
 * Never throws.
 *
 * @param body the raw bytes as received, before any decoding.
 */
export function verifySignature(secret: string, body: Uint8Array, header: string | null): boolean {
  const [, name = '', digits = ''] = headerFormat.exec(header ?? '') ?? [];
  const method = name.toLowerCase();
  if (!methods.includes(method)) return false;
  const expected = createHmac(method, secret).update(body).digest();
  const given = Buffer.from(digits, 'hex');
  // timingSafeEqual throws on unequal lengths, and an odd digit at the end is dropped by `Buffer.from`.
  if (digits.length !== expected.length * 2 || given.length !== expected.length) return false;
  return timingSafeEqual(given, expected);
}
