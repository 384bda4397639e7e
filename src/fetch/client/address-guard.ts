import { domainToUnicode } from 'node:url';
import ipaddr from 'ipaddr.js';
import { ConfigError } from '../../domain/config-error.ts';
import { FetchError } from './fetch-error.ts';

type Address = ReturnType<typeof ipaddr.parse>;
type Range = readonly [Address, number];

/** Who is about to be asked. */
export interface Target {
  /** Host of a WHATWG URL: lower-case, punycode, an IPv6 literal in brackets or without. */
  readonly hostname: string;
  readonly port: number;
}

/** The one policy of which addresses Newswire talks to. */
export interface AddressGuard {
  /**
   * Parses an address and judges all of it that can be judged before its name is resolved. What it lets pass is still
   * judged by `refusal` for each resolved address, and again for the connected socket.
   *
   * @param base of a relative reference, as in a redirect.
   * @throws Trouble `bad_url`, `bad_scheme`, `bad_port`, `blocked_address`
   */
  check(url: string, base?: URL): URL;
  /** Why an IP address must not be connected to for this target; null: it may. */
  refusal(address: string, target: Target): FetchError | null;
}

/** ::/96, IPv4-compatible: ipaddr.js calls it unicast, kernels may route it to the IPv4 address inside. */
const ipv4Compatible = ipaddr.parseCIDR('::/96');
/** 64:ff9b::/96: the IPv4 address that a NAT64 gateway would reach stands in the last 32 bits. */
const nat64 = ipaddr.parseCIDR('64:ff9b::/96');
/** Azure's wire server: a public address that answers to any tenant's machine with its secrets. */
const azureWireServer = '168.63.129.16';

/** The "bad ports" of the WHATWG fetch standard, then databases and caches that would take a request for commands. */
const badPorts = new Set([
  ...[0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109],
  ...[110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530],
  ...[531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190],
  ...[5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080],
  ...[3306, 5432, 6379, 9200, 11211, 27017],
]);

/** Names that mean "this machine" or "this network" whatever a resolver makes of them. */
const localName = /(?:^|\.)(?:localhost|local|internal)$/;

/** Private networks that only the operator's own hosts may be in. */
export interface ConfiguredHosts {
  /** CIDRs (or single addresses) that may be reached on every port, by name too, at these hosts only. */
  readonly networks: readonly string[];
  /** Whether the operator configured this host. Called at each request and connection: declarations change. */
  includes(target: Target): boolean;
}

/** What the operator opens and closes beyond the policy itself. */
export interface GuardOptions {
  /**
   * CIDRs (or single addresses) that may be reached on every port, by name too, also when a document, a redirect or a
   * WebSub subscriber names the host.
   */
  readonly allow: readonly string[];
  /** Absent: no host has rights of its own. */
  readonly configured?: ConfiguredHosts;
  /** Origins that are this very server: reading them would feed it its own output. */
  readonly ownOrigins?: readonly string[];
  /** The only ports beyond those CIDRs; absent: all but those of other protocols. */
  readonly ports?: readonly number[];
}

/** @throws ConfigError when a range cannot be read. */
export function createAddressGuard({ allow, configured, ownOrigins = [], ports }: GuardOptions): AddressGuard {
  const openToAll = parseRanges(allow);
  const openToConfigured = [...openToAll, ...parseRanges(configured?.networks ?? [])];
  const rangesFor = (target: Target): readonly Range[] =>
    configured?.includes(target) === true ? openToConfigured : openToAll;
  const own = new Set(ownOrigins.map((origin) => ownKey(new URL(origin))));

  const isBadPort = (port: number): boolean => badPorts.has(port) || (ports !== undefined && !ports.includes(port));

  const refusal = (text: string, target: Target): FetchError | null => {
    const address = parseAddress(text);
    if (address === null) return new FetchError('blocked_address', notPublic(target));
    if (isAllowed(address, rangesFor(target))) return null;
    if (!isPublic(address) || localName.test(bareName(target))) {
      const isUnconfigured = isAllowed(address, openToConfigured);
      return new FetchError('blocked_address', isUnconfigured ? notConfigured(target) : notPublic(target));
    }
    return isBadPort(target.port) ? new FetchError('bad_port', portDetail(target)) : null;
  };

  const check = (text: string, base?: URL): URL => {
    const url = parseUrl(text, base);
    const target = { hostname: url.hostname, port: portOf(url) };
    if (own.has(ownKey(url)))
      throw new FetchError('blocked_address', "This is Newswire's own address. Remove the source");
    const refused = isLiteral(url.hostname)
      ? refusal(bareName(target), target)
      : // A range that the operator opened counts by name too, and then only the resolved address can tell.
        rangesFor(target).length > 0
        ? null
        : refuseName(target, isBadPort);
    if (refused !== null) throw refused;
    if (url.username !== '' || url.password !== '') {
      throw new FetchError('bad_url', 'The address holds a user name or password. Put them into headers of the source');
    }
    return url;
  };

  return { check, refusal };
}

/** Port of a URL, the scheme's own when it names none. */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

/**
 * Whether a target is the server of one of these URLs: the same host and port, where the default ports of http and
 * https count as one. URLs of other schemes are ignored.
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

/** Whether a URL's host is an IP address: for those no resolver is ever asked, by undici and node:net alike. */
export function isLiteral(hostname: string): boolean {
  return hostname.startsWith('[') || ipaddr.IPv4.isValidFourPartDecimal(hostname);
}

function parseUrl(text: string, base?: URL): URL {
  if (!URL.canParse(text, base?.href)) {
    throw new FetchError('bad_url', 'The address cannot be read as a URL. Check its spelling');
  }
  const url = new URL(text, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new FetchError(
      'bad_scheme',
      `The address starts with ${url.protocol}, which is not fetched. Use http or https`,
    );
  }
  if (!isLiteral(url.hostname) && !isDnsName(url.hostname)) {
    throw new FetchError('bad_url', 'The host name is not one that can exist. Check its spelling');
  }
  url.hash = '';
  return url;
}

/** RFC 1035 section 2.3.4: labels of up to 63 octets, 253 in all; and punycode that decodes. URLs insist on neither. */
function isDnsName(hostname: string): boolean {
  const name = hostname.replace(/\.$/, '');
  return name.length <= 253 && name.split('.').every(isDnsLabel);
}

function isDnsLabel(label: string): boolean {
  if (label.length < 1 || label.length > 63) return false;
  // Node gives back what it cannot decode, or nothing.
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
  // Opening NAT64's prefix means "this network has no IPv4 of its own", not "reach any private IPv4 through it".
  if (!within(address, nat64)) return true;
  const inner = ipaddr.fromByteArray(address.toByteArray().slice(12));
  return isPublic(inner) || ranges.some((range) => within(inner, range));
}

function within(address: Address, [network, bits]: Range): boolean {
  return address.kind() === network.kind() && address.match([network, bits]);
}

/** An address in the form that is judged: IPv4-mapped IPv6 is the IPv4 address. */
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
        remedy: 'Write ranges such as 10.0.0.0/8 or fd00::/8, separated by commas',
      })),
    );
  }
  return allow.map((text): Range => {
    if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
    const address = ipaddr.process(text);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  });
}

/** http and https of one host and port are one server. */
function ownKey(url: URL): string {
  return `${url.hostname}:${portOf(url)}`;
}

function bareName({ hostname }: Target): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

function notPublic({ hostname }: Target): string {
  return `${hostname} does not lead to a public address. To allow it, add its range to ALLOW_PRIVATE_NETWORKS`;
}

function notConfigured({ hostname }: Target): string {
  const remedy = 'add its range to ALLOW_PRIVATE_NETWORKS_FOR_ALL';
  return `${hostname} leads to a private address, and no source or webhook is declared there. To allow it, ${remedy}`;
}

function portDetail({ port }: Target): string {
  return `Port ${port} is not one that publishes feeds. Use another port`;
}
