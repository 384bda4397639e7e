/** One format that our own feeds are offered in. */
export interface OutputFormat {
  /** The feed's file extension: `/feed.rss`. */
  readonly name: string;
  /** For people. */
  readonly label: string;
  /** The registered media type, as links to the feed declare it. */
  readonly mediaType: string;
  readonly contentType: string;
  /** An address that readers guess. It redirects to the feed. */
  readonly alias: string | null;
  /** Words of an Accept header, after `application/`, for which `/feed` redirects here. */
  readonly accepted: readonly string[];
}

/**
 * Of every XML document. Feed readers accept it for every format, since they look at the root element. Browsers display
 * the registered types of RSS, Atom and OPML as plain text or save them; this one they display with the stylesheet that
 * the document names. Choosing by request would need a Vary header that splits every shared cache.
 */
export const xmlContentType = 'text/xml; charset=utf-8';

/**
 * The formats of our own feeds, the default first. Routes, the cache, WebSub topics and pages read this table; a new
 * format needs an entry here, a renderer, and the renderer's entry in `web/syndication/feed-routes.ts`.
 */
export const outputFormats = [
  {
    name: 'rss',
    label: 'RSS',
    mediaType: 'application/rss+xml',
    contentType: xmlContentType,
    alias: '/rss.xml',
    accepted: ['rss'],
  },
  {
    name: 'atom',
    label: 'Atom',
    mediaType: 'application/atom+xml',
    contentType: xmlContentType,
    alias: '/atom.xml',
    accepted: ['atom'],
  },
  {
    name: 'json',
    label: 'JSON Feed',
    mediaType: 'application/feed+json',
    contentType: 'application/feed+json; charset=utf-8',
    alias: null,
    accepted: ['feed', 'json'],
  },
] as const satisfies readonly OutputFormat[];

/** The name of a format: `rss`. */
export type OutputFormatName = (typeof outputFormats)[number]['name'];

/** The file name of a feed: `feed.rss` and the like. */
export const feedFileName = new RegExp(`^feed\\.(?:${outputFormats.map(({ name }) => name).join('|')})$`);
