import { connect as connectTcp, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, getCACertificates } from 'node:tls';
import type { buildConnector } from 'undici';
import { minuteMs } from '../../domain/durations.ts';
import { note } from '../../domain/notes/note.ts';
import { type AddressGuard, isLiteral, portOf, type Target } from './address-guard.ts';
import { errorCode, FetchError, formatSeconds } from './fetch-error.ts';
import type { FetchLimits } from './fetch-limits.ts';
import type { Resolve } from './resolver.ts';

export interface ConnectorParts {
  readonly guard: AddressGuard;
  readonly resolve: Resolve;
  readonly limits: Pick<FetchLimits, 'dnsMs' | 'connectMs' | 'tlsMs'>;
  /** Certificate authorities in addition to the built-in ones, PEM. */
  readonly ca?: readonly string[];
  /** Called if some, but not all, of a name's addresses were excluded. */
  onAddressExcluded?(target: Target): void;
  /** Opens the TCP connection; tests replace it. */
  readonly dial?: Dial;
}

/** Starts a connection to the first address that answers. */
export type Dial = (target: Target, addresses: readonly string[]) => Socket;

const maxAddresses = 8;
/** After this the next address is tried in parallel (RFC 8305 allows 2 s; Node's 250 ms fails on slow links). */
const nextAddressAfterMs = 1_000;

/**
 * Opens all outgoing connections. Resolves names itself, connects only to checked addresses, and checks the connected
 * address again before the first byte is sent, so that DNS rebinding between check and connect has no effect.
 */
export function createConnector(parts: ConnectorParts): buildConnector.connector {
  return ({ hostname, port, protocol }, callback) => {
    const target = { hostname, port: Number(port) || (protocol === 'https:' ? 443 : 80) };
    open(parts, target, protocol === 'https:').then(
      (socket) => callback(null, socket),
      (error: Error) => callback(error, null),
    );
  };
}

/** Looks up the first address for a host: see `HttpClient.addressOf`. */
export function createAddressLookup(
  parts: Pick<ConnectorParts, 'guard' | 'resolve' | 'limits'>,
): (host: string) => string | null | Promise<string | null> {
  return (host) => {
    const url = URL.parse(`http://${host}/`);
    if (url === null) return null;
    const target = { hostname: url.hostname, port: portOf(url) };
    if (isLiteral(target.hostname)) return target.hostname.replace(/^\[|\]$/g, '');
    return checkedAddresses(parts, target).then(
      ([first]) => first ?? null,
      // The next request to the host reports the reason.
      () => null,
    );
  };
}

async function open(parts: ConnectorParts, target: Target, secure: boolean): Promise<Socket> {
  const addresses = await checkedAddresses(parts, target);
  const socket = (parts.dial ?? dial)(target, addresses);
  // Between our steps no other listener exists, and an unhandled 'error' event would end the process. The next step
  // finds the error in `socket.errored`.
  socket.on('error', () => socket.destroy());
  await waitFor(socket, 'connect', {
    ms: parts.limits.connectMs,
    late: () =>
      new FetchError(
        'connect_timeout',
        `No connection within ${formatSeconds(parts.limits.connectMs)}. The server may be down`,
      ),
    failed: (error) => new FetchError('connect_error', connectDetail(target, error)),
  });
  const { remoteAddress } = socket;
  // Undefined if the peer has closed the connection already.
  if (remoteAddress === undefined) throw new FetchError('connect_error', connectDetail(target, null));
  const refused = parts.guard.blockReason(remoteAddress, target);
  if (refused !== null) {
    socket.destroy();
    throw refused;
  }
  socket.setNoDelay(true);
  socket.setKeepAlive(true, minuteMs);
  return secure ? await secured(parts, target, socket) : socket;
}

type LookUpParts = Pick<ConnectorParts, 'guard' | 'resolve' | 'limits' | 'onAddressExcluded'>;

async function checkedAddresses(parts: LookUpParts, target: Target): Promise<readonly string[]> {
  const { guard, limits } = parts;
  // node:net does not call the lookup function for IP addresses, so they must be checked here.
  const literal = isLiteral(target.hostname) || target.hostname.includes(':');
  const answers = literal
    ? [target.hostname]
    : await withinDeadline(parts.resolve(target.hostname), target, limits.dnsMs);
  const good = answers.filter((address) => guard.blockReason(address, target) === null);
  if (good.length > 0) {
    if (good.length < answers.length) parts.onAddressExcluded?.(target);
    return good.slice(0, maxAddresses);
  }
  const [first] = answers;
  const refused = first === undefined ? null : guard.blockReason(first, target);
  throw (
    refused ?? new FetchError('dns_error', `${target.hostname} has no address record. Check the spelling of the host`)
  );
}

async function withinDeadline(answer: Promise<readonly string[]>, target: Target, ms: number) {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    const error = new FetchError(
      'dns_error',
      `No name server answered for ${target.hostname} within ${formatSeconds(ms)}. Check the DNS of this machine`,
    );
    timer = setTimeout(() => reject(error), ms);
  });
  const lookup = answer.catch((error: unknown) => {
    const code = errorCode(error) || 'no answer';
    const detail = `${target.hostname} cannot be resolved (${code}). Check the spelling of the host`;
    throw new FetchError('dns_error', detail, code === 'ENOTFOUND' ? [note('nxdomain')] : []);
  });
  try {
    return await Promise.race([lookup, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function dial(target: Target, addresses: readonly string[]): Socket {
  const answers = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const lookup: LookupFunction = (_hostname, options, callback) => {
    const [first] = answers;
    if (options.all) callback(null, answers);
    else callback(null, first?.address ?? '', first?.family);
  };
  return connectTcp({
    host: target.hostname,
    port: target.port,
    lookup,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: nextAddressAfterMs,
  });
}

async function secured({ limits, ca }: ConnectorParts, target: Target, socket: Socket): Promise<Socket> {
  const name = target.hostname.replace(/\.$/, '');
  const secure = connectTls({
    socket,
    host: name,
    // RFC 6066 section 3: SNI must not contain an IP address or a trailing dot.
    servername: isLiteral(name) || name.includes(':') ? '' : name,
    // Explicit, so that NODE_TLS_REJECT_UNAUTHORIZED cannot disable it.
    rejectUnauthorized: true,
    ALPNProtocols: ['http/1.1'],
    ...(ca === undefined ? {} : { ca: [...getCACertificates('default'), ...ca] }),
  });
  secure.on('error', () => secure.destroy());
  await waitFor(secure, 'secureConnect', {
    ms: limits.tlsMs,
    late: () =>
      new FetchError(
        'tls_error',
        `The TLS handshake took longer than ${formatSeconds(limits.tlsMs)}. The server may be overloaded`,
      ),
    failed: (error) => tlsTrouble(error),
  });
  return secure;
}

interface Step {
  readonly ms: number;
  late(): FetchError;
  failed(error: unknown): FetchError;
}

/** Waits for an event of a socket. Destroys the socket if it fails or does not arrive in time. */
function waitFor(socket: Socket, event: 'connect' | 'secureConnect', step: Step): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => end(step.late()), step.ms);
    const end = (error: FetchError | null): void => {
      clearTimeout(timer);
      socket.off(event, onDone).off('error', onError).off('close', onClose);
      if (error === null) {
        resolve();
        return;
      }
      socket.destroy();
      reject(error);
    };
    const onDone = (): void => end(null);
    const onError = (error: unknown): void => end(step.failed(error));
    const onClose = (): void => end(step.failed(null));
    socket.on(event, onDone).on('error', onError).on('close', onClose);
  });
}

function connectDetail({ hostname, port }: Target, error: unknown): string {
  const code = errorCode(error) || 'closed';
  return `${hostname} refuses connections on port ${port} (${code}). The server may be down`;
}

function tlsTrouble(error: unknown): FetchError {
  const code = errorCode(error) || 'closed';
  if (code === 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL') {
    return new FetchError('protocol_error', 'The server does not support HTTP/1.1. The publisher must enable it');
  }
  const remedy = 'The publisher must fix its certificate';
  return new FetchError('tls_error', `The TLS connection is not trusted (${tlsReasons[code] ?? code}). ${remedy}`);
}

const tlsReasons: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate is not signed by a known authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate is not signed by a known authority',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host',
};
