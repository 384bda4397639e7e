import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  comparisonKey,
  countCodePoints,
  countLinks,
  hasVisibleText,
  linkify,
  normaliseBody,
  normaliseInput,
  normaliseName,
} from '../../../src/domain/comments/comment-text.ts';
import { codePoint } from '../../support/code-point.ts';

describe('normaliseInput', () => {
  it('converts line breaks to LF and trims the text', () => {
    expect(normaliseInput('  a\r\nb\rc\nd \n')).toBe('a\nb\nc\nd');
  });

  it('counts code points, not UTF-16 code units or grapheme clusters', () => {
    expect(countCodePoints('🙂')).toBe(1);
    expect(countCodePoints('e\u0301')).toBe(2);
    expect(countCodePoints('👩‍👩‍👧')).toBe(5);
  });
});

describe('normaliseBody', () => {
  it('keeps words and line breaks and collapses blank lines', () => {
    expect(normaliseBody('one  \r\n\r\n\r\n\r\ntwo\tthree')).toBe('one\n\ntwo three');
  });

  it('removes stacked combining marks but none that a script needs', () => {
    const zalgo = `z${'\u0300'.repeat(200)}o`;
    expect(countCodePoints(normaliseBody(zalgo))).toBe(6);
    for (const writing of ['Việt Nam', 'שָׁלוֹם', 'สวัสดีค่ะ', 'हिन्दी', 'e\u0301'])
      expect(normaliseBody(writing)).toBe(writing.normalize('NFC'));
  });

  it('scans 60,000 blanks that end no line in linear time', () => {
    const before = process.cpuUsage();
    expect(normaliseBody(`a${' '.repeat(60_000)}b`)).toHaveLength(60_002);
    // Some milliseconds; a quadratic scan takes ten seconds.
    expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
  });

  it('removes control characters and replaces lone surrogates', () => {
    expect(normaliseBody('a\u0000\u001b[31mb\u0007\ud800')).toBe('a[31mb\ufffd');
  });

  it('never returns a text longer than its NFC form', () => {
    fc.assert(
      fc.property(fc.string({ unit: codePoint }), (text) => {
        expect(countCodePoints(normaliseBody(text))).toBeLessThanOrEqual(
          countCodePoints(normaliseInput(text).toWellFormed().normalize('NFC')),
        );
      }),
    );
  });
});

describe('normaliseName', () => {
  it('returns one line without invisible characters and direction controls', () => {
    expect(normaliseName(' Ann\n\u202eB\u2066\u200b\u3164 Lee\u0000 ')).toBe('Ann B Lee');
  });

  it('keeps the joiners that names need', () => {
    expect(normaliseName('می\u200cخواهم')).toBe('می\u200cخواهم');
  });

  it.each([
    '__proto__',
    'constructor',
    'O’Neil',
    '<b>\'"&',
    'Zoë Ångström',
    '李雷',
  ])('does not change the name %s', (name) => {
    expect(normaliseName(name)).toBe(name.normalize('NFC'));
  });
});

describe('hasVisibleText', () => {
  it.each([
    '',
    ' \n ',
    '\u200b\u200d',
    '\u3164',
    '\u2800',
    '\u0301',
    '\u202e\u2066',
  ])('finds no visible character in %j', (text) => {
    expect(hasVisibleText(text)).toBe(false);
  });

  it.each(['a', '.', '🙂', '李'])('finds %s visible', (text) => {
    expect(hasVisibleText(text)).toBe(true);
  });
});

describe('comparisonKey', () => {
  it.each([
    'Buy cheap pills now',
    'Вuу сhеар рillѕ nоw',
    'ВUҮ СНЕАР РІLLЅ NОW',
    'ꓐꓴꓬ cheap pills now',
    '𝐁𝐮𝐲 𝐜𝐡𝐞𝐚𝐩 𝐩𝐢𝐥𝐥𝐬 𝐧𝐨𝐰',
  ])('is equal for the look-alike %s', (text) => {
    expect(comparisonKey(text)).toBe(comparisonKey('buy cheap pills now'));
  });

  it('ignores case in scripts other than Latin', () => {
    expect(comparisonKey('ЧИТАЙТЕ ВСЕ НОВОСТИ')).toBe(comparisonKey('Читайте все новости'));
    expect(comparisonKey('ΔΙΑΒΑΣΤΕ ΝΕΑ')).toBe(comparisonKey('διαβαστε νεα'));
  });

  it('distinguishes scores and other numbers', () => {
    expect(comparisonKey('It ended 2:1')).not.toBe(comparisonKey('It ended 1:2'));
    expect(comparisonKey('I give it 8')).not.toBe(comparisonKey('I give it 5'));
  });

  it('ignores case, spaces, marks and punctuation', () => {
    expect(comparisonKey('Buy  CHEAP, now!')).toBe(comparisonKey('buy-cheap\nnów'));
    expect(comparisonKey('buy now')).not.toBe(comparisonKey('buy then'));
  });

  it('is the text itself when no letter remains', () => {
    expect(comparisonKey('!!!')).toBe('!!!');
    expect(comparisonKey('🙂')).not.toBe(comparisonKey('🙁'));
  });
});

describe('linkify', () => {
  const links = (text: string) => linkify(text).flatMap(({ href }) => href ?? []);

  it('finds addresses without the punctuation of the sentence', () => {
    expect(linkify('See https://example.org/a, and (http://example.com/b_(c)).')).toEqual([
      { text: 'See ', href: null },
      { text: 'https://example.org/a', href: 'https://example.org/a' },
      { text: ', and (', href: null },
      { text: 'http://example.com/b_(c)', href: 'http://example.com/b_(c)' },
      { text: ').', href: null },
    ]);
  });

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'https://',
    'http://[',
    'https://bank.example@evil.example/',
    'HTTPS://user:pw@example.org',
    'ftp://example.org',
    'www.example.org',
  ])('links nothing in %s', (text) => {
    expect(links(text)).toEqual([]);
  });

  it('ends an address where markup would start', () => {
    expect(links('https://example.org/"onmouseover="alert(1)')).toEqual(['https://example.org/']);
    expect(links('https://example.org/<script>')).toEqual(['https://example.org/']);
  });

  it('returns parts that add up to the text, with http(s) addresses only', () => {
    const words = fc.constantFrom('https://', 'http://', 'example.org', '/a', ')', '(', ' ', '<', '@', '.', '\n', 'é');
    const texts = fc.oneof(
      fc.array(words).map((some) => some.join('')),
      fc.string({ unit: 'grapheme' }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const parts = linkify(text);
        expect(parts.map((part) => part.text).join('')).toBe(text);
        for (const { href } of parts) if (href !== null) expect(href).toMatch(/^https?:\/\//);
      }),
    );
  });

  it('counts addresses whether they are linked or not', () => {
    expect(countLinks('https://a.example http://b.example www.c.example HTTPS://D.example')).toBe(4);
    expect(countLinks('no links here')).toBe(0);
  });
});
