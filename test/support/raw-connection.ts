import { connect, type Socket } from 'node:net';

/** A TCP connection that sends arbitrary bytes. */
export interface RawConnection {
  readonly socket: Socket;
  /** The received bytes as latin1, at most about 1 MB. */
  received(): string;
  /** Resolves when the connection is closed. */
  readonly ended: Promise<void>;
  isEnded(): boolean;
}

/** Opens a connection and sends the first bytes. */
export async function openRaw(port: number, first: string | Buffer = ''): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1' });
  const pieces: Buffer[] = [];
  let size = 0;
  const state = { ended: false };
  socket.on('data', (piece: Buffer) => {
    // The first megabyte is enough for every assertion.
    if (size < 1_000_000) pieces.push(piece);
    size += piece.length;
  });
  const ended = new Promise<void>((resolve) => {
    socket.on('close', () => {
      state.ended = true;
      resolve();
    });
  });
  // The server is expected to reset some connections.
  socket.on('error', () => socket.destroy());
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve);
    socket.once('close', () => resolve());
  });
  if (first !== '') socket.write(first);
  return { socket, ended, isEnded: () => state.ended, received: () => Buffer.concat(pieces).toString('latin1') };
}

/** A WebSocket handshake without extensions and subprotocols. */
export function handshake(path = '/live'): string {
  const lines = [`GET ${path} HTTP/1.1`, 'Host: 127.0.0.1', 'Connection: Upgrade', 'Upgrade: websocket'];
  return [...lines, 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', ''].join('\r\n');
}

/** A masked WebSocket frame. `declaredLength` may differ from that of the payload. */
export function frame(head: number, payload: Buffer | string, declaredLength?: bigint): Buffer {
  const body = Buffer.from(payload);
  const length = declaredLength ?? BigInt(body.length);
  // A zero mask leaves the payload unchanged.
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

/** The code of the close frame at the end of the received bytes; null if there is none. */
export function closeCodeIn(received: string): number | null {
  const bytes = Buffer.from(received, 'latin1');
  for (let at = bytes.length - 4; at >= 0; at -= 1) {
    const length = bytes[at + 1] ?? 0;
    if (bytes[at] === 0x88 && length >= 2 && length < 126 && at + 2 + length === bytes.length) {
      return bytes.readUInt16BE(at + 2);
    }
  }
  return null;
}
