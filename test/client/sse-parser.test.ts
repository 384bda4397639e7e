import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SseParser } from '../../src/client/sse-transport.ts';

const parse = (...pieces: string[]) => {
  const parser = new SseParser();
  return pieces.flatMap((piece) => parser.push(piece));
};

describe('SseParser', () => {
  it('parses an event with id, event and data', () => {
    expect(parse('id: e1-4\nevent: item\ndata: {"a":1}\n\n')).toEqual([{ id: 'e1-4', event: 'item', data: '{"a":1}' }]);
  });

  it('removes only one space after the colon', () => {
    expect(parse('data:  x\n\n')[0]?.data).toBe(' x');
    expect(parse('data:x\n\n')[0]?.data).toBe('x');
  });

  it('joins several lines of data', () => {
    expect(parse('data: a\ndata\ndata: b\n\n')[0]?.data).toBe('a\n\nb');
  });

  it('returns an event with only an id', () => {
    expect(parse('id: e1-9\n\n')).toEqual([{ id: 'e1-9', event: '', data: '' }]);
  });

  it('returns an empty event for each comment', () => {
    expect(parse(': hb\n\n')).toEqual([{ id: null, event: '', data: '' }]);
  });

  it('ignores retry and unknown fields', () => {
    expect(parse('retry: 3000\n\nfoo: bar\n\n\n')).toEqual([]);
  });

  it('does not carry an id over into the next event', () => {
    expect(parse('id: e1-1\ndata: a\n\ndata: b\n\n')[1]?.id).toBe(null);
  });

  it('parses the same, wherever chunks are split and however lines end', () => {
    const blocks = ['retry: 3000', ': hb', 'id: e1-1', 'id: e1-2\nevent: item\ndata: {"t":"é"}', 'event: bye\ndata: x'];
    const whole = parse(blocks.map((block) => `${block}\n\n`).join(''));
    expect(whole).toHaveLength(4);
    const cuts = fc.array(fc.nat({ max: 120 }), { maxLength: 8 });
    fc.assert(
      fc.property(cuts, fc.constantFrom('\n', '\r\n', '\r'), (places, end) => {
        const text = blocks.map((block) => `${block}\n\n`.replaceAll('\n', end)).join('');
        const sorted = [0, ...places.toSorted((a, b) => a - b), text.length];
        const pieces = sorted.slice(1).map((to, index) => text.slice(sorted[index], to));
        // A carriage return at the end waits for the next chunk: it may be half of a line break.
        expect(parse(...pieces, '\n')).toEqual(whole);
      }),
    );
  });
});
