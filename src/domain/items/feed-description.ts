import type { Enclosure } from './item.ts';
import type { FeedFormat } from './parsed-feed.ts';

/** One entry as its document has it: cleaned, but neither identified, nor filtered, nor bounded by our clock. */
export interface EntryDescription {
  readonly id: string | null;
  readonly title: string | null;
  readonly link: string | null;
  /** ISO 8601, UTC. */
  readonly published: string | null;
  readonly updated: string | null;
  readonly author: string | null;
  /** Sanitised HTML. */
  readonly summary: string | null;
  readonly content: string | null;
  readonly categories: readonly string[];
  readonly enclosures: readonly Enclosure[];
}

/** A document in the words of its publisher, for a person or a test to look at. */
export interface FeedDescription {
  readonly kind: 'described';
  readonly format: FeedFormat;
  readonly title: string | null;
  readonly link: string | null;
  /** In document order. */
  readonly entries: readonly EntryDescription[];
  readonly notes: readonly string[];
}
