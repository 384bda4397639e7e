import type { Socket } from 'node:net';

/** A property that Node's HTTP server sets on a socket. It is not documented. */
interface ParsedSocket {
  readonly parser?: { onIncoming?: unknown } | null;
}

/** The result of `onIncoming` after an upgrade: the rest of the read is not HTTP. */
const skipRest = 2;

/**
 * Discards all further requests of a connection.
 *
 * Node parses a read to its end and keeps every request of it until the connection is closed: 1.6 KB for 30 bytes from
 * the client. If a later version of Node does not have the property, those requests cost memory again, but they are
 * still not handled.
 */
export function ignoreFurtherRequests(socket: Socket): void {
  const { parser } = socket as Socket & ParsedSocket;
  if (parser) parser.onIncoming = () => skipRest;
}
