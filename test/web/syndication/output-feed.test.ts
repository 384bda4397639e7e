import { describe, expect, it } from 'vitest';
import { entryId, toEntry } from '../../../src/web/syndication/output-feed.ts';
import { anItem } from '../../support/builders.ts';
import { noon } from '../../support/web/test-app.ts';

const base = 'https://news.example.com';

describe('entryId', () => {
  it('never changes for a key', () => {
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
  it('has the same id under every public URL', () => {
    const item = anItem(1);
    expect(toEntry(item, base).id).toBe(toEntry(item, 'http://127.0.0.1:3000').id);
  });

  it('names the other sources in the last line of the text', () => {
    const alsoIn = [
      { id: 'a', title: 'A & Co' },
      { id: 'b', title: 'B' },
    ];
    expect(toEntry(anItem(1, { alsoIn }), base).html).toBe(
      '<p>Text of 1.</p><p>Also in: <a href="https://news.example.com/sources/a">A &amp; Co</a>, ' +
        '<a href="https://news.example.com/sources/b">B</a></p>',
    );
  });

  it('uses the summary as the text when there is no HTML, and nothing when there is neither', () => {
    expect(toEntry(anItem(1, { contentHtml: '', summary: 'a < b' }), base).html).toBe('<p>a &lt; b</p>');
    expect(toEntry(anItem(1, { contentHtml: '', summary: '' }), base).html).toBe('');
  });

  it('dates an item without a date by the time it was first seen', () => {
    const entry = toEntry(anItem(1, { publishedMs: null, firstSeenMs: noon }), base);
    expect([entry.publishedMs, entry.updatedMs]).toEqual([noon, noon]);
  });

  it('never has an update time before its publication', () => {
    expect(toEntry(anItem(1, { publishedMs: noon, updatedMs: noon - 1 }), base).updatedMs).toBe(noon);
    expect(toEntry(anItem(1, { publishedMs: noon, updatedMs: noon + 1 }), base).updatedMs).toBe(noon + 1);
  });

  it.each([
    ['audio/mpeg', 'audio/mpeg'],
    ['audio/ogg; codecs=opus', 'audio/ogg'],
    ['sound', null],
    ['audio/"><x', null],
    [null, null],
  ])('reads the media type %s as %s', (type, expected) => {
    const enclosures = [{ url: 'https://example.org/a', type, length: null }];
    expect(toEntry(anItem(1, { enclosures }), base).enclosures[0]?.type).toBe(expected);
  });

  it('drops enclosures and pictures without an http(s) URL', () => {
    const enclosures = ['data:text/plain,x', 'javascript:x', 'https://example.org/a b'].map((url) => {
      return { url, type: null, length: null };
    });
    const entry = toEntry(anItem(1, { enclosures, imageUrl: 'data:image/png,x' }), base);
    expect(entry.enclosures.map(({ url }) => url)).toEqual(['https://example.org/a%20b']);
    expect(entry.imageUrl).toBeNull();
  });
});
