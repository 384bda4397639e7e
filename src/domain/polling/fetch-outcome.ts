/** Opaque strings of the last 200, sent back byte for byte (latin1) and never parsed. */
export interface Validators {
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** The address that answered with them, the only one they are sent back to. Absent: the source's own address. */
  readonly url?: string;
}

export const noValidators: Validators = { etag: null, lastModified: null };

/** Why a read of a source failed: the closed vocabulary that pages, logs and tests speak. */
export type Failure =
  | 'bad_url'
  | 'bad_scheme'
  | 'bad_port'
  | 'blocked_address'
  | 'dns_error'
  | 'connect_timeout'
  | 'connect_error'
  | 'tls_error'
  | 'header_timeout'
  | 'header_overflow'
  | 'slow_body'
  | 'body_too_large'
  | 'truncated'
  | 'decompress_ratio'
  | 'decode_error'
  | 'protocol_error'
  | 'redirect_loop'
  | 'redirect_limit'
  | 'redirect_scheme'
  | 'redirect_no_location'
  | 'unexpected_304'
  | 'http_client_error'
  | 'http_server_error'
  | 'unauthorized'
  | 'challenge'
  | 'not_found'
  | 'empty'
  | 'not_feed'
  | 'parse_error'
  | 'parse_timeout'
  | 'parse_limit'
  | 'file_missing'
  | 'file_unreadable'
  | 'lease_lost'
  | 'internal_error';

/** Facts of one exchange, whatever came of it. */
export interface FetchFacts {
  /** HTTP status of the last response, null when none came. */
  readonly status: number | null;
  /** Bytes on the wire. */
  readonly bytes: number;
  readonly durationMs: number;
  readonly redirects: number;
  /** Oddities that did not stop the read: `wrong_encoding_label`, `etag_reused`, `bad_validator`, … */
  readonly notes: readonly string[];
}

/** What one attempt to fetch a source came to. Remote trouble is a value here, never an exception. */
export type FetchOutcome =
  | FetchedDocument
  | {
      readonly kind: 'not-modified';
      readonly by: 'status' | 'body';
      readonly validators: Validators;
      /** As in `FetchedDocument`: the stability of a permanent redirect is watched through 304s too. */
      readonly movedTo?: string | null;
      /** Milliseconds for which the publisher says the document stays fresh; null: said nothing this time. */
      readonly freshForMs: number | null;
      readonly facts: FetchFacts;
    }
  | {
      readonly kind: 'throttled';
      /** From Retry-After, capped; null: not said. */
      readonly retryAfterMs: number | null;
      /** 429 speaks for the whole host, 503 for the source. */
      readonly hostWide: boolean;
      readonly facts: FetchFacts;
    }
  | { readonly kind: 'gone'; readonly facts: FetchFacts }
  | FetchFailed;

export interface FetchFailed {
  readonly kind: 'failed';
  readonly failure: Failure;
  /** One cleaned line for a person. Holds no secret and no raw bytes of the origin. */
  readonly detail: string;
  readonly retryAfterMs: number | null;
  readonly facts: FetchFacts;
}

/** A whole document, decompressed, within all limits. */
export interface FetchedDocument {
  readonly kind: 'fresh';
  readonly body: Uint8Array;
  readonly contentType: string | null;
  readonly validators: Validators;
  /** SHA-256 of the body, lower-case hex. */
  readonly bodyHash: string;
  /** The URL that answered, after redirects. */
  readonly url: string;
  /** The last URL of the unbroken run of 301/308 from the start; null when there was none. */
  readonly movedTo: string | null;
  readonly freshForMs: number | null;
  /** Links of the HTTP Link header, for WebSub discovery. */
  readonly links: readonly { readonly rel: string; readonly href: string }[];
  readonly facts: FetchFacts;
}
