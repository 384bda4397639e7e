import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, gzip, constants as zlib } from 'node:zlib';
import { unpooled } from '../../../runtime/unpooled.ts';

/** A content coding (RFC 9110 §8.4) that responses may be sent in. */
export type ContentCoding = 'br' | 'gzip';

/** `fast` for bodies that change with the next item, `best` for those that live as long as the process. */
export type CompressionLevel = 'fast' | 'best';

const brotliQuality: Readonly<Record<CompressionLevel, number>> = { fast: 5, best: 11 };
const gzipAsync = promisify(gzip);
const brotliAsync = promisify(brotliCompress);
/** A smaller body fits into one packet as it is. */
const minCompressedBytes = 1024;

/**
 * The content coding that a client prefers of those that we have; null: none (RFC 9110 §12.5.3). Of two codings with
 * equal weights Brotli is taken: its results are smaller.
 */
export function negotiateCoding(acceptEncoding: string | undefined): ContentCoding | null {
  if (acceptEncoding === undefined || acceptEncoding === '') return null;
  const weights = weightsOf(acceptEncoding);
  const weightOf = (coding: string): number => weights.get(coding) ?? weights.get('*') ?? 0;
  const br = weightOf('br');
  const gzip = Math.max(weightOf('gzip'), weights.get('x-gzip') ?? 0);
  if (br === 0 && gzip === 0) return null;
  return br >= gzip ? 'br' : 'gzip';
}

function weightsOf(acceptEncoding: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const part of acceptEncoding.toLowerCase().split(',')) {
    const [coding = '', ...parameters] = part.split(';').map((piece) => piece.trim());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    const weight = q === undefined ? 1 : Number(q.slice(2));
    weights.set(coding, Number.isNaN(weight) ? 0 : weight);
  }
  return weights;
}

/** How a body is tagged and compressed. */
export interface BodyOptions {
  readonly level?: CompressionLevel;
  /** The text that the tag is made of, when it is not the body. The tag MUST then be sent as a weak one. */
  readonly taggedText?: string;
}

/** A response body. It is compressed on demand, and at most once for each content coding. */
export class CompressibleBody {
  readonly bytes: Buffer<ArrayBuffer>;
  /** The opaque part of the ETag. Equal bytes have equal tags, on every node and after every restart. */
  readonly tag: string;
  readonly #level: CompressionLevel;
  readonly #encoded = new Map<ContentCoding, Promise<Buffer<ArrayBuffer>>>();
  #encodedBytes = 0;

  constructor(body: string | Buffer<ArrayBuffer>, { level = 'fast', taggedText }: BodyOptions = {}) {
    this.bytes = unpooled(typeof body === 'string' ? Buffer.from(body) : body);
    this.tag = createHash('sha256')
      .update(taggedText ?? this.bytes)
      .digest('base64url')
      .slice(0, 27);
    this.#level = level;
  }

  /** Whether the compressed body is sent in fewer packets. */
  get isWorthCompressing(): boolean {
    return this.bytes.length >= minCompressedBytes;
  }

  /** The bytes in memory: the body and its compressed forms so far. */
  get heldBytes(): number {
    return this.bytes.length + this.#encodedBytes;
  }

  /** The compressed body. */
  encoded(coding: ContentCoding): Promise<Buffer<ArrayBuffer>> {
    const known = this.#encoded.get(coding);
    if (known !== undefined) return known;
    const encoded = compress(this.bytes, coding, this.#level).then((bytes) => {
      this.#encodedBytes += bytes.length;
      return unpooled(bytes);
    });
    this.#encoded.set(coding, encoded);
    return encoded;
  }
}

/** Compresses bytes in the thread pool. */
export function compress(
  bytes: Buffer<ArrayBuffer>,
  coding: ContentCoding,
  level: CompressionLevel = 'fast',
): Promise<Buffer<ArrayBuffer>> {
  if (coding === 'gzip') return gzipAsync(bytes);
  return brotliAsync(bytes, {
    params: {
      [zlib.BROTLI_PARAM_QUALITY]: brotliQuality[level],
      [zlib.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}
