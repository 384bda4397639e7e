import type { Context } from 'hono';
import { type CompressibleBody, negotiateCoding } from './content-coding.ts';

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
