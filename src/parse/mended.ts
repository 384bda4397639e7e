export type Dialect = 'rss' | 'rdf' | 'atom';

/** What `mendXml` makes of a document. */
export interface MendedXml {
  readonly kind: 'mended';
  /**
   * Well-formed XML whose root is `<rss><channel>` or `<feed>`, with our prefixes and, within text that held markup,
   * that markup as CDATA behind an empty element `inlineMark`.
   */
  readonly xml: string;
  readonly dialect: Dialect;
  /** The attributes of the root and, in RSS, of the channel; names in lower case. */
  readonly root: Readonly<Record<string, string>>;
  readonly channel: Readonly<Record<string, string>>;
  /** The root's default namespace or that of its prefix. */
  readonly namespace: string;
  readonly notes: readonly string[];
}

export interface Unmendable {
  readonly kind: 'unreadable';
  readonly failure: 'not_feed' | 'parse_error' | 'parse_limit';
  readonly detail: string;
}

/** The empty element before markup that was turned into text. */
export const inlineMark = 'mended.inline';
