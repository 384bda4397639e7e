import { describe, expect, it } from 'vitest';
import {
  type ParsedValue,
  readBaseUrl,
  readChoices,
  readCidrs,
  readContactUrl,
  readHost,
  readOrigins,
  readToken,
  readWholeNumber,
  splitList,
} from '../../../src/config/environment/environment-values.ts';

/** The value, or the reason why it is invalid. */
function outcome<T>(reading: ParsedValue<T>): unknown {
  return 'value' in reading ? reading.value : `wrong: it ${reading.what}`;
}

describe('splitList', () => {
  it('removes spaces and empty parts', () => {
    expect(splitList(' a, b,,c ,')).toEqual(['a', 'b', 'c']);
    expect(splitList(' , ')).toEqual([]);
  });
});

describe('readHost', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['localhost', 'localhost'],
    ['news-1.example.org', 'news-1.example.org'],
    ['::', '::'],
    ['[::1]', '::1'],
    ['fe80::1', 'fe80::1'],
  ])('accepts %s', (text, host) => {
    expect(outcome(readHost(text))).toBe(host);
  });

  it.each(['', 'http://localhost', 'localhost:3000', '-x', 'a/b', 'a b', '[nonsense]'])('rejects %j', (text) => {
    expect(outcome(readHost(text))).toBe('wrong: it is not a host name or an IP address');
  });
});

describe('readWholeNumber', () => {
  const bounds = { min: 1, max: 100 };

  it.each(['1', '100', '050'])('accepts %s', (text) => {
    expect(outcome(readWholeNumber(text, bounds))).toBe(Number(text));
  });

  it.each(['0', '101', '', ' 5', '5 ', '+5', '1e1', '5.0', '٥', '9'.repeat(30)])('rejects %j', (text) => {
    expect(outcome(readWholeNumber(text, bounds))).toBe('wrong: it is not a whole number from 1 to 100');
  });
});

describe('readBaseUrl', () => {
  it.each([
    ['https://news.example.org', 'https://news.example.org'],
    ['https://news.example.org/', 'https://news.example.org'],
    ['HTTPS://News.Example.org:443/', 'https://news.example.org'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['https://example.org/news/', 'https://example.org/news'],
    ['https://bücher.example.org', 'https://xn--bcher-kva.example.org'],
  ])('removes trailing slashes of %s', (text, base) => {
    expect(outcome(readBaseUrl(text))).toBe(base);
  });

  it.each([
    ['news.example.org', 'wrong: it is not an http or https URL'],
    ['ws://news.example.org', 'wrong: it is not an http or https URL'],
    ['https://a:b@news.example.org', 'wrong: it contains a user name or a password'],
    ['https://news.example.org/?a', 'wrong: it has a query or a fragment'],
  ])('rejects %s', (text, wrong) => {
    expect(outcome(readBaseUrl(text))).toBe(wrong);
  });
});

describe('readContactUrl', () => {
  it('accepts a page or a mailbox', () => {
    expect(outcome(readContactUrl('https://example.org/about'))).toBe('https://example.org/about');
    expect(outcome(readContactUrl('mailto:a@example.org'))).toBe('mailto:a@example.org');
    expect(outcome(readContactUrl('a@example.org'))).toMatch(/^wrong/);
  });

  it('cannot inject a header', () => {
    expect(outcome(readContactUrl('https://example.org/\r\nX-Evil: 1'))).not.toMatch(/[\r\n]/);
  });
});

describe('readCidrs', () => {
  it.each([
    ['10.0.0.0/8', ['10.0.0.0/8']],
    ['10.1.2.3', ['10.1.2.3/32']],
    ['::1, fd00::/8', ['::1/128', 'fd00::/8']],
    ['', []],
  ])('accepts %j', (text, ranges) => {
    expect(outcome(readCidrs(text))).toEqual(ranges);
  });

  it.each([
    '10.0.0.0/33',
    '10.0.0',
    '010.0.0.0/8',
    '0x7f.0.0.1',
    'fd00::/129',
    'localhost',
    '*',
  ])('rejects %s', (text) => {
    expect(outcome(readCidrs(`127.0.0.0/8,${text}`))).toBe(`wrong: it contains an invalid network: "${text}"`);
  });
});

describe('readOrigins', () => {
  it('accepts scheme, host and port as browsers send them', () => {
    expect(outcome(readOrigins('https://Example.org:443, http://localhost:5173/'))).toEqual([
      'https://example.org',
      'http://localhost:5173',
    ]);
  });

  it.each([
    'example.org',
    'https://example.org/a',
    'https://*.example.org/?',
    'file:///a',
    'null',
    'https://a@b',
  ])('rejects %s', (text) => {
    expect(outcome(readOrigins(text))).toMatch(/^wrong: it contains an invalid origin/);
  });
});

describe('readToken', () => {
  it('accepts characters that are valid in a header', () => {
    expect(outcome(readToken('aB3-._~+/=aB3-._'))).toBe('aB3-._~+/=aB3-._');
  });

  it.each(['two words', 'tab\t', 'žluť', 'a\nb', ''])('rejects %j without quoting it', (text) => {
    expect(outcome(readToken(text))).toBe('wrong: it contains a space or a character that is invalid in a header');
  });
});

describe('readChoices', () => {
  const colours = ['red', 'green'] as const;

  it('accepts a subset in any case and order', () => {
    expect(outcome(readChoices(' GREEN, red,red', colours))).toEqual(new Set(['green', 'red']));
  });

  it('rejects unknown values and an empty list', () => {
    expect(outcome(readChoices('red,blue', colours))).toBe('wrong: it contains an unknown value: "blue"');
    expect(outcome(readChoices(',', colours))).toBe('wrong: it contains no value');
  });
});
