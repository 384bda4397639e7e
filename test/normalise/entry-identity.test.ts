import { describe, expect, it } from 'vitest';
import {
  contentHash,
  entryKey,
  entryKeys,
  guidsAreUnreliable,
  type HashedFields,
  type IdentityFields,
  identifyingUrls,
  sha256,
} from '../../src/normalise/entry-identity.ts';

function entry({
  text = 'Some text',
  ...part
}: Partial<Omit<IdentityFields, 'body'>> & { text?: string }): IdentityFields {
  return { guid: null, url: null, title: 'A title', body: { text }, ...part };
}

const trusting = { trustIds: true, siteUrl: 'https://site.example/' };

describe('entryKey', () => {
  const echo = (text: string): string => text;

  it('uses the guid, then the link, then title and text', () => {
    expect(entryKey(entry({ guid: 'id-1', url: 'https://a.example/1' }), echo)).toBe('gid-1');
    expect(entryKey(entry({ url: 'https://a.example/1' }), echo)).toBe('lhttps://a.example/1');
    expect(entryKey(entry({}), echo)).toBe('dA title\nSome text');
  });

  it.each([
    'x'.repeat(1_000_000),
    '\u0000\u001b[2J',
    '__proto__',
    '',
    '😀',
  ])('returns short ASCII for any guid', (guid) => {
    expect(entryKey(entry({ guid }), sha256)).toMatch(/^[gld][0-9a-f]{40}$/);
  });

  it('is stable when a site moves to https or adds tracking parameters', () => {
    const [before, after] = ['http://a.example/1', 'https://a.example/1?utm_source=feed'];
    expect(entryKey(entry({ url: before }), sha256)).toBe(entryKey(entry({ url: after }), sha256));
  });

  it('differs between a guid, a link and a text with equal characters', () => {
    const url = 'https://a.example/1';
    const keys = [entry({ guid: url }), entry({ url }), entry({ title: url, text: '' })].map((one) =>
      entryKey(one, sha256),
    );
    expect(new Set(keys).size).toBe(3);
  });
});

describe('entryKeys', () => {
  function distinct(entries: readonly IdentityFields[], rules = trusting): number {
    return new Set(entryKeys(entries, rules)).size;
  }

  const twenty = Array.from({ length: 20 }, (_, index) => `Item ${index}`);

  it('gives 20 entries with one link different keys', () => {
    expect(distinct(twenty.map((title) => entry({ title, url: 'https://site.example/list' })))).toBe(20);
    expect(distinct(twenty.map((title) => entry({ title, url: 'https://site.example/' })))).toBe(20);
  });

  it('gives an entry that a document contains twice one key', () => {
    const twice = entry({ url: 'https://site.example/1' });
    expect(distinct([twice, { ...twice, body: { text: 'Other text' } }])).toBe(1);
  });

  it('gives links with different fragments different keys', () => {
    expect(distinct(['a', 'b'].map((part) => entry({ url: `https://site.example/log#${part}` })))).toBe(2);
  });

  it('does not use a link to the home page as a key', () => {
    const [key] = entryKeys([entry({ url: 'https://site.example' })], trusting);
    expect(key).toMatch(/^d/);
    const [blog] = entryKeys([entry({ url: 'https://site.example/blog/' })], {
      trustIds: true,
      siteUrl: 'http://site.example/blog',
    });
    expect(blog).toMatch(/^d/);
  });

  it('does not use guids that are not trusted', () => {
    const entries = [
      entry({ guid: '1', url: 'https://site.example/1' }),
      entry({ guid: '1', url: 'https://site.example/2' }),
    ];
    expect(distinct(entries)).toBe(1);
    expect(distinct(entries, { ...trusting, trustIds: false })).toBe(2);
  });
});

describe('guidsAreUnreliable', () => {
  const news = (guid: string, n: number): IdentityFields =>
    entry({ guid, title: `Title ${n}`, url: `https://site.example/${n}` });

  it('is true when all entries share one guid', () => {
    expect(guidsAreUnreliable([1, 2, 3, 4].map((n) => news('same', n)))).toBe(true);
    expect(guidsAreUnreliable([1, 2].map((n) => news('same', n)))).toBe(true);
  });

  it('is true when all entries share one guid and one link', () => {
    const entries = [1, 2, 3].map((n) => entry({ guid: 'same', title: `Title ${n}`, url: 'https://site.example/' }));
    expect(guidsAreUnreliable(entries)).toBe(true);
  });

  it('is true when most entries share guids', () => {
    expect(guidsAreUnreliable([news('a', 1), news('a', 2), news('a', 3), news('b', 4)])).toBe(true);
  });

  it('is false for one entry and its edit', () => {
    expect(guidsAreUnreliable([news('a', 1), { ...news('a', 1), title: 'Corrected' }])).toBe(false);
    expect(guidsAreUnreliable([news('a', 1), news('a', 2), news('b', 3)])).toBe(false);
  });

  it('is false for repeated entries', () => {
    expect(guidsAreUnreliable([news('a', 1), news('a', 1), news('a', 1)])).toBe(false);
  });

  it('is false for documents without guids', () => {
    expect(guidsAreUnreliable([])).toBe(false);
    expect(guidsAreUnreliable([entry({ title: 'x' }), entry({ title: 'y' })])).toBe(false);
  });
});

describe('identifyingUrls', () => {
  it('returns the canonical URL of a link that only one entry has', () => {
    expect(identifyingUrls(['http://site.example/1#top'], 'https://site.example/')).toEqual(['https://site.example/1']);
  });

  it('returns null for a link that two entries share', () => {
    const urls = ['https://site.example/day', 'http://site.example/day?utm_source=x', 'https://site.example/other'];
    expect(identifyingUrls(urls, null)).toEqual([null, null, 'https://site.example/other']);
  });

  it.each([
    'https://site.example/',
    'https://other.example',
    'https://site.example/blog/',
  ])('returns null for the home page %s', (url) => {
    expect(identifyingUrls([url], 'https://site.example/blog')).toEqual([null]);
  });

  it('accepts a home page with a query', () => {
    expect(identifyingUrls(['https://site.example/?p=7'], 'https://site.example/')).toEqual([
      'https://site.example/?p=7',
    ]);
  });

  it('returns null for an entry without a link', () => {
    expect(identifyingUrls([null, 'https://site.example/1'], null)).toEqual([null, 'https://site.example/1']);
  });
});

describe('contentHash', () => {
  const fields: HashedFields = {
    title: 'T',
    text: 'Some text',
    url: 'https://site.example/1',
    author: 'A',
    categories: ['c'],
    enclosures: [{ url: 'https://cdn.example/a.mp3?token=1', type: 'audio/mpeg', length: 5 }],
    imageUrl: 'https://cdn.example/i.jpg?sig=1',
  };

  const changes: [string, Partial<HashedFields>][] = [
    ['title', { title: 'U' }],
    ['text', { text: 'Other text' }],
    ['link', { url: 'https://site.example/2' }],
    ['author', { author: null }],
    ['categories', { categories: ['c', 'd'] }],
    ['enclosures', { enclosures: [] }],
    ['picture', { imageUrl: 'https://cdn.example/j.jpg' }],
  ];
  it.each(changes)('changes with the %s', (_, change) => {
    expect(contentHash({ ...fields, ...change })).not.toBe(contentHash(fields));
  });

  it('is stable when only the signatures of media URLs change', () => {
    const signed: HashedFields = {
      ...fields,
      enclosures: [{ url: 'https://cdn.example/a.mp3?token=2', type: 'audio/mpeg', length: 5 }],
      imageUrl: 'https://cdn.example/i.jpg?sig=2',
    };
    expect(contentHash(signed)).toBe(contentHash(fields));
  });

  it('is stable when only the order of the categories changes', () => {
    const [one, other] = [
      ['a', 'b'],
      ['b', 'a'],
    ].map((categories) => contentHash({ ...fields, categories }));
    expect(one).toBe(other);
  });

  it('distinguishes equal values of different fields', () => {
    expect(contentHash({ ...fields, title: 'ab', text: 'c' })).not.toBe(
      contentHash({ ...fields, title: 'a', text: 'bc' }),
    );
  });
});
