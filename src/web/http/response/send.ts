import type { Context } from 'hono';
import type { CompressibleBody } from './compressible-body.ts';
import { isNotModified } from './conditional-request.ts';
import { negotiateCoding } from './content-coding.ts';

/** How a body is sent, beyond its bytes. */
export interface SendOptions {
  readonly contentType: string;
  readonly cacheControl: string;
  /** Null: no Last-Modified is sent, the tag alone counts. */
  readonly lastModifiedMs?: number | null;
  /** False for pictures and the like, which are compressed already. */
  readonly compressible?: boolean;
  /** Keeps the answer for other readers, who may have it as it is. */
  readonly keep?: (headers: Headers) => void;
  /** Whether bodies of one tag may differ in what is of no matter. */
  readonly isWeak?: boolean;
  /** Called before a body is sent, not for a 304. It may refuse by throwing. */
  readonly admit?: () => void;
}

/**
 * Sends a body with its validators, or 304 when the client holds it already. The tag is strong and differs by coding
 * (RFC 9110 §8.8.3.3: two codings are two representations).
 */
export async function send(c: Context, body: CompressibleBody, sending: SendOptions): Promise<Response> {
  const lastModifiedMs = sending.lastModifiedMs ?? null;
  const mayCode = sending.compressible !== false && body.isWorthCompressing;
  const coding = mayCode ? negotiateCoding(c.req.header('accept-encoding')) : null;
  const held = { ifNoneMatch: c.req.header('if-none-match'), ifModifiedSince: c.req.header('if-modified-since') };
  const isHeld = isNotModified(held, { tag: body.tag, lastModifiedMs });
  if (!isHeld) sending.admit?.();
  c.header('ETag', `${sending.isWeak === true ? 'W/' : ''}"${body.tag}${coding === null ? '' : `-${coding}`}"`);
  c.header('Vary', 'Accept-Encoding', { append: true });
  c.header('Cache-Control', sending.cacheControl);
  if (lastModifiedMs !== null) c.header('Last-Modified', new Date(lastModifiedMs).toUTCString());
  if (isHeld) return c.body(null, 304);

  const bytes = coding === null ? body.bytes : await body.encoded(coding);
  c.header('Content-Type', sending.contentType);
  // Said outright, so that HEAD has it too.
  c.header('Content-Length', String(bytes.length));
  if (coding !== null) c.header('Content-Encoding', coding);
  const response = c.body(bytes);
  sending.keep?.(response.headers);
  return response;
}
