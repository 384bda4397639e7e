import type { Encoding } from '../../../push/fanout/frames.ts';

const textFrame = 0x81;
const pingOpcode = 0x89;
const pongOpcode = 0x8a;

/**
 * Encodes a text message as one unmasked WebSocket frame (RFC 6455 §5.2). A message is encoded once for all of its
 * recipients. The library would encode it for each of them.
 */
export function frameText(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + length);
  frame[0] = textFrame;
  if (head === 2) {
    frame[1] = length;
  } else if (head === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, head);
  return frame;
}

/** Encodes a ping frame. The client's library answers it with a pong of the same payload. @param payload at most 125 bytes. */
export function framePing(payload: Buffer): Buffer {
  return frameControl(pingOpcode, payload);
}

/** Encodes the pong frame that answers a ping. @param payload that of the ping, at most 125 bytes. */
export function framePong(payload: Buffer): Buffer {
  return frameControl(pongOpcode, payload);
}

function frameControl(opcode: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([opcode, payload.length]), payload]);
}

/** The frame of the message `ping`, the same for every session. */
export const pingMessage: Buffer = frameText('{"type":"ping"}');

/** Encodes deliveries as WebSocket messages: one `item`, or several coalesced into `items`. */
export const webSocketEncoding: Encoding = {
  name: 'ws',
  encode({ ch, events }) {
    const channel = JSON.stringify(ch);
    const [only] = events;
    if (only !== undefined && events.length === 1) return frameText(`{"type":"item","ch":${channel},${only.jsonTail}`);
    const list = events.map((event) => `{${event.jsonTail}`).join(',');
    return frameText(`{"type":"items","ch":${channel},"list":[${list}]}`);
  },
};
