import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { hasRepeatedHost } from '../../http/security/host-header.ts';
import { closeCodes } from '../protocol/close-codes.ts';
import { type HttpRefusal, handshakeRefusals, sessionRefusals } from '../protocol/refusals.ts';
import type { LiveContext } from '../session/live-context.ts';
import type { RefusalReason } from '../session/session-registry.ts';
import { isOriginAllowed } from './origin-check.ts';
import { WebSocketSession } from './ws-session.ts';

/**
 * A message comes in one piece from every honest client. Each piece costs us a hundred times its bytes to keep.
 */
export const maxMessagePieces = 64;
/** Reads of a socket for one frame: those of a client that sends byte by byte. */
const maxReadsOfFrame = 1024;

/** The one version of the protocol there is. */
export const subprotocol = 'newswire.v1.json';

/** What WebSocket needs beyond what all live sessions share. */
export interface WebSocketServerOptions extends LiveContext {
  readonly server: Server;
  /** Exact origins, or `*`; null: our own pages. */
  readonly allowedOrigins: readonly string[] | '*' | null;
  /** The base of our absolute addresses. */
  publicUrl(): string;
  /** Whose request this is; by default the peer's address. */
  readonly clientAddress?: (request: IncomingMessage) => string;
}

/** The live sessions of a server. */
export interface LiveServer {
  /** Open sessions, of both transports. */
  readonly sessions: number;
  /** Says goodbye to everybody in slices over the time given, then ends who is left. */
  close(graceMs: number): Promise<void>;
}

/**
 * Serves `/live` on a server: takes over its `upgrade` event. Origin and limits are judged before the handshake, so
 * that a refusal costs neither side a connection.
 */
export function attachWebSocketServer(options: WebSocketServerOptions): LiveServer {
  const { server, sessions, timing } = options;
  const clientAddress = options.clientAddress ?? ((request) => request.socket.remoteAddress ?? '');
  const handshake = new WebSocketServer({
    noServer: true,
    maxPayload: timing.maxMessageBytes,
    maxFragments: maxMessagePieces,
    maxBufferedChunks: maxReadsOfFrame,
    // A message a socket in each turn of the event loop: those who send many at once hold nobody else up.
    allowSynchronousEvents: false,
    perMessageDeflate: false,
    // The library answers pings whatever is unsent; the session answers them within the high-water rule.
    autoPong: false,
    clientTracking: false,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });

  // One for all sockets, made out here: made in there it would keep each request's address alive for hours.
  const broke = (error: Error) => options.log.debug({ err: error }, 'a live connection broke');
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Without a listener a connection that breaks during the handshake would end the process.
    socket.on('error', broke);
    const url = URL.canParse(`http://x${request.url}`) ? new URL(`http://x${request.url}`) : null;
    const address = clientAddress(request);
    const answer = judge(request, url, options) ?? refusalOf(sessions.refusalFor(address));
    if (answer !== null || url === null) {
      answerPlainly(socket, answer ?? handshakeRefusals.address);
      return;
    }
    handshake.handleUpgrade(request, socket, head, (ws) => {
      new WebSocketSession(options, { ws, socket, address, query: url.searchParams });
    });
  };
  server.on('upgrade', upgrade);
  // Clients that offer HTTP/2 by `Upgrade: h2c`, as Java's does, ask for a page: RFC 9110 section 7.8 lets us pass the
  // offer over. The option of `http.createServer` is read anew from the server at each request.
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

function refusalOf(refusal: RefusalReason | null): HttpRefusal | null {
  return refusal === null ? null : sessionRefusals[refusal];
}

function isWebSocketUpgrade(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket';
}

/** What is wrong with a request for a session; null: nothing. */
function judge(request: IncomingMessage, url: URL | null, options: WebSocketServerOptions): HttpRefusal | null {
  if (url?.pathname !== '/live') return handshakeRefusals.address;
  if (hasRepeatedHost(request)) return handshakeRefusals.host;
  const { allowedOrigins } = options;
  if (!isOriginAllowed(request.headers, { allowedOrigins, publicUrl: options.publicUrl() })) {
    return handshakeRefusals.origin;
  }
  const offered = request.headers['sec-websocket-protocol'];
  // No offer is version 1. An offer without a version that we speak is told so at once, not after a handshake that
  // the client's library would then call a failure of its own.
  if (offered !== undefined && !offered.split(',').some((name) => name.trim() === subprotocol)) {
    return handshakeRefusals.subprotocol;
  }
  return null;
}

function answerPlainly(socket: Duplex, { status, message, retryAfterS }: HttpRefusal): void {
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
  // Nothing counts this connection any more: a client that keeps its end open must not keep ours.
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
