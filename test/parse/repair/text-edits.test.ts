import { describe, expect, it } from 'vitest';
import { TextEdits } from '../../../src/parse/repair/repair-context.ts';

const whole = (text: string) => ({ from: 0, to: text.length, first: 0 });

describe('TextEdits', () => {
  it('leaves a text unchanged when there are no edits', () => {
    expect(new TextEdits().apply('abc', whole('abc'))).toBe('abc');
  });

  it('replaces, removes and inserts in order', () => {
    const edits = new TextEdits();
    edits.add(0, 1, 'X');
    edits.add(2, 2, '-');
    edits.add(2, 2, '+');
    edits.add(4, 6, '');
    expect(edits.apply('abcdef', whole('abcdef'))).toBe('Xb-+cd');
  });

  it('applies the edits from a given one on to a range of the text', () => {
    const edits = new TextEdits();
    edits.add(0, 1, 'X');
    edits.add(3, 4, 'Y');
    expect(edits.apply('abcdef', { from: 2, to: 5, first: 1 })).toBe('cYe');
  });

  it('discards the last edits', () => {
    const edits = new TextEdits();
    edits.add(0, 1, 'X');
    edits.add(1, 2, 'Y');
    edits.truncate(1);
    expect(edits.count).toBe(1);
    expect(edits.apply('ab', whole('ab'))).toBe('Xb');
  });

  it('changes the replacement of an earlier edit', () => {
    const edits = new TextEdits();
    edits.add(0, 1, 'X');
    edits.add(1, 2, 'Y');
    edits.setReplacement(0, 'Z');
    expect(edits.apply('ab', whole('ab'))).toBe('ZY');
  });
});
