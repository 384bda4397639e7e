import { describe, expect, it } from 'vitest';
import * as library from 'ws';
import { frameText, webSocketEncoding } from '../../../../src/web/live/websocket/ws-frame.ts';

/** The payload of one unmasked text frame. */
function unframe(frame: Buffer): string {
  const length = frame[1] ?? 0;
  return frame.subarray(length < 126 ? 2 : length === 126 ? 4 : 10).toString();
}

// Exported, but not in the types.
const { Sender } = library as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } };

describe('frameText', () => {
  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])('frames %d bytes as the library does', (length) => {
    const text = 'x'.repeat(length);
    const options = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: false };
    const frame = (Sender as unknown as { frame(data: Buffer, options: object): Buffer[] }).frame(
      Buffer.from(text),
      options,
    );
    expect(frameText(text).equals(Buffer.concat(frame))).toBe(true);
  });

  it('counts bytes, not characters', () => {
    expect(frameText('ж'.repeat(63))[1]).toBe(126);
  });
});

describe('webSocketEncoding', () => {
  const event = (seq: number) => ({ seq, jsonTail: `"seq":${seq},"op":"add"}` });

  it('sends one event as an item', () => {
    const frame = webSocketEncoding.encode({ ch: '7f', epoch: 'e1', events: [event(4)] });
    expect(JSON.parse(unframe(frame))).toEqual({ type: 'item', ch: '7f', seq: 4, op: 'add' });
  });

  it('coalesces several events in their order', () => {
    const frame = webSocketEncoding.encode({ ch: '7f', epoch: 'e1', events: [event(4), event(6)] });
    expect(JSON.parse(unframe(frame))).toEqual({
      type: 'items',
      ch: '7f',
      list: [
        { seq: 4, op: 'add' },
        { seq: 6, op: 'add' },
      ],
    });
  });
});
