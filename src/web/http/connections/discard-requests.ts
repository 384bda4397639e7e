import type { Socket } from 'node:net';

/** What Node's HTTP server sets on a socket. It is not documented. */
interface ParsedSocket {
  readonly parser?: { onIncoming?: unknown } | null;
}

/** As after an upgrade: the rest of what was read is no HTTP. */
const skipRest = 2;

/**
 * Drops whatever a connection still sends.
 *
 * Node parses a read to its end and keeps every request of it until the connection is closed: 1.6 KB each, for 30 bytes
 * of the client's. Should a later Node know nothing of this property, those requests cost memory again but are still
 * not handled.
 */
export function ignoreFurtherRequests(socket: Socket): void {
  const { parser } = socket as Socket & ParsedSocket;
  if (parser) parser.onIncoming = () => skipRest;
}
