import type { NormaliseOptions } from '../../src/domain/items/normalise-task.ts';
import { noHints, type ParsedFeed, type ParsedItem } from '../../src/domain/items/parsed-feed.ts';

export const nowMs = Date.UTC(2026, 2, 10, 12);

const emptyItem: ParsedItem = {
  guid: null,
  title: null,
  link: null,
  base: [],
  author: null,
  summary: null,
  content: null,
  published: null,
  updated: null,
  language: null,
  categories: [],
  enclosures: [],
  imageUrl: null,
  data: {},
};

/** An empty item with the given fields. */
export function parsedItem(part: Partial<ParsedItem> = {}): ParsedItem {
  return { ...emptyItem, ...part };
}

/** A typical item, the `n`th of its feed. */
export function ordinaryItem(n: number, part: Partial<ParsedItem> = {}): ParsedItem {
  return parsedItem({
    guid: `guid-${n}`,
    title: { type: 'text', value: `Title ${n}` },
    link: `https://site.example/story/${n}`,
    content: { type: 'html', value: `<p>Text of story ${n}</p>` },
    ...part,
  });
}

/** A feed of `items`. */
export function parsedFeed(items: readonly ParsedItem[], part: Partial<ParsedFeed> = {}): ParsedFeed {
  return {
    format: 'rss2',
    title: { type: 'text', value: 'A feed' },
    link: 'https://site.example/',
    base: null,
    language: null,
    author: null,
    imageUrl: null,
    hints: noHints,
    links: { self: null, hubs: [], next: null, prevArchive: null },
    complete: false,
    items,
    deleted: [],
    notes: [],
    ...part,
  };
}

/** The options of a source with default settings. */
export function plainOptions(part: Partial<NormaliseOptions> = {}): NormaliseOptions {
  return {
    url: 'https://feeds.example/rss.xml',
    nowMs,
    limit: 500,
    keep: null,
    drop: null,
    language: null,
    trust: { dates: true, ids: true },
    known: {},
    ...part,
  };
}
