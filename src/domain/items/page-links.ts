/** A feed that a page links to. */
export interface FeedLink {
  /** Absolute http(s) URL. Untrusted: it may point anywhere. */
  readonly url: string;
  /** One line of plain text. */
  readonly title: string | null;
  /** Format that the page declares; null: none. */
  readonly format: 'RSS' | 'Atom' | 'RDF' | 'JSON' | null;
  /** Declared for feed readers; or an ordinary link whose URL or text looks like that of a feed. */
  readonly found: 'declared' | 'address' | 'text';
}

/** A page and the feeds that it links to. */
export interface PageLinks {
  readonly kind: 'page';
  /** One line of plain text. */
  readonly title: string | null;
  /** Best candidate first. */
  readonly feeds: readonly FeedLink[];
  /** Target of the page's client-side redirect, absolute http(s). */
  readonly refreshTo: string | null;
}
