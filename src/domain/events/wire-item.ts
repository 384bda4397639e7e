import type { Item } from '../items/item.ts';
import { authorSearchTerms } from '../search/search-query.ts';
import type { Facets } from './event.ts';
import type { WireItem } from './wire.ts';

/** UTF-8 bytes. Longer `html` is omitted from the wire. */
const maxHtmlBytes = 32 * 1024;
const maxSearchChars = 16 * 1024;

function htmlPart(html: string): { html: string } | { htmlOmitted: true } | Record<string, never> {
  if (html === '') return {};
  return Buffer.byteLength(html) <= maxHtmlBytes ? { html } : { htmlOmitted: true };
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** The wire form of an item, without `page`. */
export function toWireBody(item: Item): Omit<WireItem, 'page'> {
  return {
    id: item.id,
    url: item.url,
    title: item.title,
    summary: item.summary,
    ...htmlPart(item.contentHtml),
    author: item.author,
    source: { id: item.source.id, title: item.source.title },
    alsoIn: item.alsoIn.map(({ id, title }) => ({ id, title })),
    section: item.section,
    categories: item.categories,
    language: item.language,
    image: item.imageUrl,
    enclosures: item.enclosures,
    publishedAt: iso(item.publishedMs),
    updatedAt: iso(item.updatedMs),
    firstSeenAt: new Date(item.firstSeenMs).toISOString(),
    revision: item.revision,
    backfill: item.backfill,
  };
}

/**
 * The JSON of a wire item from a stored body. `page` is added when the item is sent, not when it is stored, so that a new
 * PUBLIC_URL takes effect at once, also in replays.
 *
 * @param body JSON of an object with at least one member, as `toWireBody` makes it.
 * @param publicUrl without a trailing slash.
 */
export function wireItemJson(body: string, publicUrl: string, itemId: number): string {
  return `{"page":${JSON.stringify(`${publicUrl}/items/${itemId}`)},${body.slice(1)}`;
}

/** The facets of an item. */
export function facetsOf(item: Item): Facets {
  return { ...facetsWithoutText(item), text: searchText(item) };
}

/** The facets without the text, which is the expensive part. */
export function facetsWithoutText(item: Item): Omit<Facets, 'text'> {
  return {
    sections: item.sections,
    sources: [item.source.id, ...item.alsoIn.map((label) => label.id)],
    categories: item.categories,
    language: item.language,
    sortMs: item.sortMs,
  };
}

/** The text that the search and the filter `q` match: the same in the event log and in the database. */
export function searchText(item: Pick<Item, 'title' | 'author' | 'summary' | 'contentHtml'>): string {
  const { contentHtml: html } = item;
  const words = html.includes('<') ? html.replace(/<[^>]*>/g, ' ') : html;
  const body = words.includes('&') ? words.replace(/&[a-z0-9#]+;/gi, ' ') : words;
  const text = [item.title, item.author ?? '', authorSearchTerms(item.author ?? ''), item.summary, body].join('\n');
  return text.replace(/[ \t]{2,}|\t/g, ' ').slice(0, maxSearchChars);
}
