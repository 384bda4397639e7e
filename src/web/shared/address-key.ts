import ipaddr from 'ipaddr.js';

/**
 * What connections are counted by: an IPv4 address, or the /64 of an IPv6 one, since one customer has all of it. Null
 * for loopback, which is not counted: the machine's own tools and the proxy in front of us come from there.
 */
export function addressKey(address: string): string | null {
  // Of a proxy in front of us every request comes from there: it is known without being parsed.
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
