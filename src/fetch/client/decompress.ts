import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { type Note, note } from '../../domain/notes/note.ts';
import { concatBytes } from './body-memory.ts';
import { FetchError, formatBytes } from './fetch-error.ts';
import type { FetchLimits } from './fetch-limits.ts';

type DecodeLimits = Pick<
  FetchLimits,
  'maxBodyBytes' | 'maxRatio' | 'ratioThresholdBytes' | 'maxCodings' | 'unreservedBytes'
>;
type Coding = 'gzip' | 'br' | 'deflate';

export interface DecodeOptions {
  readonly limits: DecodeLimits;
  /** Awaited before more than `unreservedBytes` are held; may be called repeatedly. */
  reserveMemory(): Promise<void>;
}

export interface Decoded {
  readonly body: Uint8Array;
  /** `wrong_encoding_label` if Content-Encoding does not match the body. */
  readonly notes: readonly Note[];
}

const names: Readonly<Record<string, Coding>> = { gzip: 'gzip', 'x-gzip': 'gzip', br: 'br', deflate: 'deflate' };

/** The supported codings, as the value of Accept-Encoding. */
export const acceptEncoding = 'gzip, br, deflate';

/**
 * Decodes the Content-Encoding of a whole body and limits the decoded size while decoding: HTTP clients limit only the
 * encoded size, and 50 KB of it can be 50 MB of zeros.
 *
 * @param headers all Content-Encoding values, in order.
 * @throws Trouble `decode_error`, `decompress_ratio`, `body_too_large`
 */
export async function decodeBody(
  wire: Uint8Array,
  headers: readonly string[],
  options: DecodeOptions,
): Promise<Decoded> {
  const { codings, unknown } = readCodings(headers, options.limits.maxCodings);
  if (codings.length === 0 && !isGzip(wire)) {
    if (unknown === null) return { body: wire, notes: [] };
    return { body: plainOrRefused(wire, unknown), notes: [note('wrong_encoding_label')] };
  }
  // Gzip without a Content-Encoding header is common for files stored compressed. One layer is decoded, never several.
  if (codings.length === 0)
    return { body: await decodeOne(wire, 'gzip', options), notes: [note('wrong_encoding_label')] };
  const decoded = await decodeAll(wire, codings, options);
  if (unknown === null) return decoded;
  return { body: plainOrRefused(decoded.body, unknown), notes: [note('wrong_encoding_label')] };
}

/**
 * Some servers send a charset (`UTF-8`), a transfer (`aws-chunked`, `binary`) or `none` as Content-Encoding of a body
 * that is not encoded. A body that is encoded in an unsupported way is not text.
 */
function plainOrRefused(body: Uint8Array, coding: string): Uint8Array {
  if (looksPlain(body) || isText(body)) return body;
  throw new FetchError(
    'decode_error',
    `The body has the unsupported Content-Encoding "${coding}". The publisher must fix its server`,
  );
}

async function decodeAll(wire: Uint8Array, codings: readonly Coding[], options: DecodeOptions): Promise<Decoded> {
  let body = wire;
  // RFC 9110 section 8.4: codings are listed in the order in which they were applied.
  for (const coding of codings.toReversed()) {
    const next = await decodeUnlessPlain(body, coding, options);
    if (next === null) return { body, notes: [note('wrong_encoding_label')] };
    body = next;
  }
  return { body, notes: [] };
}

interface Codings {
  /** In the order in which they were applied. */
  readonly codings: readonly Coding[];
  /** The first unsupported coding, truncated for display; null: all are supported. */
  readonly unknown: string | null;
}

function readCodings(headers: readonly string[], maxCodings: number): Codings {
  const tokens = headers
    .join(',')
    .split(',')
    .map((token) => token.trim().toLowerCase())
    .filter((token) => token !== '' && token !== 'identity');
  const isKnown = (token: string): boolean => Object.hasOwn(names, token);
  const codings = tokens.flatMap((token) => (isKnown(token) ? (names[token] ?? []) : []));
  if (codings.length > maxCodings) {
    throw new FetchError(
      'decode_error',
      `The body is compressed ${codings.length} times. The publisher must fix its server`,
    );
  }
  return { codings, unknown: tokens.find((token) => !isKnown(token))?.slice(0, 40) ?? null };
}

/** Null: the header is wrong, the body is not encoded. */
async function decodeUnlessPlain(body: Uint8Array, coding: Coding, options: DecodeOptions): Promise<Uint8Array | null> {
  const plain = looksPlain(body);
  if (plain && coding === 'gzip') return null;
  try {
    return await decodeOne(body, coding, options);
  } catch (error) {
    // Brotli and raw deflate have no magic number: only decoding shows whether the body is encoded.
    if (plain && error instanceof FetchError && error.failure === 'decode_error') return null;
    throw error;
  }
}

async function decodeOne(body: Uint8Array, coding: Coding, options: DecodeOptions): Promise<Uint8Array> {
  const decoder = decoderOf(body, coding);
  // All blocks but the last have the decoder's full chunk size, so the decoded size bounds their number.
  const blocks: Buffer[] = [];
  let decoded = 0;
  decoder.end(body);
  try {
    for await (const chunk of decoder as Readable) {
      blocks.push(chunk as Buffer);
      decoded += (chunk as Buffer).length;
      refuseOversize(decoded, body.length, options.limits);
      if (decoded > options.limits.unreservedBytes) await options.reserveMemory();
    }
  } catch (error) {
    if (error instanceof FetchError) throw error;
    throw new FetchError('decode_error', `The ${coding} body is corrupt or truncated. Stored items are unchanged`);
  } finally {
    decoder.destroy();
  }
  return concatBytes(blocks, decoded);
}

function decoderOf(body: Uint8Array, coding: Coding) {
  // Each chunk is a round trip through libuv's thread pool: use large chunks for large bodies and small ones for small.
  const chunkSize = Math.min(Math.max(body.length * 2, 16 * 1024), 256 * 1024);
  if (coding === 'gzip') return createGunzip({ chunkSize });
  if (coding === 'br') return createBrotliDecompress({ chunkSize });
  // "deflate" means zlib (RFC 9110 section 8.4.1.2), but some servers send raw deflate. RFC 1950: CM 8, multiple of 31.
  const [cmf = 0, flg = 0] = body;
  const zlib = (cmf & 0x0f) === 8 && (cmf * 256 + flg) % 31 === 0;
  return zlib ? createInflate({ chunkSize }) : createInflateRaw({ chunkSize });
}

function refuseOversize(decoded: number, wire: number, limits: DecodeLimits): void {
  if (decoded > limits.ratioThresholdBytes && decoded > wire * limits.maxRatio) {
    throw new FetchError(
      'decompress_ratio',
      `The body expands more than ${limits.maxRatio} times when decompressed. Stored items are unchanged`,
    );
  }
  if (decoded > limits.maxBodyBytes) {
    throw new FetchError(
      'body_too_large',
      `The decompressed body exceeds ${formatBytes(limits.maxBodyBytes)}. The publisher should send fewer items`,
    );
  }
}

function isGzip(body: Uint8Array): boolean {
  return body[0] === 0x1f && body[1] === 0x8b;
}

/** Whether the start contains no control characters except white space; of compressed data, every tenth byte is one. */
function isText(body: Uint8Array): boolean {
  return !/[\0-\x08\x0e-\x1f]/.test(Buffer.from(body.subarray(0, 512)).toString('latin1'));
}

/** Whether the first byte after white space and a byte-order mark starts a document: `<`, `{` or `[`. */
function looksPlain(body: Uint8Array): boolean {
  const head = Buffer.from(body.subarray(0, 256)).toString('latin1');
  return /^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*[<{[]/.test(head);
}
