import { describe, expect, it } from 'vitest';
import { sectionsSchema, siteSchema, sourceSchema } from '../../../src/config/schema/source-schema.ts';

const url = 'https://example.org/rss.xml';

/** What a source's field comes to, or the complaint about it. */
function fieldOf(name: string, value: unknown): unknown {
  const result = sourceSchema.safeParse({ url, [name]: value });
  return result.success ? result.data[name as keyof typeof result.data] : result.error.issues[0]?.message;
}

describe('sourceSchema', () => {
  it('asks for nothing but an address', () => {
    expect(sourceSchema.safeParse({ url }).success).toBe(true);
    expect(sourceSchema.safeParse({}).success).toBe(false);
  });

  it('takes a key without a value as one that is not there', () => {
    const keys = ['title', 'section', 'id', 'interval', 'language', 'headers', 'keep', 'drop', 'limit', 'republish'];
    for (const key of [...keys, 'trust']) expect(fieldOf(key, null)).toBeNull();
  });

  it.each([
    ['1m', 60_000],
    ['60s', 60_000],
    ['24h', 86_400_000],
    ['1d', 86_400_000],
    ['1.5h', 5_400_000],
  ])('takes the interval %s', (text, ms) => {
    expect(fieldOf('interval', text)).toBe(ms);
  });

  it.each(['0m', '59s', '24h1s', '1441m', '2d', '-5m', '15', 'PT15M'])('refuses the interval %s', (text) => {
    expect(fieldOf('interval', text)).toBe('is not a duration from 1m to 24h');
  });

  it.each([
    ['en', 'en'],
    ['EN-us', 'en-US'],
    ['zh-hant-tw', 'zh-Hant-TW'],
  ])('takes the language %s as %s', (text, tag) => {
    expect(fieldOf('language', text)).toBe(tag);
  });

  it.each(['', 'english language', 'en_US', '1', 'e'])('refuses the language %j', (text) => {
    expect(fieldOf('language', text)).toBe('is not a language tag');
  });

  it.each(['example', 'a', '1', 'bbc-world', 'a_b', 'žluť', '世界', 'a--b', 'x1-2'])('takes the id %s', (id) => {
    expect(fieldOf('id', id)).toBe(id);
  });

  it.each(['', 'A', 'a b', '-a', 'a-', 'a/b', '..', 'a.b', 'a%2f', "a'b"])('refuses the id %j', (id) => {
    expect(fieldOf('id', id)).toMatch(/^is not made of small letters/);
  });

  it('refuses an id that no address could carry', () => {
    expect(fieldOf('id', 'a'.repeat(80))).toBe('a'.repeat(80));
    expect(fieldOf('id', 'a'.repeat(81))).toBe('is longer than 80 characters');
  });

  it.each(['climate|energy', '(?i)sponsored', '\\p{L}+', '^a.*b$', '(?P<name>x)'])('takes the pattern %s', (text) => {
    expect(fieldOf('keep', text)).toBe(text);
  });

  it.each(['(', '[', '*', 'a{100000}', '(?=a)', '(a)\\1', '\\'])('refuses the pattern %s, with the reason', (text) => {
    expect(fieldOf('drop', text)).toMatch(/^is not a regular expression \(.+\)$/);
  });

  it('keeps headers as they are written, spaces within them too', () => {
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
  ])('leaves the header %s to the fetcher', (name) => {
    expect(fieldOf('headers', { [name]: 'a' })).toBe('is set by Newswire itself');
  });

  it.each([
    ['a b', 'x', 'is not the name of a header'],
    ['', 'x', 'is not the name of a header'],
    ['a:', 'x', 'is not the name of a header'],
    ['X', 'a\r\nEvil: 1', 'holds a character that cannot stand in a header'],
    ['X', 'a\0b', 'holds a character that cannot stand in a header'],
    ['X', 'žluť', 'holds a character that cannot stand in a header'],
    ['X', true, 'is not text'],
  ])('refuses the header %j: %j', (name, value, message) => {
    expect(fieldOf('headers', { [name]: value })).toBe(message);
  });

  it('says one thing of an empty value, not all that it is not', () => {
    for (const name of ['url', 'title', 'section', 'keep', 'drop']) {
      const issues = sourceSchema.safeParse({ url, [name]: '' }).error?.issues;
      expect(issues?.map((issue) => issue.message)).toEqual(['is empty']);
    }
  });

  it('trims titles and sections, and refuses what is no heading', () => {
    expect(fieldOf('title', '  A  title ')).toBe('A  title');
    expect(fieldOf('section', ' World ')).toBe('World');
    expect(fieldOf('title', 'x'.repeat(201))).toBe('is longer than 200 characters');
    expect(fieldOf('section', 'x'.repeat(61))).toBe('is longer than 60 characters');
    expect(fieldOf('section', '---')).toBe('has neither a letter nor a digit');
    expect(fieldOf('title', 'a\u0007b')).toBe('holds a line break or a control character');
  });
});

describe('siteSchema', () => {
  const wrongIn = (site: unknown): string[] =>
    siteSchema.safeParse(site).error?.issues.map((issue) => issue.path.join('.')) ?? [];

  it('asks for nothing', () => {
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
  ])('knows the time zone %s', (name) => {
    expect(wrongIn({ timezone: name })).toEqual([]);
  });

  it.each(['', 'Berlin', 'Europe/Nowhere', 'GMT+25'])('does not know the time zone %j', (name) => {
    expect(wrongIn({ timezone: name })).toEqual(['timezone']);
  });

  it.each(['dd.MM.yy HH:mm', 'yyyy-MM-dd', 'HH:mm', 'dd/MM/yyyy, HH.mm'])('takes the dateline %s', (dateline) => {
    expect(wrongIn({ dateline })).toEqual([]);
  });

  it.each(['', 'today', 'dd MMM yyyy', 'd.M.yy', '%d.%m', 'hh:mm', '...'])('refuses the dateline %j', (dateline) => {
    expect(wrongIn({ dateline })).toEqual(['dateline']);
  });

  it('keeps politeness within bounds that a publisher can bear', () => {
    expect(wrongIn({ politeness: { hostGap: '0s', hostConcurrency: 16, globalPerSecond: 1000 } })).toEqual([]);
    expect(wrongIn({ politeness: { hostGap: '61s', hostConcurrency: 0, globalPerSecond: 0 } })).toEqual([
      'politeness.hostGap',
      'politeness.hostConcurrency',
      'politeness.globalPerSecond',
    ]);
  });

  it('keeps retention within bounds that leave something to read', () => {
    expect(wrongIn({ retention: { age: '1d', itemsPerSource: 100 } })).toEqual([]);
    expect(wrongIn({ retention: { age: '3650d', itemsPerSource: 1_000_000 } })).toEqual([]);
    expect(wrongIn({ retention: { age: '23h', itemsPerSource: 99 } })).toEqual([
      'retention.age',
      'retention.itemsPerSource',
    ]);
  });
});

describe('sectionsSchema', () => {
  it('takes a list of headings', () => {
    expect(sectionsSchema.safeParse([' World ', '世界']).data).toEqual(['World', '世界']);
    expect(sectionsSchema.safeParse(['']).success).toBe(false);
    expect(sectionsSchema.safeParse('World').success).toBe(false);
  });
});
