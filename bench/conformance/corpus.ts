import { readFileSync } from 'node:fs';

/** The expected entry. Absent keys are not checked. */
export interface ExpectedEntry {
  readonly id?: string;
  /** The visible text. Null: there must be no title. */
  readonly title?: string | null;
  readonly link?: string | null;
  readonly published?: string;
  readonly updated?: string;
  /** The publication date, otherwise the update date. Null: there must be neither. */
  readonly date?: string | null;
  /** One of the names. */
  readonly author?: string;
  /** All of these, among others. */
  readonly categories?: readonly string[];
  readonly categories_include?: readonly string[];
  /** An absent type or length is not checked. */
  readonly enclosures?: readonly { readonly url: string; readonly type?: string; readonly length?: string | number }[];
  readonly has_summary?: true;
  readonly has_content?: true;
  /** The first letters and digits of the text, in lower case. */
  readonly body_start?: string;
}

/** The expected result of a document. */
export interface Expectation {
  /** False: the document is not a feed and must yield no entries. */
  readonly ok?: boolean;
  /** The document is an attack: any result is accepted that is fast, small and without local file content. */
  readonly survives?: boolean;
  readonly entries_count?: number;
  readonly feed?: { readonly title?: string | null; readonly link?: string | null };
  /** The first entries, in the document's order. */
  readonly entries?: readonly ExpectedEntry[];
}

/** A line of the index of a corpus. */
export interface IndexedFile {
  readonly file: string;
  readonly kind?: string;
  readonly expect: Expectation;
}

/** An entry of a result. */
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

/** An enclosure of a result. */
export interface ResultEnclosure {
  readonly url: string;
  readonly type?: string | null;
  readonly length?: string | number | null;
}

/** A line of the output of a parser. */
export interface ParserResult {
  readonly file: string;
  readonly ok: boolean;
  readonly error?: string;
  readonly ms?: number;
  readonly feed?: { readonly title?: string | null; readonly link?: string | null };
  readonly entries?: readonly ResultEntry[];
}

/** Parses JSON Lines. */
export function jsonLines<Line>(text: string): Line[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Line);
}

/** Reads the index of a corpus. */
export function readIndex(file: string): IndexedFile[] {
  return jsonLines<IndexedFile>(readFileSync(file, 'utf8'));
}
