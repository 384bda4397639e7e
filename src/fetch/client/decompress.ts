import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { concatBytes } from './byte-collector.ts';
import { FetchError, formatBytes } from './fetch-error.ts';
import type { FetchLimits } from './fetch-limits.ts';

type DecodeLimits = Pick<FetchLimits, 'maxBodyBytes' | 'maxRatio' | 'ratioFreeBytes' | 'maxCodings' | 'freeBytes'>;
type Coding = 'gzip' | 'br' | 'deflate';

export interface DecodeOptions {
  readonly limits: DecodeLimits;
  /** Awaited before more than `freeBytes` are held; may be called again and again. */
  claim(): Promise<void>;
}

export interface Decoded {
  readonly body: Uint8Array;
  /** `wrong_encoding_label` when the header did not say what the body is. */
  readonly notes: readonly string[];
}

const names: Readonly<Record<string, Coding>> = { gzip: 'gzip', 'x-gzip': 'gzip', br: 'br', deflate: 'deflate' };

/** The codings that we understand, as Accept-Encoding says them. */
export const acceptEncoding = 'gzip, br, deflate';

/**
 * Undoes the Content-Encoding of a whole body. Counts what comes out while it comes out: the limits of HTTP clients
 * count bytes of the wire, and 50 KB of those can be 50 MB of zeros.
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
    return { body: plainOrRefused(wire, unknown), notes: ['wrong_encoding_label'] };
  }
  // A coding without its header is common for files that are gzip on disk; one is undone, never a chain of them.
  if (codings.length === 0) return { body: await undo(wire, 'gzip', options), notes: ['wrong_encoding_label'] };
  const decoded = await undoAll(wire, codings, options);
  if (unknown === null) return decoded;
  return { body: plainOrRefused(decoded.body, unknown), notes: ['wrong_encoding_label'] };
}

/**
 * Some servers name a charset (`UTF-8`), a transfer (`aws-chunked`, `binary`) or nothing (`none`) as the coding of a body
 * that is not coded at all. What is really coded in another way is not text.
 */
function plainOrRefused(body: Uint8Array, coding: string): Uint8Array {
  if (looksPlain(body) || isText(body)) return body;
  throw new FetchError('decode_error', `The body is compressed as "${coding}", which was not asked for`);
}

async function undoAll(wire: Uint8Array, codings: readonly Coding[], options: DecodeOptions): Promise<Decoded> {
  let body = wire;
  // RFC 9110 section 8.4: listed in the order in which they were applied.
  for (const coding of codings.toReversed()) {
    const next = await undoUnlessPlain(body, coding, options);
    if (next === null) return { body, notes: ['wrong_encoding_label'] };
    body = next;
  }
  return { body, notes: [] };
}

interface Codings {
  /** In the order in which they were applied. */
  readonly codings: readonly Coding[];
  /** The first coding that is not known, cut to a length that can be shown; null: all are known. */
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
      `The body is compressed ${codings.length} times. The publisher must correct this`,
    );
  }
  return { codings, unknown: tokens.find((token) => !isKnown(token))?.slice(0, 40) ?? null };
}

/** Null: the label is wrong, the body is plain text already. */
async function undoUnlessPlain(body: Uint8Array, coding: Coding, options: DecodeOptions): Promise<Uint8Array | null> {
  const plain = looksPlain(body);
  if (plain && coding === 'gzip') return null;
  try {
    return await undo(body, coding, options);
  } catch (error) {
    // br and raw deflate have no magic number: only the attempt can tell.
    if (plain && error instanceof FetchError && error.failure === 'decode_error') return null;
    throw error;
  }
}

async function undo(body: Uint8Array, coding: Coding, options: DecodeOptions): Promise<Uint8Array> {
  const decoder = decoderOf(body, coding);
  // Full blocks of the decoder's, but for the last: their number is bounded by the size.
  const blocks: Buffer[] = [];
  let decoded = 0;
  decoder.end(body);
  try {
    for await (const chunk of decoder as Readable) {
      blocks.push(chunk as Buffer);
      decoded += (chunk as Buffer).length;
      refuseOversize(decoded, body.length, options.limits);
      if (decoded > options.limits.freeBytes) await options.claim();
    }
  } catch (error) {
    if (error instanceof FetchError) throw error;
    throw new FetchError('decode_error', `The ${coding} body is damaged or cut short. Nothing of it was taken`);
  } finally {
    decoder.destroy();
  }
  return concatBytes(blocks, decoded);
}

function decoderOf(body: Uint8Array, coding: Coding) {
  // Each block is a turn through libuv's threads: few large ones for a large body, a small one for a small body.
  const chunkSize = Math.min(Math.max(body.length * 2, 16 * 1024), 256 * 1024);
  if (coding === 'gzip') return createGunzip({ chunkSize });
  if (coding === 'br') return createBrotliDecompress({ chunkSize });
  // "deflate" means zlib (RFC 9110 section 8.4.1.2), yet some servers send it raw. RFC 1950: CM 8, and a multiple of 31.
  const [cmf = 0, flg = 0] = body;
  const zlib = (cmf & 0x0f) === 8 && (cmf * 256 + flg) % 31 === 0;
  return zlib ? createInflate({ chunkSize }) : createInflateRaw({ chunkSize });
}

function refuseOversize(decoded: number, wire: number, limits: DecodeLimits): void {
  if (decoded > limits.ratioFreeBytes && decoded > wire * limits.maxRatio) {
    throw new FetchError('decompress_ratio', `The body expands more than ${limits.maxRatio} times. It was given up`);
  }
  if (decoded > limits.maxBodyBytes) {
    throw new FetchError(
      'body_too_large',
      `The body is over ${formatBytes(limits.maxBodyBytes)} decompressed. It was given up`,
    );
  }
}

function isGzip(body: Uint8Array): boolean {
  return body[0] === 0x1f && body[1] === 0x8b;
}

/** Whether the beginning has no control characters but white space: compressed data has one in ten bytes. */
function isText(body: Uint8Array): boolean {
  return !/[\0-\x08\x0e-\x1f]/.test(Buffer.from(body.subarray(0, 512)).toString('latin1'));
}

/** Whether the first byte that is no white space and no byte-order mark opens a document: `<`, `{` or `[`. */
function looksPlain(body: Uint8Array): boolean {
  const head = Buffer.from(body.subarray(0, 256)).toString('latin1');
  return /^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*[<{[]/.test(head);
}
