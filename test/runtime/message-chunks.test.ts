import { describe, expect, it } from 'vitest';
import { joinMessage, splitMessage } from '../../src/runtime/message-chunks.ts';

describe('splitMessage and joinMessage', () => {
  const list = Array.from({ length: 25 }, (_, index) => ({ index, inner: [index] }));
  const bytes = new Uint8Array(300_000).map((_, index) => index % 251);

  it('splits long members off an object and joins them again', () => {
    const value = { name: 'x', list, short: [1, 2], bytes, nothing: null };
    const { rest, chunks } = splitMessage(value);
    expect(rest).toEqual({ name: 'x', short: [1, 2], nothing: null });
    expect(chunks.map(({ name, part }) => [name, part.length])).toEqual([
      ['list', 10],
      ['list', 10],
      ['list', 5],
      ['bytes', 131_072],
      ['bytes', 131_072],
      ['bytes', 37_856],
    ]);
    const whole = joinMessage(rest, chunks) as typeof value;
    expect({ ...whole, bytes: Uint8Array.from(whole.bytes) }).toEqual(value);
  });

  it.each([
    null,
    7,
    'text',
    [1],
    new Uint8Array(9),
    { a: [1], b: new Uint8Array(2) },
    new Date(0),
    list,
  ])('leave %j whole', (value) => {
    const { rest, chunks } = splitMessage(value);
    expect(rest).toBe(value);
    expect(chunks).toEqual([]);
    expect(joinMessage(rest, chunks)).toBe(value);
  });

  it('preserves nested lists and members of any name', () => {
    const lists = Array.from({ length: 11 }, () => [1, [2]]);
    const value = Object.fromEntries([
      ['__proto__', lists],
      ['constructor', lists],
    ]);
    const { rest, chunks } = splitMessage(value);
    expect(joinMessage(rest, chunks)).toEqual(value);
    expect(Object.keys(joinMessage(rest, chunks) as object)).toEqual(['__proto__', 'constructor']);
  });
});
