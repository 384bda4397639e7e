import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import ipaddr from 'ipaddr.js';
import type { AppContext } from './app-context.ts';

/**
 * Creates a test of whether an address is that of a proxy that the operator trusts.
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
 * Creates a function that finds the client address of a request. `X-Forwarded-For` is used only from a trusted proxy,
 * and only as far back as the chain of trusted proxies goes: the client can write anything into the rest.
 *
 * @param trustedProxies CIDRs.
 */
export function createClientAddress(trustedProxies: readonly string[]): (request: IncomingMessage) => string {
  // No proxy is trusted: the header is not read.
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

/** The client address of a request; `''` when it did not come over a socket. */
export function clientAddressOf(c: Context, { clientAddress }: Pick<AppContext, 'clientAddress'>): string {
  const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
  return incoming === undefined ? '' : clientAddress(incoming);
}

/**
 * The key that connections and requests are counted by: an IPv4 address, or the /64 of an IPv6 address, since one
 * customer has all of a /64. Null for loopback, which is not limited: local tools and a proxy on this machine use it.
 */
export function addressKey(address: string): string | null {
  // Every request that a local proxy forwards comes from here: no need to parse the address.
  if (address === '127.0.0.1' || address === '::1') return null;
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.range() === 'loopback') return null;
  if (parsed instanceof ipaddr.IPv6)
    return `${parsed.parts
      .slice(0, 4)
      .map((part) => part.toString(16))
      .join(':')}::/64`;
  return parsed.toString();
}
