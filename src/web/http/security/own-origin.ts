import ipaddr from 'ipaddr.js';

/** What an origin is compared with. */
export interface OwnAddress {
  /** The Host header of the request. */
  readonly host: string | undefined;
  /** The base of our absolute addresses. */
  readonly publicUrl: string;
}

/**
 * Whether a browser page of this origin is one of ours: of the public address, scheme and all, or of the host that is
 * being asked when that is another one, since the server may be reached under several. Of our public host a page that
 * came over another scheme may have been written by anyone on the way.
 */
export function isOwnOrigin(origin: string, { host = '', publicUrl }: OwnAddress): boolean {
  // The form in which browsers write an origin is canonical; `null` and anything else that is no URL fails here.
  if (!URL.canParse(origin) || new URL(origin).origin !== origin) return false;
  const ours = new URL(publicUrl);
  if (origin === ours.origin) return true;
  if (hostFor(ours.protocol, host) === ours.host) return false;
  return new URL(origin).host === hostFor(new URL(origin).protocol, host);
}

/** The host and port of an authority as an origin of this scheme writes it: without the scheme's own port. */
function hostFor(scheme: string, authority: string): string | null {
  return URL.parse(`${scheme}//${authority}`)?.host ?? null;
}

/**
 * Whether a Host header names this server in a way that no stranger's DNS can bring about: by an IP address, as
 * localhost, or as the host of its public address. A page of another name that resolves to this machine is a stranger's
 * (DNS rebinding).
 */
export function isOwnHost({ host, publicUrl }: OwnAddress): boolean {
  const asked = host === undefined ? null : URL.parse(`http://${host}`);
  if (asked === null) return false;
  const name = asked.hostname;
  return (
    name === 'localhost' || ipaddr.isValid(name.replace(/^\[(.*)\]$/, '$1')) || name === new URL(publicUrl).hostname
  );
}
