import { describe, expect, it } from 'vitest';
import { wrapText } from '../../../src/cli/output/wrap-text.ts';

describe('wrapText', () => {
  it('breaks a text at spaces into lines of the given width', () => {
    expect(wrapText('one two three four', 9)).toEqual(['one two', 'three', 'four']);
    expect(wrapText('one two', 7)).toEqual(['one two']);
  });

  it('cuts a word that is wider than a line', () => {
    expect(wrapText('a bbbbbbbbbb c', 5)).toEqual(['a', 'bbbb…', 'c']);
  });

  it('measures wide characters in terminal columns', () => {
    expect(wrapText('新聞 新聞', 8)).toEqual(['新聞', '新聞']);
  });

  it('returns one line without a width', () => {
    expect(wrapText('one two three', null)).toEqual(['one two three']);
  });
});
