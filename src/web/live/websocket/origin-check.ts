import type { IncomingHttpHeaders } from 'node:http';
import { isOwnOrigin } from '../../http/security/own-origin.ts';

/** The pages that may open a session. */
export interface AllowedOrigins {
  /** Exact origins, or `*`. Null: our own pages only. */
  readonly allowedOrigins: readonly string[] | '*' | null;
  readonly publicUrl: string;
}

/**
 * Whether a client may open a session by the origin of its page.
 *
 * A client that is not a browser sends no Origin, and is allowed. A request with a cookie but without an Origin is neither
 * from a browser nor from such a client, and is refused.
 */
export function isOriginAllowed(headers: IncomingHttpHeaders, { allowedOrigins, publicUrl }: AllowedOrigins): boolean {
  const { origin, host, cookie } = headers;
  if (origin === undefined) return cookie === undefined;
  if (allowedOrigins === '*') return true;
  return allowedOrigins === null ? isOwnOrigin(origin, { host, publicUrl }) : allowedOrigins.includes(origin);
}
