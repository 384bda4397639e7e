import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanText, withoutControls } from '../../../src/normalise/text/clean-text.ts';
import { codePoint } from '../../support/code-point.ts';
import { fuzzRuns } from '../../support/fuzz-runs.ts';

/** Leaves time for a busy machine and for many runs. */
const fuzzTimeoutMs = 10_000 + 100 * fuzzRuns;

/** Blocks of many characters of one kind. */
const uniformBlocks = [
  { from: 0x3400, to: 0x4dbf },
  { from: 0x4e00, to: 0x9fff },
  { from: 0xac00, to: 0xd7a3 },
  { from: 0xd800, to: 0xdfff },
  { from: 0xe000, to: 0xf8ff },
];

/** All characters of the BMP; of uniform blocks the edges and a sample, unless more runs are asked for. */
function charactersToCheck(): string[] {
  const stride = fuzzRuns > 100 ? 1 : 61;
  const isSkipped = (code: number): boolean =>
    uniformBlocks.some(({ from, to }) => code > from + 8 && code < to - 8 && (code - from) % stride !== 0);
  const codes = Array.from({ length: 0x10000 }, (_, code) => code).filter((code) => !isSkipped(code));
  return codes.map((code) => String.fromCharCode(code));
}

describe('cleanText', () => {
  const cases: [string, string, string][] = [
    ['collapses white space', ' a \n\t b\u00a0 c ', 'a b c'],
    ['removes terminal escape characters', 'a\u001b[31mb\u0007\u009bc', 'a[31mbc'],
    ['removes NUL and noncharacters', 'a\u0000b\ufffec\uffffd', 'abcd'],
    ['removes bidi overrides and isolates', 'a\u202egnp.exe\u202c\u2066b\u2069', 'agnp.exeb'],
    ['removes invisible characters', 'pass\u200bwo\u00adrd\ufeff\u2060', 'password'],
    ['keeps the joiners that scripts and emoji need', '👩\u200d💻 می\u200cشود', '👩\u200d💻 می\u200cشود'],
    ['keeps left-to-right and right-to-left marks', 'שלום\u200f!', 'שלום\u200f!'],
    ['removes text encoded in tag characters', `hi${'\u{e0068}\u{e0069}'}`, 'hi'],
    [
      'keeps flags made of tag characters',
      '\u{1f3f4}\u{e0067}\u{e0062}\u{e007f}!',
      '\u{1f3f4}\u{e0067}\u{e0062}\u{e007f}!',
    ],
    ['composes characters to NFC', 'e\u0301', 'é'],
    ['replaces lone surrogates', 'a\ud800b', 'a\ufffdb'],
  ];
  it.each(cases)('%s', (_, text, expected) => {
    expect(cleanText(text)).toBe(expected);
  });

  it('cleans each character the same on the fast and on the slow path', () => {
    for (const character of charactersToCheck()) {
      // Letters around it that some marks and vowels are composed with.
      for (const text of [`e${character}o`, `\uac00${character}\u304b`, `${character}${character}x`]) {
        const slow = cleanText(`😀 ${text}`);
        if (slow !== `😀 ${cleanText(text)}`) expect(slow).toBe(`😀 ${cleanText(text)}`);
      }
    }
  });

  it('limits runs of combining marks', () => {
    const clean = cleanText(`Z${'\u0316'.repeat(100_000)}a`);
    expect([...clean].length).toBeLessThan(10);
    expect(clean.endsWith('a')).toBe(true);
  });

  it('keeps the vowel signs of other scripts', () => {
    const devanagari = 'समाचार पत्रिका';
    expect(cleanText(devanagari)).toBe(devanagari.normalize('NFC'));
  });

  it(
    'changes nothing when applied again',
    () => {
      fc.assert(
        fc.property(fc.string({ unit: codePoint }), (text) => {
          const once = cleanText(text);
          expect(cleanText(once)).toBe(once);
        }),
        { numRuns: fuzzRuns },
      );
    },
    fuzzTimeoutMs,
  );
});

describe('withoutControls', () => {
  it('keeps tabs and line breaks', () => {
    expect(withoutControls('a\tb\r\nc\u0008')).toBe('a\tb\r\nc');
  });
});
