import type { IncomingMessage, RequestListener } from 'node:http';

/** Why a request with several Host headers is refused. */
export const repeatedHost = 'A request must have one Host header.\n';

/** Whether a request has more than one Host header: Node keeps the first, a proxy may have judged by the last. */
export function hasRepeatedHost({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): boolean {
  let found = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') found += 1;
  }
  return found > 1;
}

/** Answers 400 to requests with several Host headers (RFC 9112, section 3.2) before anything else looks at them. */
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
