import type { IncomingHttpHeaders } from 'node:http';

/** The host and port of an authority as an origin of this scheme writes it: without the scheme's own port. */
function hostFor(scheme: string, authority: string): string | null {
  const url = `${scheme}//${authority}`;
  return URL.canParse(url) ? new URL(url).host : null;
}

/**
 * Whether a browser page of this origin may open a session.
 *
 * A client that is no browser sends no Origin and is let in. With a cookie and no Origin it is neither: refused.
 *
 * @param allowed exact origins, or `*`; null: pages of the host that is being asked.
 */
export function isOriginAllowed(headers: IncomingHttpHeaders, allowed: readonly string[] | '*' | null): boolean {
  const { origin, host, cookie } = headers;
  if (origin === undefined) return cookie === undefined;
  if (allowed === '*') return true;
  // The form in which browsers write an origin is canonical; `null` and anything else that is no URL fails here.
  if (!URL.canParse(origin) || new URL(origin).origin !== origin) return false;
  if (allowed !== null) return allowed.includes(origin);
  return new URL(origin).host === hostFor(new URL(origin).protocol, host ?? '');
}
