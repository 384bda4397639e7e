import type { IncomingMessage, RequestListener } from 'node:http';

/** The message of a request that is refused for several Host headers. */
const repeatedHost = 'The request has several Host headers. Send exactly one.\n';

/** Whether a request has more than one Host header. Node reads the first; a proxy may have checked the last. */
export function hasRepeatedHost({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): boolean {
  let found = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') found += 1;
  }
  return found > 1;
}

/** Puts a check in front of a listener: a request with several Host headers is answered 400 (RFC 9112 §3.2). */
export function refuseRepeatedHost(listener: RequestListener): RequestListener {
  return (incoming, outgoing) => {
    if (!hasRepeatedHost(incoming)) {
      listener(incoming, outgoing);
      return;
    }
    outgoing.writeHead(400, {
      Connection: 'close',
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      'Content-Length': Buffer.byteLength(repeatedHost),
    });
    outgoing.end(repeatedHost);
  };
}
