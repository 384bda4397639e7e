import { describe, expect, it } from 'vitest';
import { makeLinks } from '../../../../src/web/views/layout/view-links.ts';

describe('links', () => {
  const links = makeLinks('https://example.org', 'v1');

  it('name sections by their slug, in whatever script', () => {
    expect(links.section('Science & Nature')).toBe('/sections/science-nature');
    expect(links.section('Политика')).toBe(`/sections/${encodeURIComponent('политика')}`);
  });

  it('carry the version of the built files, so that those may be kept for ever', () => {
    expect(links.file('assets/newswire.css')).toBe('/public/v1/assets/newswire.css');
  });

  it('lead to the output feeds of a page', () => {
    expect(links.feed('', 'rss')).toBe('/feed.rss');
    expect(links.feed('/sections/world', 'atom')).toBe('/sections/world/feed.atom');
  });

  it.each(['https://example.org/news', 'https://example.org/news/'])('stay below the path of %s', (publicUrl) => {
    const below = makeLinks(publicUrl, 'v1');
    const all = [below.front, below.sources, below.item(1), below.section('World'), below.source('a')];
    expect(all).toEqual(['/news/', '/news/sources', '/news/items/1', '/news/sections/world', '/news/sources/a']);
    expect(below.base).toBe('/news');
  });
});
