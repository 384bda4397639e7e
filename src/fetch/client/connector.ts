import { connect as connectTcp, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, getCACertificates } from 'node:tls';
import type { buildConnector } from 'undici';
import { minuteMs } from '../../domain/durations.ts';
import { type AddressGuard, isLiteral, portOf, type Target } from './address-guard.ts';
import { errorCode, FetchError, formatSeconds } from './fetch-error.ts';
import type { FetchLimits } from './fetch-limits.ts';
import type { Resolve } from './resolver.ts';

export interface ConnectorParts {
  readonly guard: AddressGuard;
  readonly resolve: Resolve;
  readonly limits: Pick<FetchLimits, 'dnsMs' | 'connectMs' | 'tlsMs'>;
  /** Certificate authorities besides the built-in ones, PEM. */
  readonly ca?: readonly string[];
  /** Told when some, not all, of a name's addresses were left out. */
  onAddressLeftOut?(target: Target): void;
  /** Opens the TCP connection; a test may replace the network here. */
  readonly dial?: Dial;
}

/** Starts a connection to the first of the addresses that answers. */
export type Dial = (target: Target, addresses: readonly string[]) => Socket;

const maxAddresses = 8;
/** After this the next address is tried at the same time (RFC 8305 allows 2 s; node's 250 ms gives up on slow lines). */
const nextAddressAfterMs = 1_000;

/**
 * The only way out: resolves a name itself, connects to none but checked addresses, and looks at the address that it
 * got before the first byte is sent. A name that changes its answer between check and connect gains nothing.
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

/** Tells where a host would be connected to first: see `Outbound.addressOf`. */
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
      // Whoever asks the host next is told why.
      () => null,
    );
  };
}

async function open(parts: ConnectorParts, target: Target, secure: boolean): Promise<Socket> {
  const addresses = await checkedAddresses(parts, target);
  const socket = (parts.dial ?? dial)(target, addresses);
  // Between two of our steps nobody else listens, and an unheard 'error' would end the process. Who uses the socket
  // next finds it in `socket.errored`.
  socket.on('error', () => socket.destroy());
  await settled(socket, 'connect', {
    ms: parts.limits.connectMs,
    late: () => new FetchError('connect_timeout', `No connection within ${formatSeconds(parts.limits.connectMs)}`),
    failed: (error) => new FetchError('connect_error', connectDetail(target, error)),
  });
  const { remoteAddress } = socket;
  // Absent when the other side has hung up already.
  if (remoteAddress === undefined) throw new FetchError('connect_error', connectDetail(target, null));
  const refused = parts.guard.refusal(remoteAddress, target);
  if (refused !== null) {
    socket.destroy();
    throw refused;
  }
  socket.setNoDelay(true);
  socket.setKeepAlive(true, minuteMs);
  return secure ? await secured(parts, target, socket) : socket;
}

type LookUpParts = Pick<ConnectorParts, 'guard' | 'resolve' | 'limits' | 'onAddressLeftOut'>;

async function checkedAddresses(parts: LookUpParts, target: Target): Promise<readonly string[]> {
  const { guard, limits } = parts;
  // node:net does not call a lookup function for an address, so a check that lives in one never sees it.
  const literal = isLiteral(target.hostname) || target.hostname.includes(':');
  const answers = literal
    ? [target.hostname]
    : await withinDeadline(parts.resolve(target.hostname), target, limits.dnsMs);
  const good = answers.filter((address) => guard.refusal(address, target) === null);
  if (good.length > 0) {
    if (good.length < answers.length) parts.onAddressLeftOut?.(target);
    return good.slice(0, maxAddresses);
  }
  const [first] = answers;
  const refused = first === undefined ? null : guard.refusal(first, target);
  throw refused ?? new FetchError('dns_error', `${target.hostname} has no address. Check the spelling of the host`);
}

async function withinDeadline(answer: Promise<readonly string[]>, target: Target, ms: number) {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new FetchError(
      'dns_error',
      `No name server answered for ${target.hostname} within ${formatSeconds(ms)}`,
    );
    timer = setTimeout(() => reject(error), ms);
  });
  const looked = answer.catch((error: unknown) => {
    const code = errorCode(error) || 'no answer';
    const detail = `${target.hostname} cannot be resolved (${code}). Check the spelling of the host`;
    throw new FetchError('dns_error', detail, code === 'ENOTFOUND' ? ['nxdomain'] : []);
  });
  try {
    return await Promise.race([looked, late]);
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
    // RFC 6066 section 3: no address, no trailing dot.
    servername: isLiteral(name) || name.includes(':') ? '' : name,
    // Stated, so that NODE_TLS_REJECT_UNAUTHORIZED cannot switch it off.
    rejectUnauthorized: true,
    ALPNProtocols: ['http/1.1'],
    ...(ca === undefined ? {} : { ca: [...getCACertificates('default'), ...ca] }),
  });
  secure.on('error', () => secure.destroy());
  await settled(secure, 'secureConnect', {
    ms: limits.tlsMs,
    late: () => new FetchError('tls_error', `The TLS handshake took longer than ${formatSeconds(limits.tlsMs)}`),
    failed: (error) => tlsTrouble(error),
  });
  return secure;
}

interface Step {
  readonly ms: number;
  late(): FetchError;
  failed(error: unknown): FetchError;
}

/** Waits for a socket's step; a socket that does not make it is destroyed. */
function settled(socket: Socket, event: 'connect' | 'secureConnect', step: Step): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => end(step.late()), step.ms);
    const end = (trouble: FetchError | null): void => {
      clearTimeout(timer);
      socket.off(event, onDone).off('error', onError).off('close', onClose);
      if (trouble === null) {
        resolve();
        return;
      }
      socket.destroy();
      reject(trouble);
    };
    const onDone = (): void => end(null);
    const onError = (error: unknown): void => end(step.failed(error));
    const onClose = (): void => end(step.failed(null));
    socket.on(event, onDone).on('error', onError).on('close', onClose);
  });
}

function connectDetail({ hostname, port }: Target, error: unknown): string {
  const code = errorCode(error) || 'closed';
  return `${hostname} does not take connections on port ${port} (${code}). Its server may be down`;
}

function tlsTrouble(error: unknown): FetchError {
  const code = errorCode(error) || 'closed';
  if (code === 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL') {
    return new FetchError('protocol_error', 'The server does not speak HTTP/1.1. The publisher must offer it');
  }
  const remedy = 'The publisher must mend its certificate';
  return new FetchError('tls_error', `No trusted TLS connection (${tlsReasons[code] ?? code}). ${remedy}`);
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
