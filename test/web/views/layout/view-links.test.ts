import { describe, expect, it } from 'vitest';
import { makeLinks } from '../../../../src/web/views/layout/view-links.ts';

describe('links', () => {
  const links = makeLinks('https://example.org', 'v1');

  it('contain the slug of a section in any script', () => {
    expect(links.section('Science & Nature')).toBe('/sections/science-nature');
    expect(links.section('Политика')).toBe(`/sections/${encodeURIComponent('политика')}`);
  });

  it('contain the version of built files, so that these can be cached for ever', () => {
    expect(links.file('assets/newswire.css')).toBe('/public/v1/assets/newswire.css');
  });

  it('include the output feeds of a page', () => {
    expect(links.feed('', 'rss')).toBe('/feed.rss');
    expect(links.feed('/sections/world', 'atom')).toBe('/sections/world/feed.atom');
  });

  it.each(['https://example.org/news', 'https://example.org/news/'])('start with the path of %s', (publicUrl) => {
    const below = makeLinks(publicUrl, 'v1');
    const all = [below.front, below.sources, below.item(1), below.section('World'), below.source('a')];
    expect(all).toEqual(['/news/', '/news/sources', '/news/items/1', '/news/sections/world', '/news/sources/a']);
    expect(below.base).toBe('/news');
  });
});
