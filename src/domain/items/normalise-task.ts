/** What a document is read with: the operator's word on the source, and what is already stored of it. */
export interface NormaliseOptions {
  /** The URL that answered: the base of last resort. */
  readonly url: string;
  readonly nowMs: number;
  /** Items taken from one document. */
  readonly limit: number;
  /** Operator's regular expressions (RE2) on title and categories, whatever the case of letters. */
  readonly keep: string | null;
  readonly drop: string | null;
  /** The operator's word; goes before the document's own. */
  readonly language: string | null;
  /** `ids` is false too when the source's guids were found worthless at an earlier read (`PollMemory.idsDistrusted`). */
  readonly trust: { readonly dates: boolean; readonly ids: boolean };
  /** Content hashes by entry key of what is stored: such entries come back as `unchanged`. */
  readonly known: Readonly<Record<string, string>>;
}

/** One document for a worker process. */
export interface NormaliseTask {
  readonly body: Uint8Array;
  readonly contentType: string | null;
  readonly options: NormaliseOptions;
}

/** The note of a digest whose guids told nothing apart: remember it as `PollMemory.idsDistrusted`. */
export const idsDistrustedNote = 'ids_distrusted';

/** Raised when the same document would come out otherwise: stored validators are void then, stored HTML is cleaned again. */
export const rulesVersion = 2;
