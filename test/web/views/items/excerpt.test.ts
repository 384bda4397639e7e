import { describe, expect, it } from 'vitest';
import { excerpt } from '../../../../src/web/views/items/excerpt.ts';

describe('excerpt', () => {
  it('leaves a short text as it is, less its line breaks', () => {
    expect(excerpt(' one\n two ', 20)).toBe('one two');
  });

  it('cuts between words and says so', () => {
    expect(excerpt('one two three four', 10)).toBe('one two…');
    expect(excerpt('one two, three four', 10)).toBe('one two…');
  });

  it('cuts within a word that is too long to leave out', () => {
    expect(excerpt('x'.repeat(50), 10)).toBe(`${'x'.repeat(10)}…`);
  });

  it('never cuts a character in two', () => {
    expect(excerpt('🎈'.repeat(50), 3)).toBe('🎈🎈🎈…');
  });
});
