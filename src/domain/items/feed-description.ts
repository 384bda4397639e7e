import type { Note } from '../notes/note.ts';
import type { Enclosure } from './item.ts';
import type { FeedFormat } from './parsed-feed.ts';

/** One entry as published: sanitised, but without an identity, a filter or a limit on future dates. */
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

/** A feed as published, for people and tests. */
export interface FeedDescription {
  readonly kind: 'described';
  readonly format: FeedFormat;
  readonly title: string | null;
  readonly link: string | null;
  /** In document order. */
  readonly entries: readonly EntryDescription[];
  readonly notes: readonly Note[];
}
