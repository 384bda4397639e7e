import { describe, expect, it } from 'vitest';
import { sectionsSchema, siteSchema } from '../../../src/config/schema/site-schema.ts';
import { sourceSchema } from '../../../src/config/schema/source-schema.ts';

const url = 'https://example.org/rss.xml';

/** The parsed value of a field of a source, or the error. */
function fieldOf(name: string, value: unknown): unknown {
  const result = sourceSchema.safeParse({ url, [name]: value });
  return result.success ? result.data[name as keyof typeof result.data] : result.error.issues[0]?.message;
}

describe('sourceSchema', () => {
  it('requires only a URL', () => {
    expect(sourceSchema.safeParse({ url }).success).toBe(true);
    expect(sourceSchema.safeParse({}).success).toBe(false);
  });

  it('treats a key without value as absent', () => {
    const keys = ['title', 'section', 'id', 'interval', 'language', 'headers', 'keep', 'drop', 'limit', 'republish'];
    for (const key of [...keys, 'trust']) expect(fieldOf(key, null)).toBeNull();
  });

  it.each([
    ['1m', 60_000],
    ['60s', 60_000],
    ['24h', 86_400_000],
    ['1d', 86_400_000],
    ['1.5h', 5_400_000],
  ])('accepts the interval %s', (text, ms) => {
    expect(fieldOf('interval', text)).toBe(ms);
  });

  it.each(['0m', '59s', '24h1s', '1441m', '2d', '-5m', '15', 'PT15M'])('rejects the interval %s', (text) => {
    expect(fieldOf('interval', text)).toBe('is not a duration from 1m to 24h');
  });

  it.each([
    ['en', 'en'],
    ['EN-us', 'en-US'],
    ['zh-hant-tw', 'zh-Hant-TW'],
  ])('parses the language %s as %s', (text, tag) => {
    expect(fieldOf('language', text)).toBe(tag);
  });

  it.each(['', 'english language', 'en_US', '1', 'e'])('rejects the language %j', (text) => {
    expect(fieldOf('language', text)).toBe('is not a language tag');
  });

  it.each(['example', 'a', '1', 'bbc-world', 'a_b', 'žluť', '世界', 'a--b', 'x1-2'])('accepts the id %s', (id) => {
    expect(fieldOf('id', id)).toBe(id);
  });

  it.each(['', 'A', 'a b', '-a', 'a-', 'a/b', '..', 'a.b', 'a%2f', "a'b"])('rejects the id %j', (id) => {
    expect(fieldOf('id', id)).toMatch(/^may contain only lower-case letters/);
  });

  it('rejects an id that is too long', () => {
    expect(fieldOf('id', 'a'.repeat(80))).toBe('a'.repeat(80));
    expect(fieldOf('id', 'a'.repeat(81))).toBe('is longer than 80 characters');
  });

  it.each(['climate|energy', '(?i)sponsored', '\\p{L}+', '^a.*b$', '(?P<name>x)'])('accepts the pattern %s', (text) => {
    expect(fieldOf('keep', text)).toBe(text);
  });

  it.each(['(', '[', '*', 'a{100000}', '(?=a)', '(a)\\1', '\\'])('rejects the pattern %s with the reason', (text) => {
    expect(fieldOf('drop', text)).toMatch(/^is not a regular expression \(.+\)$/);
  });

  it('keeps header values unchanged', () => {
    const headers = { Authorization: 'Bearer abc', 'X-Key': ' a\tb ', Accept: '' };
    expect(fieldOf('headers', headers)).toEqual(headers);
  });

  it.each([
    'Host',
    'content-length',
    'Transfer-Encoding',
    'Connection',
    'Accept-Encoding',
    'If-None-Match',
    'if-modified-since',
    'Range',
  ])('rejects the reserved header %s', (name) => {
    expect(fieldOf('headers', { [name]: 'a' })).toBe('is set by Newswire itself');
  });

  it.each([
    ['a b', 'x', 'is not a valid header name'],
    ['', 'x', 'is not a valid header name'],
    ['a:', 'x', 'is not a valid header name'],
    ['X', 'a\r\nEvil: 1', 'contains a character that is invalid in a header'],
    ['X', 'a\0b', 'contains a character that is invalid in a header'],
    ['X', 'žluť', 'contains a character that is invalid in a header'],
    ['X', true, 'is not text'],
  ])('rejects the header %j: %j', (name, value, message) => {
    expect(fieldOf('headers', { [name]: value })).toBe(message);
  });

  it('reports one error for an empty value', () => {
    for (const name of ['url', 'title', 'section', 'keep', 'drop']) {
      const issues = sourceSchema.safeParse({ url, [name]: '' }).error?.issues;
      expect(issues?.map((issue) => issue.message)).toEqual(['is empty']);
    }
  });

  it('trims titles and sections and rejects invalid ones', () => {
    expect(fieldOf('title', '  A  title ')).toBe('A  title');
    expect(fieldOf('section', ' World ')).toBe('World');
    expect(fieldOf('title', 'x'.repeat(201))).toBe('is longer than 200 characters');
    expect(fieldOf('section', 'x'.repeat(61))).toBe('is longer than 60 characters');
    expect(fieldOf('section', '---')).toBe('contains neither a letter nor a digit');
    expect(fieldOf('title', 'a\u0007b')).toBe('contains a line break or a control character');
  });
});

describe('siteSchema', () => {
  const wrongIn = (site: unknown): string[] =>
    siteSchema.safeParse(site).error?.issues.map((issue) => issue.path.join('.')) ?? [];

  it('requires nothing', () => {
    expect(wrongIn({})).toEqual([]);
    expect(
      wrongIn({ title: null, timezone: null, dateline: null, comments: null, politeness: null, retention: null }),
    ).toEqual([]);
  });

  it.each([
    'UTC',
    'Europe/Berlin',
    'America/Argentina/Buenos_Aires',
    'Asia/Kolkata',
  ])('accepts the time zone %s', (name) => {
    expect(wrongIn({ timezone: name })).toEqual([]);
  });

  it.each(['', 'Berlin', 'Europe/Nowhere', 'GMT+25'])('contains an unknown value: the time zone %j', (name) => {
    expect(wrongIn({ timezone: name })).toEqual(['timezone']);
  });

  it.each(['dd.MM.yy HH:mm', 'yyyy-MM-dd', 'HH:mm', 'dd/MM/yyyy, HH.mm'])('accepts the dateline %s', (dateline) => {
    expect(wrongIn({ dateline })).toEqual([]);
  });

  it.each(['', 'today', 'dd MMM yyyy', 'd.M.yy', '%d.%m', 'hh:mm', '...'])('rejects the dateline %j', (dateline) => {
    expect(wrongIn({ dateline })).toEqual(['dateline']);
  });

  it('limits politeness settings', () => {
    expect(wrongIn({ politeness: { hostGap: '0s', hostConcurrency: 16, globalPerSecond: 1000 } })).toEqual([]);
    expect(wrongIn({ politeness: { hostGap: '61s', hostConcurrency: 0, globalPerSecond: 0 } })).toEqual([
      'politeness.hostGap',
      'politeness.hostConcurrency',
      'politeness.globalPerSecond',
    ]);
  });

  it('limits retention settings', () => {
    expect(wrongIn({ retention: { maxAge: '1d', itemsPerSource: 100 } })).toEqual([]);
    expect(wrongIn({ retention: { maxAge: '3650d', itemsPerSource: 1_000_000 } })).toEqual([]);
    expect(wrongIn({ retention: { maxAge: '23h', itemsPerSource: 99 } })).toEqual([
      'retention.maxAge',
      'retention.itemsPerSource',
    ]);
  });
});

describe('sectionsSchema', () => {
  it('accepts a list of names', () => {
    expect(sectionsSchema.safeParse([' World ', '世界']).data).toEqual(['World', '世界']);
    expect(sectionsSchema.safeParse(['']).success).toBe(false);
    expect(sectionsSchema.safeParse('World').success).toBe(false);
  });
});
