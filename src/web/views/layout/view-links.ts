import type { OutputFormatName } from '../../../domain/output-formats.ts';
import { slug } from '../../../domain/slug.ts';

/** Addresses of the site as values of `href`: paths, unless a member says otherwise. */
export interface Links {
  readonly front: string;
  readonly sources: string;
  readonly search: string;
  readonly status: string;
  readonly about: string;
  readonly opml: string;
  /** Path prefix of the site, '' for none: the page script adds it to addresses. */
  readonly base: string;
  item(id: number): string;
  /** The action of the comment form. */
  comments(itemId: number): string;
  section(name: string): string;
  source(id: string): string;
  /** The search page for a query, optionally with a sort order and a page cursor. */
  searchFor(q: string, more?: { readonly sort?: 'relevance'; readonly before?: string }): string;
  /** A built file, such as `assets/newswire.css`. */
  file(path: string): string;
  /** An output feed of the page at `path` ('' for the front page), filtered by the search query `q`. */
  feed(path: string, format: OutputFormatName, q?: string | null): string;
  /** The absolute address of an output feed: the topic of WebSub subscriptions. */
  topic(path: string, format: OutputFormatName): string;
}

/**
 * Builds the addresses of the site.
 *
 * @param publicUrl absolute, without a trailing slash. Its path is the prefix of every address.
 * @param version version of the built files.
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

/** Attributes of a link to another site: no referrer is sent, and search engines give the link no weight. */
export const externalLink = {
  rel: 'noopener noreferrer nofollow ugc',
  referrerpolicy: 'no-referrer',
} as const;
