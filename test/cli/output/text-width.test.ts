import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutToWidth, textWidth } from '../../../src/cli/output/text-width.ts';

describe('textWidth', () => {
  it.each([
    ['', 0],
    ['plain', 5],
    ['žluť', 4],
    ['z\u030clut\u030c', 4],
    ['世界', 4],
    ['ｆｕｌｌ', 8],
    ['한국', 4],
    ['नमस्ते', 4],
    ['\u1112\u1161\u11ab', 2],
    ['👍🏽', 2],
    ['👩‍👩‍👧', 2],
    ['🇨🇿', 2],
    ['❤️', 2],
    ['©', 1],
    ['1', 1],
    ['a\u200bb', 2],
  ])('of %j is %d columns', (text, columns) => {
    expect(textWidth(text)).toBe(columns);
  });
});

describe('cutToWidth', () => {
  it.each([
    ['plain', 5, 'plain'],
    ['plainer', 5, 'plai…'],
    ['世界新闻', 5, '世界…'],
    ['世界新闻', 6, '世界…'],
    ['a 👩‍👩‍👧 b', 4, 'a…'],
    ['word word', 6, 'word…'],
  ])('cuts %j to %d columns', (text, columns, expected) => {
    expect(cutToWidth(text, columns)).toBe(expected);
  });

  it('never exceeds the width', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 30 }), (text, columns) => {
        expect(textWidth(cutToWidth(text, columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });
});
