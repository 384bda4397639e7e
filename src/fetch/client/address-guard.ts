import { domainToUnicode } from 'node:url';
import ipaddr from 'ipaddr.js';
import { ConfigError } from '../../domain/config-error.ts';
import { FetchError } from './fetch-error.ts';

type Address = ReturnType<typeof ipaddr.parse>;
type Range = readonly [Address, number];

/** The host and port of a request. */
export interface Target {
  /** Host of a WHATWG URL: lower-case, punycode, an IPv6 literal in brackets or without. */
  readonly hostname: string;
  readonly port: number;
}

/** The policy that decides which addresses Newswire connects to. */
export interface AddressGuard {
  /**
   * Parses a URL and checks everything that can be checked before its name is resolved. The result must still pass
   * `blockReason` for each resolved address, and again for the connected socket.
   *
   * @param base of a relative reference, as in a redirect.
   * @throws Trouble `bad_url`, `bad_scheme`, `bad_port`, `blocked_address`
   */
  check(url: string, base?: URL): URL;
  /** Why an IP address must not be connected to for this target; null: allowed. */
  blockReason(address: string, target: Target): FetchError | null;
}

/** ::/96, IPv4-compatible: ipaddr.js reports unicast, but kernels may route it to the embedded IPv4 address. */
const ipv4Compatible = ipaddr.parseCIDR('::/96');
/** 64:ff9b::/96: the last 32 bits are the IPv4 address that a NAT64 gateway would reach. */
const nat64 = ipaddr.parseCIDR('64:ff9b::/96');
/** Azure's wire server: a public address that serves secrets to every machine of a tenant. */
const azureWireServer = '168.63.129.16';

/** The "bad ports" of the WHATWG fetch standard, and databases and caches that might execute a request as commands. */
const badPorts = new Set([
  ...[0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109],
  ...[110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530],
  ...[531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190],
  ...[5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080],
  ...[3306, 5432, 6379, 9200, 11211, 27017],
]);

/** Names of this machine or the local network, whatever a resolver returns for them. */
const localName = /(?:^|\.)(?:localhost|local|internal)$/;

/** Private networks that only hosts configured by the operator may use. */
export interface ConfiguredHosts {
  /** CIDRs (or single addresses) that these hosts may use, on every port, also by name. */
  readonly networks: readonly string[];
  /** Whether the operator configured this host. Called for each request and connection, since declarations change. */
  includes(target: Target): boolean;
}

/** What the operator allows and forbids in addition to the policy. */
export interface GuardOptions {
  /**
   * CIDRs (or single addresses) that every host may use, on every port, also by name: including hosts named by a
   * document, a redirect or a WebSub subscriber.
   */
  readonly allow: readonly string[];
  /** Absent: no host has exceptions of its own. */
  readonly configuredHosts?: ConfiguredHosts;
  /** Origins of this server: polling them would return its own output. */
  readonly ownOrigins?: readonly string[];
  /** The only ports allowed outside those CIDRs; absent: all ports except those of other protocols. */
  readonly ports?: readonly number[];
}

/** @throws ConfigError if a range is invalid. */
export function createAddressGuard({
  allow,
  configuredHosts: configured,
  ownOrigins = [],
  ports,
}: GuardOptions): AddressGuard {
  const allowedForAll = parseRanges(allow);
  const allowedForConfigured = [...allowedForAll, ...parseRanges(configured?.networks ?? [])];
  const rangesFor = (target: Target): readonly Range[] =>
    configured?.includes(target) === true ? allowedForConfigured : allowedForAll;
  const own = new Set(ownOrigins.map((origin) => ownKey(new URL(origin))));

  const isBadPort = (port: number): boolean => badPorts.has(port) || (ports !== undefined && !ports.includes(port));

  const blockReason = (text: string, target: Target): FetchError | null => {
    const address = parseAddress(text);
    if (address === null) return new FetchError('blocked_address', notPublic(target));
    if (isAllowed(address, rangesFor(target))) return null;
    if (!isPublic(address) || localName.test(bareName(target))) {
      const isUnconfigured = isAllowed(address, allowedForConfigured);
      return new FetchError('blocked_address', isUnconfigured ? notConfigured(target) : notPublic(target));
    }
    return isBadPort(target.port) ? new FetchError('bad_port', portDetail(target)) : null;
  };

  const check = (text: string, base?: URL): URL => {
    const url = parseUrl(text, base);
    const target = { hostname: url.hostname, port: portOf(url) };
    if (own.has(ownKey(url)))
      throw new FetchError('blocked_address', "This is Newswire's own address. Remove the source");
    const reason = isLiteral(url.hostname)
      ? blockReason(bareName(target), target)
      : // Allowed ranges apply to names too, and only the resolved address can show whether they do.
        rangesFor(target).length > 0
        ? null
        : refuseName(target, isBadPort);
    if (reason !== null) throw reason;
    if (url.username !== '' || url.password !== '') {
      throw new FetchError('bad_url', 'The URL contains a user name or password. Move them to headers of the source');
    }
    return url;
  };

  return { check, blockReason };
}

/** Why the guard refuses a URL before its host is looked up; null: it does not. */
export function refusalOf(guard: AddressGuard, url: string): string | null {
  try {
    guard.check(url);
    return null;
  } catch (error) {
    if (error instanceof FetchError) return error.message;
    throw error;
  }
}

/** The port of a URL, or the default port of its scheme. */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

/**
 * A predicate: whether a target has the host and port of one of these URLs. The default ports of http and https are
 * treated as equal. URLs of other schemes are ignored.
 */
export function serversOf(urls: Iterable<string>): (target: Target) => boolean {
  const servers = new Set<string>();
  for (const text of urls) {
    const url = /^https?:/i.test(text) ? URL.parse(text) : null;
    if (url !== null) servers.add(serverKey({ hostname: url.hostname, port: portOf(url) }));
  }
  return (target) => servers.has(serverKey(target));
}

function serverKey(target: Target): string {
  return `${bareName(target)}:${target.port === 443 ? 80 : target.port}`;
}

/** Whether a URL's host is an IP address. Neither undici nor node:net calls a resolver for those. */
export function isLiteral(hostname: string): boolean {
  return hostname.startsWith('[') || ipaddr.IPv4.isValidFourPartDecimal(hostname);
}

function parseUrl(text: string, base?: URL): URL {
  if (!URL.canParse(text, base?.href)) {
    throw new FetchError('bad_url', 'The URL is invalid. Check its spelling');
  }
  const url = new URL(text, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new FetchError('bad_scheme', `The URL scheme ${url.protocol} is not supported. Use http or https`);
  }
  if (!isLiteral(url.hostname) && !isDnsName(url.hostname)) {
    throw new FetchError('bad_url', 'The host name is invalid. Check its spelling');
  }
  url.hash = '';
  return url;
}

/** RFC 1035 section 2.3.4: labels of up to 63 octets, 253 in total; and valid punycode. URL parsers check neither. */
function isDnsName(hostname: string): boolean {
  const name = hostname.replace(/\.$/, '');
  return name.length <= 253 && name.split('.').every(isDnsLabel);
}

function isDnsLabel(label: string): boolean {
  if (label.length < 1 || label.length > 63) return false;
  // For invalid punycode, Node returns the label unchanged or an empty string.
  return !label.startsWith('xn--') || !['', label].includes(domainToUnicode(label));
}

function refuseName(target: Target, isBadPort: (port: number) => boolean): FetchError | null {
  if (localName.test(bareName(target))) return new FetchError('blocked_address', notPublic(target));
  return isBadPort(target.port) ? new FetchError('bad_port', portDetail(target)) : null;
}

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  return !within(address, ipv4Compatible) && address.toString() !== azureWireServer;
}

function isAllowed(address: Address, ranges: readonly Range[]): boolean {
  if (!ranges.some((range) => within(address, range))) return false;
  // Allowing the NAT64 prefix means that the network has no IPv4, not that any private IPv4 address may be reached.
  if (!within(address, nat64)) return true;
  const inner = ipaddr.fromByteArray(address.toByteArray().slice(12));
  return isPublic(inner) || ranges.some((range) => within(inner, range));
}

function within(address: Address, [network, bits]: Range): boolean {
  return address.kind() === network.kind() && address.match([network, bits]);
}

/** Parses an address; IPv4-mapped IPv6 becomes the IPv4 address. */
function parseAddress(text: string): Address | null {
  return ipaddr.isValid(text) ? ipaddr.process(text) : null;
}

function parseRanges(allow: readonly string[]): readonly Range[] {
  const bad = allow.filter((text) => !ipaddr.isValid(text) && !ipaddr.isValidCIDR(text));
  if (bad.length > 0) {
    throw new ConfigError(
      bad.map((text) => ({
        where: 'ALLOW_PRIVATE_NETWORKS',
        what: `"${text}" is not an address range`,
        remedy: 'Write comma-separated ranges, such as 10.0.0.0/8 or fd00::/8',
      })),
    );
  }
  return allow.map((text): Range => {
    if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
    const address = ipaddr.process(text);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  });
}

/** http and https at one host and port are the same server. */
function ownKey(url: URL): string {
  return `${url.hostname}:${portOf(url)}`;
}

function bareName({ hostname }: Target): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

function notPublic({ hostname }: Target): string {
  return `${hostname} does not resolve to a public address. To allow it, add its range to ALLOW_PRIVATE_NETWORKS`;
}

function notConfigured({ hostname }: Target): string {
  const remedy = 'add its range to ALLOW_PRIVATE_NETWORKS_FOR_ALL';
  return `${hostname} resolves to a private address, and no source or webhook is declared there. To allow it, ${remedy}`;
}

function portDetail({ port }: Target): string {
  return `Port ${port} belongs to another protocol and is blocked. Use another port`;
}
