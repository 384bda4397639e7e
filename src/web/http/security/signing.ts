import { createHmac, hash, timingSafeEqual } from 'node:crypto';

const blockBytes = 64;
const digestBytes = 32;
const mostKept = 16;

/** A key as HMAC mixes it into its two hashes, each with room for what is hashed after it. */
interface Key {
  readonly inner: Buffer;
  readonly outer: Buffer;
}

/** There are one or two secrets, and each is used with every page. */
const keys = new Map<string, Key>();

/**
 * A mark that only we can make, over some texts: 22 characters of base64url.
 *
 * @param purpose what it is for, so that a mark made for one thing is worth nothing for another.
 */
export function sign(secret: string, purpose: string, parts: readonly (string | number)[]): string {
  return hmacOf(secret, JSON.stringify([purpose, ...parts])).slice(0, 22);
}

/**
 * HMAC-SHA-256 (RFC 2104) in base64url, out of two hashes: the same as `createHmac` gives, without its object, whose
 * making and clearing away costs more than all else that a kept page takes.
 */
export function hmacOf(secret: string, text: string): string {
  const { inner, outer } = keyOf(secret);
  const bytes = Buffer.byteLength(text);
  const isLong = bytes > inner.length - blockBytes;
  const message = isLong ? Buffer.concat([inner.subarray(0, blockBytes), Buffer.from(text)]) : inner;
  if (!isLong) inner.write(text, blockBytes);
  outer.write(hash('sha256', message.subarray(0, blockBytes + bytes), 'binary'), blockBytes, 'binary');
  return hash('sha256', outer, 'base64url');
}

function keyOf(secret: string): Key {
  const known = keys.get(secret);
  if (known !== undefined) return known;
  if (keys.size >= mostKept) keys.clear();
  const given = Buffer.from(secret);
  const key = Buffer.alloc(blockBytes);
  (given.length > blockBytes ? hash('sha256', given, 'buffer') : given).copy(key);
  const made = { inner: Buffer.alloc(8 * blockBytes), outer: Buffer.alloc(blockBytes + digestBytes) };
  for (const [index, byte] of key.entries()) {
    made.inner[index] = byte ^ 0x36;
    made.outer[index] = byte ^ 0x5c;
  }
  keys.set(secret, made);
  return made;
}

/** Compares two texts in a time that tells nothing of where they differ. */
export function equalsInConstantTime(secret: string, given: string, wanted: string): boolean {
  const digest = (text: string) => createHmac('sha256', secret).update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
