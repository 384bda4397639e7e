import type { Note } from '../../domain/notes/note.ts';

export type Dialect = 'rss' | 'rdf' | 'atom';

/** The result of `repairXml`. */
export interface RepairedXml {
  readonly kind: 'repaired';
  /**
   * Well-formed XML of the form `<rss><channel><f>…</f><item><f>…</f></item><f>…</f></channel></rss>`, or the same with
   * `feed` and `entry`. Each run of fields is wrapped in an element of its own, so that rss-parser, which knows feeds,
   * returns the fields unchanged. Prefixes are canonical. Markup within text is CDATA after an empty element
   * `inlineMarkupTag`.
   */
  readonly xml: string;
  readonly dialect: Dialect;
  /** The attributes of the root and, in RSS, of the channel; names in lower case. */
  readonly root: Readonly<Record<string, string>>;
  readonly channel: Readonly<Record<string, string>>;
  readonly notes: readonly Note[];
}

/** A document that is not a feed or exceeds a limit. */
export interface UnrepairableXml {
  readonly kind: 'unreadable';
  readonly failure: 'not_feed' | 'parse_limit';
  readonly detail: string;
}

/** Wraps the fields of an item, or a run of fields of the feed. */
export const fieldsTag = 'f';

/** The empty element before markup that was converted to text. */
export const inlineMarkupTag = 'f.markup';
