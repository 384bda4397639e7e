import { describe, expect, it } from 'vitest';
import { removeIllegalCharacters } from '../../../src/parse/repair/repair-xml.ts';
import { notesOf } from '../../support/notes.ts';

describe('removeIllegalCharacters', () => {
  it('returns the same text when it is legal', () => {
    const text = 'tab\t line\r\n é 😀 \u0085 \ufffd';
    expect(removeIllegalCharacters(text)).toEqual({ text, notes: [] });
  });

  it.each([
    ['NUL', 'a\0b', 'ab'],
    ['other controls', 'a\x01\x08\x0b\x0c\x0e\x1fb', 'ab'],
    ['noncharacters', 'a\ufffe\uffffb', 'ab'],
  ])('removes %s', (_, text, expected) => {
    expect(removeIllegalCharacters(text)).toEqual({ text: expected, notes: notesOf('recovered') });
  });

  it('replaces lone surrogates', () => {
    expect(removeIllegalCharacters('a\ud800b\udc00')).toEqual({ text: 'a\ufffdb\ufffd', notes: notesOf('recovered') });
  });

  it('removes leading byte order marks without a note', () => {
    expect(removeIllegalCharacters('\ufeff\ufeff<a/>\ufeff')).toEqual({ text: '<a/>\ufeff', notes: [] });
  });
});
