import { type IncomingHttpHeaders, type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { hasRepeatedHost } from '../../http/security/host-header.ts';
import { isOwnOrigin } from '../../http/security/own-origin.ts';
import {
  closeCodes,
  type HttpRefusal,
  handshakeRefusals,
  type RefusalReason,
  sessionRefusals,
} from '../protocol/close-codes.ts';
import { maxMessageFragments } from '../protocol/live-timing.ts';
import type { LiveContext } from '../session/live-context.ts';
import { WebSocketSession } from './ws-session.ts';

/** The reads of a socket for one frame. A client that sends byte by byte needs many. */
const maxReadsPerFrame = 1024;

/** The subprotocol of version 1, the only version. */
export const subprotocol = 'newswire.v1.json';

export interface WebSocketServerOptions extends LiveContext {
  readonly server: Server;
  /** Exact origins, or `*`. Null: our own pages only. */
  readonly allowedOrigins: readonly string[] | '*' | null;
  /** The base of our absolute URLs. */
  readonly publicUrl: string;
  /** The address of the client. Default: the peer. */
  readonly clientAddress?: (request: IncomingMessage) => string;
}

/** The live sessions of a server. */
export interface LiveServer {
  /** The number of open sessions of both transports. */
  readonly sessions: number;
  /** Closes all sessions in batches within the time, then terminates the remaining ones. */
  close(graceMs: number): Promise<void>;
}

/**
 * Serves `/live` on a server, by its `upgrade` event. Origin and limits are checked before the handshake, so that a
 * refusal is an HTTP response.
 */
export function attachWebSocketServer(options: WebSocketServerOptions): LiveServer {
  const { server, sessions, timing } = options;
  const clientAddress = options.clientAddress ?? ((request) => request.socket.remoteAddress ?? '');
  const handshake = new WebSocketServer({
    noServer: true,
    maxPayload: timing.maxMessageBytes,
    maxFragments: maxMessageFragments,
    maxBufferedChunks: maxReadsPerFrame,
    // One message per socket in each tick of the event loop: a client that sends many does not block others.
    allowSynchronousEvents: false,
    perMessageDeflate: false,
    // The library answers pings whatever is unsent. The session answers them below the high-water mark only.
    autoPong: false,
    clientTracking: false,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });

  // One listener for all sockets: a closure for each would keep the request in memory as long as the session.
  const logError = (error: Error) => options.log.debug({ err: error }, 'a live connection failed');
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Without a listener an error during the handshake would end the process.
    socket.on('error', logError);
    const url = URL.canParse(`http://x${request.url}`) ? new URL(`http://x${request.url}`) : null;
    const address = clientAddress(request);
    const refusal = validateHandshake(request, url, options) ?? refusalOf(sessions.refusalFor(address));
    if (refusal !== null || url === null) {
      refuse(socket, refusal ?? handshakeRefusals.address);
      return;
    }
    handshake.handleUpgrade(request, socket, head, (ws) => {
      new WebSocketSession(options, { ws, socket, address, query: url.searchParams });
    });
  };
  server.on('upgrade', upgrade);
  // Clients that offer HTTP/2 by `Upgrade: h2c`, such as Java's, send a normal request: RFC 9110 §7.8 lets a server
  // ignore the offer. Node reads this option of `http.createServer` from the server at each request.
  Object.assign(server, { shouldUpgradeCallback: isWebSocketUpgrade });

  return {
    get sessions() {
      return sessions.size;
    },
    async close(graceMs) {
      await sessions.close(closeCodes.shutdown, graceMs);
      server.off('upgrade', upgrade);
      handshake.close();
    },
  };
}

function refusalOf(reason: RefusalReason | null): HttpRefusal | null {
  return reason === null ? null : sessionRefusals[reason];
}

function isWebSocketUpgrade(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket';
}

/** Why a handshake is invalid. Null: it is valid. */
function validateHandshake(
  request: IncomingMessage,
  url: URL | null,
  options: WebSocketServerOptions,
): HttpRefusal | null {
  if (url?.pathname !== '/live') return handshakeRefusals.address;
  if (hasRepeatedHost(request)) return handshakeRefusals.host;
  const { allowedOrigins } = options;
  if (!isOriginAllowed(request.headers, { allowedOrigins, publicUrl: options.publicUrl })) {
    return handshakeRefusals.origin;
  }
  const offered = request.headers['sec-websocket-protocol'];
  // No offer means version 1. An offer without a version that we support is refused here: after a handshake without a
  // subprotocol the client's library would report its own, less clear error.
  if (offered !== undefined && !offered.split(',').some((name) => name.trim() === subprotocol)) {
    return handshakeRefusals.subprotocol;
  }
  return null;
}

function refuse(socket: Duplex, { status, message, retryAfterS }: HttpRefusal): void {
  const body = `${message}\n`;
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    'X-Content-Type-Options: nosniff',
    'Cache-Control: no-store',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(retryAfterS === undefined ? [] : [`Retry-After: ${retryAfterS}`]),
  ];
  // No limit counts this connection any more: destroy it, even if the client keeps its end open.
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

/** The pages that may open a session. */
export interface AllowedOrigins {
  /** Exact origins, or `*`. Null: our own pages only. */
  readonly allowedOrigins: readonly string[] | '*' | null;
  readonly publicUrl: string;
}

/**
 * Whether a client may open a session by the origin of its page.
 *
 * A client that is not a browser sends no Origin, and is allowed. A request with a cookie but without an Origin is neither
 * from a browser nor from such a client, and is refused.
 */
export function isOriginAllowed(headers: IncomingHttpHeaders, { allowedOrigins, publicUrl }: AllowedOrigins): boolean {
  const { origin, host, cookie } = headers;
  if (origin === undefined) return cookie === undefined;
  if (allowedOrigins === '*') return true;
  return allowedOrigins === null ? isOwnOrigin(origin, { host, publicUrl }) : allowedOrigins.includes(origin);
}
