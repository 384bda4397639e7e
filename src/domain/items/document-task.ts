import type { FeedDescription } from './feed-description.ts';
import type { NormalisedFeed, Unreadable } from './item.ts';
import type { NormaliseTask } from './normalise-task.ts';
import type { PageLinks } from './page-links.ts';

/** A document as fetched. */
export interface RawDocument {
  readonly body: Uint8Array;
  readonly contentType: string | null;
  /** URL of the response: the base URL if the document names none. Empty when there is no URL. */
  readonly url: string;
}

/** HTML sanitised by the current rules. */
export interface SanitisedHtml {
  readonly kind: 'cleaned';
  readonly html: string;
}

/** A task of a worker process: one document. */
export type DocumentTask =
  | ({ readonly kind: 'normalise' } & NormaliseTask)
  /** Describe a feed as published. */
  | ({ readonly kind: 'describe' } & RawDocument)
  /** Find the feeds that a page links to. */
  | ({ readonly kind: 'discover' } & RawDocument)
  /** Sanitise stored HTML again. All its URLs are absolute. */
  | { readonly kind: 'clean'; readonly html: string };

/** The result of a task. */
export type DocumentResult = NormalisedFeed | FeedDescription | PageLinks | SanitisedHtml | Unreadable;
