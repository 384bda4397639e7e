import type { Failure } from '../failure.ts';
import type { Note } from '../notes/note.ts';

/** Validators (RFC 9110 section 8.8) of the last 200: opaque, sent back byte for byte (latin1), never parsed. */
export interface Validators {
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** The URL that issued them, the only one to which they are sent. Absent: the source's own URL. */
  readonly url?: string;
}

export const noValidators: Validators = { etag: null, lastModified: null };

/** Facts of one exchange, whatever its outcome. */
export interface FetchFacts {
  /** HTTP status of the last response; null: none was received. */
  readonly status: number | null;
  readonly bytes: number;
  readonly durationMs: number;
  readonly redirects: number;
  /** Anomalies that did not prevent the read. */
  readonly notes: readonly Note[];
}

/** The outcome of one attempt to fetch a source. Remote failures are values, never exceptions. */
export type FetchOutcome =
  | FetchedDocument
  | {
      readonly kind: 'not-modified';
      readonly by: 'status' | 'body';
      readonly validators: Validators;
      /** As in `FetchedDocument`: a 304 also counts for the stability of a permanent redirect. */
      readonly movedTo?: string | null;
      /** Freshness lifetime (RFC 9111 section 4.2) in milliseconds; null: not given. */
      readonly freshnessLifetimeMs: number | null;
      readonly facts: FetchFacts;
    }
  | {
      readonly kind: 'throttled';
      /** From Retry-After, capped; null: not given. */
      readonly retryAfterMs: number | null;
      /** A 429 applies to the whole host, a 503 to the source. */
      readonly hostWide: boolean;
      readonly facts: FetchFacts;
    }
  | { readonly kind: 'gone'; readonly facts: FetchFacts }
  | FetchFailed;

export interface FetchFailed {
  readonly kind: 'failed';
  readonly failure: Failure;
  /** One line for the operator: what failed and what to do. Contains no secrets and no raw bytes of the origin. */
  readonly detail: string;
  readonly retryAfterMs: number | null;
  readonly facts: FetchFacts;
}

/** A complete document, decompressed and within all limits. */
export interface FetchedDocument {
  readonly kind: 'fresh';
  readonly body: Uint8Array;
  readonly contentType: string | null;
  readonly validators: Validators;
  /** SHA-256 of the body, lower-case hex. */
  readonly bodyHash: string;
  /** The URL of the response, after redirects. */
  readonly url: string;
  /** The last URL of the unbroken run of 301 and 308 from the start; null: there was none. */
  readonly movedTo: string | null;
  readonly freshnessLifetimeMs: number | null;
  /** Links of the Link header, for WebSub discovery. */
  readonly links: readonly { readonly rel: string; readonly href: string }[];
  readonly facts: FetchFacts;
}
