import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { ignoreFurtherRequests } from './discard-requests.ts';

/** Closing a connection with unread input resets it, and the reset can overtake the response. */
const lingerMs = 500;

/** The headers of a response that is not sent by a route. */
const refusalHeaders = {
  'Content-Type': 'text/plain; charset=utf-8',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
  'Retry-After': '30',
} as const;

/**
 * Answers 429 on a new connection, discards its input, and closes it soon after.
 *
 * @param message plain text, with its newline.
 */
export function refuseConnection(socket: Socket, message: string): void {
  const headers = { Connection: 'close', ...refusalHeaders, 'Content-Length': Buffer.byteLength(message) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  ignoreFurtherRequests(socket);
  socket.end(`HTTP/1.1 429 ${STATUS_CODES[429]}\r\n${lines.join('')}\r\n${message}`);
  const close = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(close));
}

/** Answers 429 to a request. The connection stays open. */
export function refuseRequest(outgoing: ServerResponse, message: string): void {
  outgoing.writeHead(429, { ...refusalHeaders, 'Content-Length': Buffer.byteLength(message) }).end(message);
}
