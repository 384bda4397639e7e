import { describe, expect, it } from 'vitest';
import { formatSseEvent, sseEncoding } from '../../../../src/web/live/sse/sse-session.ts';

describe('formatSseEvent', () => {
  it('formats an event with and without an id', () => {
    expect(formatSseEvent({ id: 'e1-4', event: 'live', data: '{}' })).toBe('id: e1-4\nevent: live\ndata: {}\n\n');
    expect(formatSseEvent({ event: 'bye', data: '{}' })).toBe('event: bye\ndata: {}\n\n');
  });
});

describe('sseEncoding', () => {
  it('encodes each event separately, with the cursor after it as the id', () => {
    const events = [4, 6].map((seq) => ({ seq, jsonTail: `"seq":${seq}}` }));
    expect(sseEncoding.encode({ ch: '7f', epoch: 'e1', events }).toString()).toBe(
      'id: e1-4\nevent: item\ndata: {"type":"item","ch":"7f","seq":4}\n\n' +
        'id: e1-6\nevent: item\ndata: {"type":"item","ch":"7f","seq":6}\n\n',
    );
  });
});
