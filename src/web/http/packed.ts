import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const gzipAsync = promisify(gzip);
/** Below this a compressed body saves no packet. */
const minGzipBytes = 1024;

/** A body ready to be sent many times: its tag comes from its bytes alone, and it is compressed at most once. */
export class Packed {
  readonly bytes: Buffer<ArrayBuffer>;
  /** Opaque, without quotes: equal bytes have equal tags on every node and after every restart. */
  readonly tag: string;
  #gzip: Promise<Buffer<ArrayBuffer>> | null = null;

  constructor(body: string | Buffer<ArrayBuffer>) {
    this.bytes = typeof body === 'string' ? Buffer.from(body) : body;
    this.tag = createHash('sha256').update(this.bytes).digest('base64url').slice(0, 27);
  }

  /** Whether compressing is worth the while. */
  get large(): boolean {
    return this.bytes.length >= minGzipBytes;
  }

  /** The body compressed. */
  gzip(): Promise<Buffer<ArrayBuffer>> {
    this.#gzip ??= gzipAsync(this.bytes);
    return this.#gzip;
  }
}
