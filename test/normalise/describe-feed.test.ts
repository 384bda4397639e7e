import { describe, expect, it } from 'vitest';
import { describeFeed } from '../../src/normalise/describe-feed.ts';
import { notesOf } from '../support/notes.ts';
import { ordinaryItem, parsedFeed, parsedItem } from '../support/parsed-feed.ts';

const url = 'https://feeds.example/rss.xml';

describe('describeFeed', () => {
  it('describes each entry in document order', () => {
    const item = ordinaryItem(1, {
      link: '/story/1?utm_source=rss',
      published: 'Mon, 09 Mar 2026 10:00:00 GMT',
      author: 'The Desk',
      summary: { type: 'text', value: 'a < b' },
      content: { type: 'html', value: '<p onclick=x>Text<iframe src="https://v.example/"></iframe></p>' },
      categories: ['World'],
      enclosures: [{ url: '/a.mp3', type: 'audio/mpeg', length: '0' }],
    });
    const described = describeFeed(parsedFeed([item, ordinaryItem(2)], { notes: notesOf('recovered') }), { url });
    expect(described).toMatchObject({
      format: 'rss2',
      title: 'A feed',
      link: 'https://site.example/',
      notes: notesOf('recovered'),
    });
    expect(described.entries.map((entry) => entry.id)).toEqual(['guid-1', 'guid-2']);
    expect(described.entries[0]).toEqual({
      id: 'guid-1',
      title: 'Title 1',
      link: 'https://site.example/story/1?utm_source=rss',
      published: '2026-03-09T10:00:00.000Z',
      updated: null,
      author: 'The Desk',
      summary: 'a &lt; b',
      content: '<p>Text</p>',
      categories: ['World'],
      enclosures: [{ url: 'https://site.example/a.mp3', type: 'audio/mpeg', length: 0 }],
    });
  });

  it('leaves missing values null', () => {
    const [entry] = describeFeed(parsedFeed([parsedItem()]), { url }).entries;
    expect(entry).toEqual({
      id: null,
      title: null,
      link: null,
      published: null,
      updated: null,
      author: null,
      summary: null,
      content: null,
      categories: [],
      enclosures: [],
    });
  });

  it('keeps dates that normaliseFeed would drop', () => {
    const [entry] = describeFeed(parsedFeed([parsedItem({ published: '2099-01-01', updated: '1970-01-01' })]), {
      url,
    }).entries;
    expect([entry?.published, entry?.updated]).toEqual(['2099-01-01T00:00:00.000Z', '1970-01-01T00:00:00.000Z']);
  });
});
