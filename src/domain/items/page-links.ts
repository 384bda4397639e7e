/** A feed that a page names. */
export interface FeedLink {
  /** Absolute http(s) URL. Anybody's word: it may lead anywhere. */
  readonly url: string;
  /** One line of plain text. */
  readonly title: string | null;
  /** What the page says that it is; null: it does not say. */
  readonly format: 'RSS' | 'Atom' | 'RDF' | 'JSON' | null;
  /** Declared for readers of feeds; or a link for people, whose address or whose text looks like a feed's. */
  readonly found: 'declared' | 'address' | 'text';
}

/** What a page says of its site's feeds. */
export interface PageLinks {
  readonly kind: 'page';
  /** One line of plain text. */
  readonly title: string | null;
  /** The most promising first. */
  readonly feeds: readonly FeedLink[];
  /** Where the page sends browsers on to, absolute http(s). */
  readonly refreshTo: string | null;
}
