import type { Item } from '../../src/domain/items/item.ts';

/** An item whose message is about 600 bytes longer than its text. */
export function itemOf(id: number, textBytes: number, source: string): Item {
  const nowMs = Date.now();
  return {
    id,
    key: `example.org/news/${id}`,
    url: `https://example.org/news/${id}`,
    title: `Headline number ${id}`,
    summary: '',
    contentHtml: 'x'.repeat(textBytes),
    author: null,
    language: 'en',
    section: 'World',
    source: { id: source, title: 'Example', url: 'https://example.org/rss.xml', siteUrl: null },
    alsoIn: [],
    sections: ['World'],
    republish: 'full',
    categories: ['budget'],
    enclosures: [],
    imageUrl: null,
    publishedMs: nowMs,
    updatedMs: null,
    firstSeenMs: nowMs,
    sortMs: nowMs,
    revision: 1,
    backfill: false,
    withdrawnMs: null,
    withdrawalReason: null,
  };
}
