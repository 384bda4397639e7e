import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, gzip, constants as zlib } from 'node:zlib';
import type { Context } from 'hono';
import { unpooled } from '../../../runtime/unpooled.ts';

/** A content coding (RFC 9110 §8.4) that responses may be sent in. */
export type ContentCoding = 'br' | 'gzip';

/** `fast` for bodies that change with the next item, `best` for those that live as long as the process. */
type CompressionLevel = 'fast' | 'best';

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
interface BodyOptions {
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

/** How a body is sent. */
export interface SendOptions {
  readonly contentType: string;
  readonly cacheControl: string;
  /** Null: no Last-Modified is sent, and If-Modified-Since is ignored. */
  readonly lastModifiedMs?: number | null;
  /** True: two bodies with one tag may differ in a personal part. */
  readonly isWeak?: boolean;
  /** Called before a body is sent, not for a 304. It may refuse the request by throwing. */
  readonly beforeBody?: () => void;
  /** Called with the headers of a response that has a body, so that a cache can store it. */
  readonly onResponse?: (headers: Headers) => void;
}

/**
 * Sends a body with its validators, or 304 when the client holds it already. The ETag differs by content coding: two
 * codings are two representations (RFC 9110 §8.8.3.3).
 */
export async function send(c: Context, body: CompressibleBody, options: SendOptions): Promise<Response> {
  const lastModifiedMs = options.lastModifiedMs ?? null;
  const coding = body.isWorthCompressing ? negotiateCoding(c.req.header('accept-encoding')) : null;
  const held = { ifNoneMatch: c.req.header('if-none-match'), ifModifiedSince: c.req.header('if-modified-since') };
  const isHeld = isNotModified(held, { tag: body.tag, lastModifiedMs });
  if (!isHeld) options.beforeBody?.();
  c.header('ETag', `${options.isWeak === true ? 'W/' : ''}"${body.tag}${coding === null ? '' : `-${coding}`}"`);
  c.header('Vary', 'Accept-Encoding', { append: true });
  c.header('Cache-Control', options.cacheControl);
  if (lastModifiedMs !== null) c.header('Last-Modified', new Date(lastModifiedMs).toUTCString());
  if (isHeld) return c.body(null, 304);

  const bytes = coding === null ? body.bytes : await body.encoded(coding);
  c.header('Content-Type', options.contentType);
  // Set here, so that the response to HEAD has it too.
  c.header('Content-Length', String(bytes.length));
  if (coding !== null) c.header('Content-Encoding', coding);
  const response = c.body(bytes);
  options.onResponse?.(response.headers);
  return response;
}

/** The conditional headers of a request (RFC 9110 §13.1). */
export interface ConditionalHeaders {
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
}

/** The validators of the current representation: the tag without quotes and without the suffix of a content coding. */
export interface CurrentValidators {
  readonly tag: string;
  readonly lastModifiedMs: number | null;
}

const codingSuffixes = ['', '-gzip', '-br'];

/**
 * Whether 304 is the answer to a conditional request.
 *
 * If-None-Match wins: a server that receives both ignores If-Modified-Since (RFC 9110 §13.1.3). The comparison is weak
 * (§13.1.2), and a tag of another content coding matches too: the client holds the same content.
 */
export function isNotModified(held: ConditionalHeaders, current: CurrentValidators): boolean {
  if (held.ifNoneMatch !== undefined) return matchesTag(held.ifNoneMatch, current.tag);
  if (held.ifModifiedSince === undefined || current.lastModifiedMs === null) return false;
  const sinceMs = parseHttpDate(held.ifModifiedSince);
  if (sinceMs === null) return false;
  // HTTP dates have no fractions of a second.
  return Math.floor(current.lastModifiedMs / 1000) * 1000 <= sinceMs;
}

function matchesTag(list: string, tag: string): boolean {
  if (list.trim() === '*') return true;
  const held = [...list.matchAll(/(?:W\/)?"([^"]*)"/g)].map((match) => match[1]);
  return codingSuffixes.some((suffix) => held.includes(`${tag}${suffix}`));
}

function parseHttpDate(text: string): number | null {
  // Only a date in GMT: Date.parse reads "Feed 5" as a day in May.
  if (!/ GMT$/.test(text.trim())) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}
