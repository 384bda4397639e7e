import { equalsInConstantTime, sign } from './signing.ts';

/** The address at which a server describes how it sees the request of a probe. */
export const probePath = '/diagnostics/request';
/** The header with the proof that the sender can read the database. */
export const probeHeader = 'X-Newswire-Probe';

const maxAgeMs = 60_000;

/** How a server sees a request, and what it uses it for. */
export interface SeenRequest {
  readonly version: string;
  /** The address of the connection: that of the client, or of the last proxy. */
  readonly address: string;
  /** The address that limits and counts use. */
  readonly clientAddress: string;
  readonly hasForwardedFor: boolean;
  /** The Host header. */
  readonly host: string;
  /** The base of the absolute URLs that the server emits. */
  readonly publicUrl: string;
}

/**
 * Signs a probe, valid for a minute. Only programs that can read the database have the secret, so that strangers do not
 * learn the addresses of proxies.
 *
 * @param secret the signing secret of the server.
 */
export function createProbe(secret: string, nowMs: number): string {
  return `${nowMs}.${sign(secret, 'server-probe', [nowMs])}`;
}

/** Whether a probe was signed with the secret within the last minute. */
export function isValidProbe(secret: string, probe: string, nowMs: number): boolean {
  const [, atText = '', signature = ''] = /^(\d{1,15})\.([\w-]{1,64})$/.exec(probe) ?? [];
  const atMs = Number(atText);
  if (atText === '' || Math.abs(nowMs - atMs) > maxAgeMs) return false;
  return equalsInConstantTime(secret, signature, sign(secret, 'server-probe', [atMs]));
}
