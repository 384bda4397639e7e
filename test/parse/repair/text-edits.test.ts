import { describe, expect, it } from 'vitest';
import { TextEdits } from '../../../src/parse/repair/text-edits.ts';

const whole = (text: string) => ({ from: 0, to: text.length, first: 0 });

describe('Edits', () => {
  it('leaves a text alone when there are none', () => {
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

  it('applies to a stretch from one edit on', () => {
    const edits = new TextEdits();
    edits.add(0, 1, 'X');
    edits.add(3, 4, 'Y');
    expect(edits.apply('abcdef', { from: 2, to: 5, first: 1 })).toBe('cYe');
  });

  it('forgets the last ones', () => {
    const edits = new TextEdits();
    edits.add(0, 1, 'X');
    edits.add(1, 2, 'Y');
    edits.truncate(1);
    expect(edits.count).toBe(1);
    expect(edits.apply('ab', whole('ab'))).toBe('Xb');
  });

  it('changes one that was made before', () => {
    const edits = new TextEdits();
    edits.add(0, 1, 'X');
    edits.add(1, 2, 'Y');
    edits.setReplacement(0, 'Z');
    expect(edits.apply('ab', whole('ab'))).toBe('ZY');
  });
});
