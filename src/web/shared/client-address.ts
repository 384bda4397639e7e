import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';

/**
 * Tests whether an address is that of a proxy that the operator named.
 *
 * @param trustedProxies CIDRs.
 */
export function createProxyTest(trustedProxies: readonly string[]): (address: string) => boolean {
  const ranges = trustedProxies.map((cidr) => ipaddr.parseCIDR(cidr));
  return (address) => {
    if (ranges.length === 0 || !ipaddr.isValid(address)) return false;
    const parsed = ipaddr.process(address);
    return ranges.some(([network, bits]) => parsed.kind() === network.kind() && parsed.match(network, bits));
  };
}

/**
 * Tells the address a request came from. `X-Forwarded-For` is believed only from a proxy that the operator named, and
 * only as far back as the chain of such proxies goes: the rest of it is whatever the client cared to write.
 *
 * @param trustedProxies CIDRs.
 */
export function createClientAddress(trustedProxies: readonly string[]): (request: IncomingMessage) => string {
  // Nobody's word is believed: there is nothing to read.
  if (trustedProxies.length === 0) return ({ socket }) => socket.remoteAddress ?? '';
  const isTrustedProxy = createProxyTest(trustedProxies);
  return (request) => {
    let address = request.socket.remoteAddress ?? '';
    const forwarded = [request.headers['x-forwarded-for'] ?? []].flat().join(',');
    const hops = forwarded.split(',').map((hop) => hop.trim());
    while (isTrustedProxy(address) && hops.length > 0) {
      const hop = hops.pop() ?? '';
      if (!ipaddr.isValid(hop)) break;
      address = hop;
    }
    return address;
  };
}
