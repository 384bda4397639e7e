import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, gzip, constants as zlib } from 'node:zlib';
import type { ContentCoding } from './content-coding.ts';

const gzipAsync = promisify(gzip);
const brotliAsync = promisify(brotliCompress);
/** Below this a compressed body saves no packet. */
const minCodedBytes = 1024;

/** How hard to press: what lives long is worth the time, what changes with the next item is not. */
export type CompressionLevel = 'quick' | 'thorough';

const brotliQuality: Readonly<Record<CompressionLevel, number>> = { quick: 5, thorough: 11 };

/**
 * A body ready to be sent many times: its tag comes from its bytes alone, and it is compressed at most once for each
 * coding.
 */
export class CompressibleBody {
  readonly bytes: Buffer<ArrayBuffer>;
  /** Opaque, without quotes: equal bytes have equal tags on every node and after every restart. */
  readonly tag: string;
  readonly #effort: CompressionLevel;
  readonly #coded = new Map<ContentCoding, Promise<Buffer<ArrayBuffer>>>();
  #codedBytes = 0;

  /** @param tagged what the tag is made of, when it is not the body itself; the tag is to be sent as a weak one then. */
  constructor(body: string | Buffer<ArrayBuffer>, effort: CompressionLevel = 'quick', tagged: string | null = null) {
    this.bytes = typeof body === 'string' ? Buffer.from(body) : body;
    this.tag = createHash('sha256')
      .update(tagged ?? this.bytes)
      .digest('base64url')
      .slice(0, 27);
    this.#effort = effort;
  }

  /** Whether compressing is worth the while. */
  get isWorthCompressing(): boolean {
    return this.bytes.length >= minCodedBytes;
  }

  /** Bytes in memory: of the body and of what it was compressed to so far. */
  get heldBytes(): number {
    return this.bytes.length + this.#codedBytes;
  }

  /** The body compressed. */
  encoded(coding: ContentCoding): Promise<Buffer<ArrayBuffer>> {
    const known = this.#coded.get(coding);
    if (known !== undefined) return known;
    const made = compress(this.bytes, coding, this.#effort).then((bytes) => {
      this.#codedBytes += bytes.length;
      return bytes;
    });
    this.#coded.set(coding, made);
    return made;
  }
}

/** Compresses bytes, off the event loop. */
export function compress(
  bytes: Buffer<ArrayBuffer>,
  coding: ContentCoding,
  effort: CompressionLevel = 'quick',
): Promise<Buffer<ArrayBuffer>> {
  if (coding === 'gzip') return gzipAsync(bytes);
  return brotliAsync(bytes, {
    params: {
      [zlib.BROTLI_PARAM_QUALITY]: brotliQuality[effort],
      [zlib.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}
