import ipaddr from 'ipaddr.js';

/** What an origin or a host is compared with. */
export interface OwnAddress {
  /** The Host header of the request. */
  readonly host: string | undefined;
  /** The base of our absolute URLs. */
  readonly publicUrl: string;
}

/**
 * Whether a page of this origin is ours: it has the origin of the public URL, or the host of the request when that is a
 * different one, since the server may have several names. A page of our public host that came over another scheme is
 * not ours: anyone on the path may have written it.
 */
export function isOwnOrigin(origin: string, { host = '', publicUrl }: OwnAddress): boolean {
  // Browsers send the canonical form of an origin. `null` and anything else that is not a URL is rejected here.
  if (!URL.canParse(origin) || new URL(origin).origin !== origin) return false;
  const ours = new URL(publicUrl);
  if (origin === ours.origin) return true;
  if (hostFor(ours.protocol, host) === ours.host) return false;
  return new URL(origin).host === hostFor(new URL(origin).protocol, host);
}

/** Host and port of an authority as they appear in an origin of this scheme: without the default port. */
function hostFor(scheme: string, authority: string): string | null {
  return URL.parse(`${scheme}//${authority}`)?.host ?? null;
}

/**
 * Whether a Host header names this server by an IP address, as localhost, or by the host of its public URL. Any other
 * name that resolves to this machine may belong to an attacker (DNS rebinding).
 */
export function isOwnHost({ host, publicUrl }: OwnAddress): boolean {
  const url = host === undefined ? null : URL.parse(`http://${host}`);
  if (url === null) return false;
  const name = url.hostname;
  return (
    name === 'localhost' || ipaddr.isValid(name.replace(/^\[(.*)\]$/, '$1')) || name === new URL(publicUrl).hostname
  );
}
