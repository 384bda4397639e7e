import { describe, expect, it } from 'vitest';
import type { ParsedFeed, ParsedItem } from '../../../src/domain/items/parsed-feed.ts';
import { looksLikeJson, parseJsonFeed } from '../../../src/parse/json/parse-json-feed.ts';
import { notesOf } from '../../support/notes.ts';

const version = 'https://jsonfeed.org/version/1.1';

function feedOf(text: string): ParsedFeed {
  const result = parseJsonFeed(text);
  if (result.kind !== 'parsed') throw new Error(result.detail);
  return result.feed;
}

function itemOf(item: Record<string, unknown>, feed: Record<string, unknown> = {}): ParsedItem {
  const [first] = feedOf(JSON.stringify({ version, ...feed, items: [item] })).items;
  if (first === undefined) throw new Error('no item');
  return first;
}

describe('looksLikeJson', () => {
  it.each([
    ['{}', null, true],
    ['\ufeff \n{', 'text/xml', true],
    [")]}'\n{}", 'application/feed+json', true],
    [")]}'\n{}", 'text/plain', false],
    ['<rss/>', 'application/json', false],
    ['[]', 'application/json', false],
    ['words', 'application/json', false],
  ])('classifies %j served as %s', (text, contentType, expected) => {
    expect(looksLikeJson(text, contentType)).toBe(expected);
  });
});

describe('parseJsonFeed', () => {
  it.each([
    ['https://jsonfeed.org/version/1', 'json1'],
    ['http://jsonfeed.org/version/1.0', 'json1'],
    ['https://jsonfeed.org/version/1.1', 'json1.1'],
    ['https://jsonfeed.org/version/2', 'json1.1'],
  ])('recognises the version %s', (claimed, format) => {
    expect(feedOf(JSON.stringify({ version: claimed })).format).toBe(format);
  });

  it('accepts a document that has items but no version', () => {
    expect(feedOf('{"items":[]}').items).toEqual([]);
  });

  it.each(['{}', '{"items":{}}', '{"version":"1.0"}', '{"data":[]}'])('rejects %s as not a feed', (text) => {
    expect(parseJsonFeed(text)).toMatchObject({ failure: 'not_feed' });
  });

  it('accepts a number as an id and ignores other types', () => {
    expect([itemOf({ id: 1 }).guid, itemOf({ id: 0 }).guid, itemOf({ id: -1.5 }).guid]).toEqual(['1', '0', '-1.5']);
    expect([
      itemOf({ id: true }).guid,
      itemOf({ id: null }).guid,
      itemOf({ id: ['x'] }).guid,
      itemOf({ id: {} }).guid,
    ]).toEqual([null, null, null, null]);
  });

  it('uses the last of duplicate keys, as JSON.parse does', () => {
    expect(feedOf('{"items":[{"id":"1","id":"2"}]}').items[0]?.guid).toBe('2');
  });

  it('prefers HTML to text', () => {
    expect(itemOf({ content_html: '<p>', content_text: 't' }).content).toEqual({ type: 'html', value: '<p>' });
    expect(itemOf({ content_html: ' ', content_text: 't' }).content).toEqual({ type: 'text', value: 't' });
    expect(itemOf({}).content).toBeNull();
  });

  it('links to external_url when an item has no url', () => {
    expect(itemOf({ url: 'u', external_url: 'e' }).link).toBe('u');
    expect(itemOf({ external_url: 'e' }).link).toBe('e');
  });

  it.each([
    ['authors of the item', { authors: [{ name: 'A' }, { name: 'B' }, { url: 'x' }] }, 'A, B'],
    ['the author of version 1', { author: { name: 'A' } }, 'A'],
    ['a string instead of an author', { author: 'A' }, 'A'],
    ['the authors of the feed', {}, 'Feed'],
  ])('joins the names of %s', (_, item, expected) => {
    expect(itemOf(item, { authors: [{ name: 'Feed' }] }).author).toBe(expected);
  });

  it('ignores every member of the wrong type', () => {
    const item = itemOf({ title: {}, tags: ['a', 1, null, ' ', 'a'], attachments: [{}, 'x', { url: 'u' }], image: [] });
    expect(item).toMatchObject({ title: null, categories: ['a'], imageUrl: null });
    expect(item.enclosures).toEqual([{ url: 'u', type: null, length: null }]);
    expect(itemOf({ tags: 'a', attachments: 'x' })).toMatchObject({ categories: [], enclosures: [] });
    expect(
      feedOf('{"version":"https://jsonfeed.org/version/1","items":[1,null,"x",[],{"id":"1"}]}').items,
    ).toHaveLength(1);
  });

  it('neither reads nor changes properties of Object.prototype', () => {
    const text = '{"items":[{"__proto__":{"title":"x","id":"y"},"constructor":{"prototype":{"z":1}},"toString":"q"}]}';
    expect(feedOf(text).items[0]).toMatchObject({ title: null, guid: null });
    expect(({} as Record<string, unknown>)['z']).toBeUndefined();
  });

  it('reads no more than 10,000 items', () => {
    const items = Array.from({ length: 10_002 }, (_, id) => ({ id }));
    const feed = feedOf(JSON.stringify({ version, items }));
    expect(feed.items).toHaveLength(10_000);
    expect(feed.notes).toEqual(notesOf('item_flood:10002'));
  });

  it('notes that a document was repaired or cut', () => {
    expect(feedOf(`{"version":"${version}"}`).notes).toEqual([]);
    expect(feedOf(`)]}'{"version":"${version}"}`).notes).toEqual(notesOf('recovered'));
    expect(feedOf(`{"version":"${version}",}`).notes).toEqual(notesOf('recovered'));
    expect(feedOf(`{"version":"${version}","items":[{"id":1},{`).notes).toEqual(notesOf('recovered', 'partial_parse'));
  });

  it('reports a parse error for a document that cannot be repaired', () => {
    expect(parseJsonFeed('{"version": nothing}')).toMatchObject({ failure: 'parse_error' });
  });
});
