/** How to normalise a document: the operator's settings for the source, and what is already stored. */
export interface NormaliseOptions {
  /** URL of the response: the base URL if the document names none. */
  readonly url: string;
  readonly nowMs: number;
  /** Maximum number of items taken from one document. */
  readonly limit: number;
  /** The operator's regular expressions (RE2) on title and categories, case-insensitive. */
  readonly keep: string | null;
  readonly drop: string | null;
  /** Set by the operator; overrides the language of the document. */
  readonly language: string | null;
  /** `ids` is also false if an earlier poll found the guids unusable (`PollHistory.idsDistrusted`). */
  readonly trust: { readonly dates: boolean; readonly ids: boolean };
  /** Content hashes of stored entries, by entry key. Entries that match are returned as `unchanged`. */
  readonly known: Readonly<Record<string, string>>;
}

/** One document for a worker process. */
export interface NormaliseTask {
  readonly body: Uint8Array;
  readonly contentType: string | null;
  readonly options: NormaliseOptions;
}

/** Increased when the same document gives another result: stored validators expire, and stored HTML is sanitised again. */
export const rulesVersion = 2;
