import { describe, expect, it } from 'vitest';
import { entryId, toEntry } from '../../../src/web/syndication/output-feed.ts';
import { makeItem, noon } from '../../support/web/test-app.ts';

const base = 'https://news.example.com';

describe('entryId', () => {
  it('is the same for ever for a key: this one may never change', () => {
    expect(entryId('example.org/news/1')).toBe('urn:uuid:4b1739da-4895-8957-9f00-9311bb066beb');
  });

  it('is a UUID of version 8 whatever the key', () => {
    for (let index = 0; index < 200; index += 1) {
      expect(entryId(`key ${index}`)).toMatch(
        /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
    }
  });
});

describe('toEntry', () => {
  it('has the same id at every address of ours', () => {
    const item = makeItem(1);
    expect(toEntry(item, base).id).toBe(toEntry(item, 'http://127.0.0.1:3000').id);
  });

  it('names the other sources in a last line of the text', () => {
    const alsoIn = [
      { id: 'a', title: 'A & Co' },
      { id: 'b', title: 'B' },
    ];
    expect(toEntry(makeItem(1, { alsoIn }), base).html).toBe(
      '<p>Text of 1.</p><p>Also in: <a href="https://news.example.com/sources/a">A &amp; Co</a>, ' +
        '<a href="https://news.example.com/sources/b">B</a></p>',
    );
  });

  it('shows the summary as text where there is no HTML, and nothing where there is neither', () => {
    expect(toEntry(makeItem(1, { contentHtml: '', summary: 'a < b' }), base).html).toBe('<p>a &lt; b</p>');
    expect(toEntry(makeItem(1, { contentHtml: '', summary: '' }), base).html).toBe('');
  });

  it('dates an item without a date by when it was first seen', () => {
    const entry = toEntry(makeItem(1, { publishedMs: null, firstSeenMs: noon }), base);
    expect([entry.publishedMs, entry.updatedMs]).toEqual([noon, noon]);
  });

  it('is never updated before it was published', () => {
    expect(toEntry(makeItem(1, { publishedMs: noon, updatedMs: noon - 1 }), base).updatedMs).toBe(noon);
    expect(toEntry(makeItem(1, { publishedMs: noon, updatedMs: noon + 1 }), base).updatedMs).toBe(noon + 1);
  });

  it.each([
    ['audio/mpeg', 'audio/mpeg'],
    ['audio/ogg; codecs=opus', 'audio/ogg'],
    ['sound', null],
    ['audio/"><x', null],
    [null, null],
  ])('takes the media type %s as %s', (type, expected) => {
    const enclosures = [{ url: 'https://example.org/a', type, length: null }];
    expect(toEntry(makeItem(1, { enclosures }), base).enclosures[0]?.type).toBe(expected);
  });

  it('drops attachments and pictures that have no web address', () => {
    const enclosures = ['data:text/plain,x', 'javascript:x', 'https://example.org/a b'].map((url) => {
      return { url, type: null, length: null };
    });
    const entry = toEntry(makeItem(1, { enclosures, imageUrl: 'data:image/png,x' }), base);
    expect(entry.enclosures.map(({ url }) => url)).toEqual(['https://example.org/a%20b']);
    expect(entry.imageUrl).toBeNull();
  });
});
