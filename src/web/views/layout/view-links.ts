import type { OutputFormatName } from '../../../domain/output-formats.ts';
import { slug } from '../../../domain/slug.ts';

/** Addresses within the site, as they stand in `href`. */
export interface Links {
  readonly front: string;
  readonly sources: string;
  readonly search: string;
  readonly status: string;
  readonly about: string;
  readonly opml: string;
  /** Where the live script finds the server: '' or the path under which the site hangs. */
  readonly base: string;
  item(id: number): string;
  /** Where a comment on an item is sent to. */
  comments(itemId: number): string;
  section(name: string): string;
  source(id: string): string;
  /** The search page with a question and, if need be, an order and a place. */
  searchFor(q: string, more?: { readonly sort?: 'relevance'; readonly before?: string }): string;
  /** A built file: `assets/newswire.css`. */
  file(path: string): string;
  /** An output feed of the page at `path` ('' for the front page), of one search when `q` says so. */
  feed(path: string, format: OutputFormatName, q?: string | null): string;
  /** The same, absolute: what one subscribes to. */
  topic(path: string, format: OutputFormatName): string;
}

/**
 * @param publicUrl its path, if it has one, stands before every address.
 * @param version of the built files.
 */
export function makeLinks(publicUrl: string, version: string): Links {
  const base = new URL(publicUrl).pathname.replace(/\/$/, '');
  return {
    front: `${base}/`,
    sources: `${base}/sources`,
    search: `${base}/search`,
    status: `${base}/status`,
    about: `${base}/about`,
    opml: `${base}/opml.xml`,
    base,
    item: (id) => `${base}/items/${id}`,
    comments: (itemId) => `${base}/items/${itemId}/comments`,
    section: (name) => `${base}/sections/${encodeURIComponent(slug(name))}`,
    source: (id) => `${base}/sources/${encodeURIComponent(id)}`,
    searchFor: (q, more = {}) => `${base}/search?${new URLSearchParams({ q, ...more })}`,
    file: (path) => `${base}/public/${version}/${path}`,
    feed: (path, format, q = null) => {
      return `${base}${path}/feed.${format}${q === null ? '' : `?${new URLSearchParams({ q })}`}`;
    },
    topic: (path, format) => `${publicUrl}${path}/feed.${format}`,
  };
}

/** Attributes of a link that leads to a publisher's site: it learns nothing of us and gets nothing of us. */
export const externalLink = {
  rel: 'noopener noreferrer nofollow ugc',
  referrerpolicy: 'no-referrer',
} as const;
