import { connect, type Socket } from 'node:net';

/** A connection that speaks bytes, with no library's manners. */
export interface RawConnection {
  readonly socket: Socket;
  /** All that came, as latin1. */
  heard(): string;
  /** Whether the other side has ended it. */
  readonly ended: Promise<void>;
  isEnded(): boolean;
}

/** Opens a connection and says something at once. */
export async function openRaw(port: number, first: string | Buffer = ''): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1' });
  const pieces: Buffer[] = [];
  let size = 0;
  const state = { ended: false };
  socket.on('data', (piece: Buffer) => {
    // The last of it is enough to tell what was said.
    if (size < 1_000_000) pieces.push(piece);
    size += piece.length;
  });
  const ended = new Promise<void>((resolve) => {
    socket.on('close', () => {
      state.ended = true;
      resolve();
    });
  });
  // A server that hangs up on an attacker is what is wanted.
  socket.on('error', () => socket.destroy());
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve);
    socket.once('close', () => resolve());
  });
  if (first !== '') socket.write(first);
  return { socket, ended, isEnded: () => state.ended, heard: () => Buffer.concat(pieces).toString('latin1') };
}

/** The handshake of a WebSocket, as a client that offers nothing. */
export function handshake(path = '/live'): string {
  const lines = [`GET ${path} HTTP/1.1`, 'Host: 127.0.0.1', 'Connection: Upgrade', 'Upgrade: websocket'];
  return [...lines, 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', ''].join('\r\n');
}

/** A masked frame; with a length that need not be true. */
export function frame(head: number, payload: Buffer | string, saidLength?: bigint): Buffer {
  const body = Buffer.from(payload);
  const length = saidLength ?? BigInt(body.length);
  // The mask is zero, so that the payload stands as it is.
  const mask = Buffer.alloc(4);
  if (length < 126n) return Buffer.concat([Buffer.from([head, 0x80 | Number(length)]), mask, body]);
  if (length < 65_536n) {
    const start = Buffer.from([head, 0x80 | 126, 0, 0]);
    start.writeUInt16BE(Number(length), 2);
    return Buffer.concat([start, mask, body]);
  }
  const start = Buffer.alloc(10);
  start[0] = head;
  start[1] = 0x80 | 127;
  start.writeBigUInt64BE(length, 2);
  return Buffer.concat([start, mask, body]);
}

/** The code of the close frame at the end of what was heard; null: there is none. */
export function closeCodeIn(heard: string): number | null {
  const bytes = Buffer.from(heard, 'latin1');
  for (let at = bytes.length - 4; at >= 0; at -= 1) {
    const length = bytes[at + 1] ?? 0;
    if (bytes[at] === 0x88 && length >= 2 && length < 126 && at + 2 + length === bytes.length) {
      return bytes.readUInt16BE(at + 2);
    }
  }
  return null;
}
