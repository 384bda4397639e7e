import { readFileSync } from 'node:fs';

/** What an entry is expected to be. A key that is absent is not checked. */
export interface ExpectedEntry {
  readonly id?: string;
  /** Text to be seen: references decoded, markup taken out. Null: there must be none. */
  readonly title?: string | null;
  readonly link?: string | null;
  readonly published?: string;
  readonly updated?: string;
  /** The date of publication or else of the last change. Null: neither may be made up. */
  readonly date?: string | null;
  /** A name among those given. */
  readonly author?: string;
  /** All of them, among others. */
  readonly categories?: readonly string[];
  readonly categories_include?: readonly string[];
  /** An absent type or length is not checked. */
  readonly enclosures?: readonly { readonly url: string; readonly type?: string; readonly length?: string | number }[];
  readonly has_summary?: true;
  readonly has_content?: true;
  /** The first letters and digits of the text, in lower case. */
  readonly body_start?: string;
}

/** What a document is expected to come to. */
export interface Expectation {
  /** False: it is no feed, and nothing may come of it. */
  readonly ok?: boolean;
  /** It attacks its reader, and need only be survived. */
  readonly survives?: boolean;
  readonly entries_count?: number;
  readonly feed?: { readonly title?: string | null; readonly link?: string | null };
  /** The first entries, in the document's order. */
  readonly entries?: readonly ExpectedEntry[];
}

/** A line of a corpus's index, as far as scoring goes. */
export interface IndexedFile {
  readonly file: string;
  readonly kind?: string;
  readonly expect: Expectation;
}

/** An entry as a parser gives it. */
export interface ResultEntry {
  readonly id?: string | null;
  readonly title?: string | null;
  readonly link?: string | null;
  readonly published?: string | null;
  readonly updated?: string | null;
  readonly author?: string | null;
  readonly summary?: string | null;
  readonly content?: string | null;
  readonly categories?: readonly string[] | null;
  readonly enclosures?: readonly ResultEnclosure[] | null;
}

/** A file attached to an entry as a parser gives it. */
export interface ResultEnclosure {
  readonly url: string;
  readonly type?: string | null;
  readonly length?: string | number | null;
}

/** A line of a parser's results. */
export interface ParserResult {
  readonly file: string;
  readonly ok: boolean;
  readonly error?: string;
  readonly ms?: number;
  readonly feed?: { readonly title?: string | null; readonly link?: string | null };
  readonly entries?: readonly ResultEntry[];
}

/** The objects of a text in JSON Lines. */
export function jsonLines<Line>(text: string): Line[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Line);
}

/** An index: what there is to read, and what to expect of it. */
export function readIndex(file: string): IndexedFile[] {
  return jsonLines<IndexedFile>(readFileSync(file, 'utf8'));
}
