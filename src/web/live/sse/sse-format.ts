import type { Encoding } from '../../../push/fanout/frames.ts';

/** Formats one server-sent event. JSON contains no line break, so `data` is always one line. */
export function formatSseEvent(block: { readonly id?: string; readonly event: string; readonly data: string }): string {
  const id = block.id === undefined ? '' : `id: ${block.id}\n`;
  return `${id}event: ${block.event}\ndata: ${block.data}\n\n`;
}

/** Encodes deliveries as server-sent events: one for each event of the log, with the cursor after it as the id. */
export const sseEncoding: Encoding = {
  name: 'sse',
  encode({ ch, epoch, events }) {
    const channel = JSON.stringify(ch);
    const blocks = events.map(({ seq, jsonTail: rest }) =>
      formatSseEvent({ id: `${epoch}-${seq}`, event: 'item', data: `{"type":"item","ch":${channel},${rest}` }),
    );
    return Buffer.from(blocks.join(''));
  },
};
