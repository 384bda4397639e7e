import { describe, expect, it } from 'vitest';
import { type OpmlSource, renderOpml } from '../../../src/web/syndication/render-opml.ts';
import { faultsOfOpml } from '../../support/syndication/feed-rules.ts';

function source(id: string, over: Partial<OpmlSource> = {}): OpmlSource {
  return {
    id,
    title: `Title of ${id}`,
    section: 'World',
    url: `https://${id}.example.org/rss`,
    siteUrl: null,
    ...over,
  };
}

function outlines(sources: readonly OpmlSource[], sections: readonly string[] = []): string[] {
  const xml = renderOpml({ title: 'All <of> it', sections, sources }, 'https://news.example.com/base');
  expect(faultsOfOpml(xml)).toEqual([]);
  return [...xml.matchAll(/<outline [^>]*>/g)].map(([tag]) => tag);
}

describe('the list of sources', () => {
  it('has the sections in the order of the tabs, then those that only sources have', () => {
    const sources = [source('a', { section: 'Zoo' }), source('b', { section: 'Science' }), source('c')];
    const names = outlines(sources, ['World', 'Empty', 'Science']).filter((tag) => !tag.includes('xmlUrl'));
    expect(names.map((tag) => /text="([^"]*)"/.exec(tag)?.[1])).toEqual(['World', 'Science', 'Zoo']);
  });

  it('has the title, feed and site of each source', () => {
    expect(outlines([source('a', { title: 'A & "B"', siteUrl: 'https://a.example.org/' })])[1]).toBe(
      '<outline type="rss" text="A &amp; &quot;B&quot;" title="A &amp; &quot;B&quot;" xmlUrl="https://a.example.org/rss" htmlUrl="https://a.example.org/"/>',
    );
  });

  it('has the URL of our own feed for a source with a secret in its URL', () => {
    const [, tag = ''] = outlines([source('a', { url: 'https://a.example.org/rss?token=***' })]);
    expect(tag).toContain('xmlUrl="https://news.example.com/base/sources/a/feed.rss"');
  });

  it('has the URL of our own feed for a local source', () => {
    const [, tag = ''] = outlines([source('a', { url: 'file:///srv/welcome.xml' })]);
    expect(tag).toContain('xmlUrl="https://news.example.com/base/sources/a/feed.rss"');
    expect(tag).not.toContain('srv');
  });

  it('is valid without sources', () => {
    expect(outlines([])).toEqual([]);
  });
});
