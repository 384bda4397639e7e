export type Dialect = 'rss' | 'rdf' | 'atom';

/** What `mendXml` makes of a document. */
export interface RepairedXml {
  readonly kind: 'mended';
  /**
   * Well-formed XML of the form `<rss><channel><f>…</f><item><f>…</f></item><f>…</f></channel></rss>`, or the same with
   * `feed` and `entry`: every stretch of fields in an element of its own, so that a parser which knows feeds hands them
   * over as they are. Prefixes are ours; markup within text is CDATA behind an empty element `inlineTag`.
   */
  readonly xml: string;
  readonly dialect: Dialect;
  /** The attributes of the root and, in RSS, of the channel; names in lower case. */
  readonly root: Readonly<Record<string, string>>;
  readonly channel: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
}

export interface UnrepairableXml {
  readonly kind: 'unreadable';
  readonly failure: 'not_feed' | 'parse_limit';
  readonly detail: string;
}

/** Holds the fields of an item, or a stretch of those of the feed. */
export const fieldsTag = 'f';

/** The empty element before markup that was turned into text. */
export const inlineMarkupTag = 'f.markup';
