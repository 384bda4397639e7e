import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { ignoreFurtherRequests } from './discard-requests.ts';

/** Closing at once would reset a connection that has sent something, and a reset can overtake the answer. */
const lingerMs = 500;

/** Of an answer that no route gives. */
const refusalHeaders = {
  'Content-Type': 'text/plain; charset=utf-8',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
  'Retry-After': '30',
} as const;

/**
 * Answers 429 on a connection that is refused, drops what it sends, and closes it soon after.
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

/** Answers 429 to a request; the connection goes on. */
export function refuseRequest(outgoing: ServerResponse, message: string): void {
  outgoing.writeHead(429, { ...refusalHeaders, 'Content-Length': Buffer.byteLength(message) }).end(message);
}
