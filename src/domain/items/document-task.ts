import type { FeedDescription } from './feed-description.ts';
import type { NormalisedFeed, Unreadable } from './item.ts';
import type { NormaliseTask } from './normalise-task.ts';
import type { PageLinks } from './page-links.ts';

/** A document and where it was found. */
export interface RawDocument {
  readonly body: Uint8Array;
  readonly contentType: string | null;
  /** The URL that answered: the base of last resort; empty when there was none. */
  readonly url: string;
}

/** HTML by the rules of today. */
export interface SanitisedHtml {
  readonly kind: 'cleaned';
  readonly html: string;
}

/** What a worker process is asked of one document. */
export type DocumentTask =
  | ({ readonly kind: 'digest' } & NormaliseTask)
  /** A feed as its publisher has it. */
  | ({ readonly kind: 'describe' } & RawDocument)
  /** The feeds that a page names. */
  | ({ readonly kind: 'discover' } & RawDocument)
  /** HTML that was cleaned by older rules, all addresses absolute. */
  | { readonly kind: 'clean'; readonly html: string };

/** What it answers, by its kind. */
export type DocumentResult = NormalisedFeed | FeedDescription | PageLinks | SanitisedHtml | Unreadable;
