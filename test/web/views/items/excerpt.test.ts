import { describe, expect, it } from 'vitest';
import { excerpt } from '../../../../src/web/views/items/excerpt.ts';

describe('excerpt', () => {
  it('returns a short text unchanged, except for line breaks', () => {
    expect(excerpt(' one\n two ', 20)).toBe('one two');
  });

  it('cuts between words and appends an ellipsis', () => {
    expect(excerpt('one two three four', 10)).toBe('one two…');
    expect(excerpt('one two, three four', 10)).toBe('one two…');
  });

  it('cuts within a word that is longer than half of the excerpt', () => {
    expect(excerpt('x'.repeat(50), 10)).toBe(`${'x'.repeat(10)}…`);
  });

  it('never splits a surrogate pair', () => {
    expect(excerpt('🎈'.repeat(50), 3)).toBe('🎈🎈🎈…');
  });
});
