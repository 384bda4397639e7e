import { describe, expect, it } from 'vitest';
import { parseTopic, sectionPath, sourcePath, topicsAt } from '../../../src/domain/websub/websub-topics.ts';

const base = 'https://news.example.com/paper';

describe('parseTopic', () => {
  it('accepts the feeds of all items, of a section and of a source in each format', () => {
    const paths = ['', sectionPath('Science & Nature'), sourcePath('my/source')];
    for (const topic of paths.flatMap((path) => topicsAt(base, path))) {
      expect(parseTopic(topic, base)).toEqual({ kind: 'topic' });
    }
    expect(topicsAt(base, sectionPath('Science & Nature'))[0]).toBe(`${base}/sections/science-nature/feed.rss`);
  });

  it.each(['?', '?limit=50', '?q=x', '#top'])('refuses a feed with %s and names the feed without it', (rest) => {
    const found = parseTopic(`${base}/feed.rss${rest}`, base);
    expect(found).toEqual({ kind: 'filtered', unfiltered: `${base}/feed.rss` });
  });

  it.each([
    '',
    base,
    `${base}/`,
    `${base}/feed`,
    `${base}/feed.rss/x`,
    `${base}s/feed.rss`,
    `${base}/items/feed.rss`,
    `${base}/sections/feed.rss`,
    'https://news.example.com/feed.rss',
    'http://news.example.com/paper/feed.rss',
    `${base}/sources/${'x'.repeat(3000)}/feed.rss`,
  ])('refuses %s', (text) => {
    expect(parseTopic(text, base)).toEqual({ kind: 'foreign' });
  });
});
