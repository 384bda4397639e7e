import type { IncomingHttpHeaders } from 'node:http';
import { isOwnOrigin } from '../../http/security/own-origin.ts';

/** Which pages may open a session. */
export interface AllowedOrigins {
  /** Exact origins, or `*`; null: our own pages. */
  readonly allowedOrigins: readonly string[] | '*' | null;
  readonly publicUrl: string;
}

/**
 * Whether a browser page of this origin may open a session.
 *
 * A client that is no browser sends no Origin and is let in. With a cookie and no Origin it is neither: refused.
 */
export function isOriginAllowed(headers: IncomingHttpHeaders, { allowedOrigins, publicUrl }: AllowedOrigins): boolean {
  const { origin, host, cookie } = headers;
  if (origin === undefined) return cookie === undefined;
  if (allowedOrigins === '*') return true;
  return allowedOrigins === null ? isOwnOrigin(origin, { host, publicUrl }) : allowedOrigins.includes(origin);
}
