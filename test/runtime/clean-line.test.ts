import { describe, expect, it } from 'vitest';
import { cleanLine } from '../../src/runtime/clean-line.ts';

describe('cleanLine', () => {
  it.each([
    ['an escape sequence', 'red \u001b[31malert', 'red [31malert'],
    ['a line break that would forge a log line', 'one\r\n{"level":50}', 'one {"level":50}'],
    ['a bell and C1 controls', 'ding\u0007\u009bx', 'ding x'],
    ['a bidi override', 'abc\u202edef', 'abc def'],
    ['nothing but controls', '\u0000\u0001', ''],
  ])('removes %s', (_, text, clean) => {
    expect(cleanLine(text)).toBe(clean);
  });

  it('cuts at a code point and appends an ellipsis', () => {
    expect(cleanLine('😀😀😀😀', 3)).toBe('😀😀…');
  });

  it('replaces lone surrogates', () => {
    expect(cleanLine('a\ud800b').isWellFormed()).toBe(true);
  });
});
