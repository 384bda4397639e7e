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

describe('measured', () => {
  it('takes a line break for one character, however the form sent it, and leaves out what stands around', () => {
    expect(normaliseInput('  a\r\nb\rc\nd \n')).toBe('a\nb\nc\nd');
  });

  it('counts code points: an emoji of two units is one, a letter with a combining mark two', () => {
    expect(countCodePoints('🙂')).toBe(1);
    expect(countCodePoints('e\u0301')).toBe(2);
    expect(countCodePoints('👩‍👩‍👧')).toBe(5);
  });
});

describe('tidyBody', () => {
  it('keeps words and line breaks, and evens out holes', () => {
    expect(normaliseBody('one  \r\n\r\n\r\n\r\ntwo\tthree')).toBe('one\n\ntwo three');
  });

  it('clips marks that pile up, and no writing that needs some', () => {
    const zalgo = `z${'\u0300'.repeat(200)}o`;
    expect(countCodePoints(normaliseBody(zalgo))).toBe(6);
    for (const writing of ['Việt Nam', 'שָׁלוֹם', 'สวัสดีค่ะ', 'हिन्दी', 'e\u0301'])
      expect(normaliseBody(writing)).toBe(writing.normalize('NFC'));
  });

  it('reads 60,000 blanks that end no line once, not once for each of them', () => {
    const before = process.cpuUsage();
    expect(normaliseBody(`a${' '.repeat(60_000)}b`)).toHaveLength(60_002);
    // Some milliseconds; read again for each blank they take ten seconds.
    expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
  });

  it('drops control characters and mends halves of characters', () => {
    expect(normaliseBody('a\u0000\u001b[31mb\u0007\ud800')).toBe('a[31mb\ufffd');
  });

  it('never makes a text longer than its composed form (NFC) is', () => {
    fc.assert(
      fc.property(fc.string({ unit: codePoint }), (text) => {
        expect(countCodePoints(normaliseBody(text))).toBeLessThanOrEqual(
          countCodePoints(normaliseInput(text).toWellFormed().normalize('NFC')),
        );
      }),
    );
  });
});

describe('tidyName', () => {
  it('is one line without anything that cannot be seen or turns text round', () => {
    expect(normaliseName(' Ann\n\u202eB\u2066\u200b\u3164 Lee\u0000 ')).toBe('Ann B Lee');
  });

  it('keeps the joiners that names are written with', () => {
    expect(normaliseName('می\u200cخواهم')).toBe('می\u200cخواهم');
  });

  it.each(['__proto__', 'constructor', 'O’Neil', '<b>\'"&', 'Zoë Ångström', '李雷'])('keeps %s', (name) => {
    expect(normaliseName(name)).toBe(name.normalize('NFC'));
  });
});

describe('isVisible', () => {
  it.each(['', ' \n ', '\u200b\u200d', '\u3164', '\u2800', '\u0301', '\u202e\u2066'])('sees nothing in %j', (text) => {
    expect(hasVisibleText(text)).toBe(false);
  });

  it.each(['a', '.', '🙂', '李'])('sees %s', (text) => {
    expect(hasVisibleText(text)).toBe(true);
  });
});

describe('sameness', () => {
  it.each([
    'Buy cheap pills now',
    'Вuу сhеар рillѕ nоw',
    'ВUҮ СНЕАР РІLLЅ NОW',
    'ꓐꓴꓬ cheap pills now',
    '𝐁𝐮𝐲 𝐜𝐡𝐞𝐚𝐩 𝐩𝐢𝐥𝐥𝐬 𝐧𝐨𝐰',
  ])('is the same for the lookalike %s', (text) => {
    expect(comparisonKey(text)).toBe(comparisonKey('buy cheap pills now'));
  });

  it('is the same for capitals and small letters of other scripts', () => {
    expect(comparisonKey('ЧИТАЙТЕ ВСЕ НОВОСТИ')).toBe(comparisonKey('Читайте все новости'));
    expect(comparisonKey('ΔΙΑΒΑΣΤΕ ΝΕΑ')).toBe(comparisonKey('διαβαστε νεα'));
  });

  it('tells scores and other numbers apart', () => {
    expect(comparisonKey('It ended 2:1')).not.toBe(comparisonKey('It ended 1:2'));
    expect(comparisonKey('I give it 8')).not.toBe(comparisonKey('I give it 5'));
  });

  it('is the same whatever the case, spaces, marks and punctuation', () => {
    expect(comparisonKey('Buy  CHEAP, now!')).toBe(comparisonKey('buy-cheap\nnów'));
    expect(comparisonKey('buy now')).not.toBe(comparisonKey('buy then'));
  });

  it('is the text itself where no letter is left', () => {
    expect(comparisonKey('!!!')).toBe('!!!');
    expect(comparisonKey('🙂')).not.toBe(comparisonKey('🙁'));
  });
});

describe('partsOf', () => {
  const links = (text: string) => linkify(text).flatMap(({ href }) => href ?? []);

  it('finds addresses and leaves the punctuation of the sentence out', () => {
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
  ])('follows nothing in %s', (text) => {
    expect(links(text)).toEqual([]);
  });

  it('ends an address where markup would begin', () => {
    expect(links('https://example.org/"onmouseover="alert(1)')).toEqual(['https://example.org/']);
    expect(links('https://example.org/<script>')).toEqual(['https://example.org/']);
  });

  it('gives back every text whole, with http(s) addresses only', () => {
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

  it('counts what looks like an address, followed or not', () => {
    expect(countLinks('https://a.example http://b.example www.c.example HTTPS://D.example')).toBe(4);
    expect(countLinks('no links here')).toBe(0);
  });
});
