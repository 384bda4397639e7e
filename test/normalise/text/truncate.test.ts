import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { excerpt, truncateBytes } from '../../../src/normalise/text/truncate.ts';
import { fuzzRuns } from '../../support/fuzz-runs.ts';

/** Leaves time for a busy machine and for many runs. */
const fuzzTimeoutMs = 10_000 + 100 * fuzzRuns;

describe('truncateBytes', () => {
  it('truncates between code points only', () => {
    expect(truncateBytes('aé', 2)).toBe('a');
    expect(truncateBytes('aé', 3)).toBe('aé');
    expect(truncateBytes('😀😀', 7)).toBe('😀');
  });

  it(
    'returns the longest prefix that fits',
    () => {
      fc.assert(
        fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, max) => {
          const whole = text.toWellFormed();
          const cut = truncateBytes(whole, max);
          expect(whole.startsWith(cut)).toBe(true);
          expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(max);
          const next = whole.slice(cut.length).codePointAt(0);
          if (next !== undefined) expect(Buffer.byteLength(cut + String.fromCodePoint(next))).toBeGreaterThan(max);
        }),
        { numRuns: fuzzRuns },
      );
    },
    fuzzTimeoutMs,
  );
});

describe('excerpt', () => {
  it('leaves short text unchanged', () => {
    expect(excerpt('one two', 7)).toBe('one two');
  });

  it('truncates between words and adds an ellipsis', () => {
    expect(excerpt('one two three four', 16)).toBe('one two three…');
  });

  it('truncates inside a word that is longer than the limit', () => {
    expect(excerpt('abcdefghij', 5)).toBe('abcd…');
  });

  it('counts code points', () => {
    expect(excerpt('😀'.repeat(10), 10)).toBe('😀'.repeat(10));
    expect([...excerpt('😀'.repeat(11), 10)].length).toBe(10);
  });
});
