import ipaddr from 'ipaddr.js';

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
