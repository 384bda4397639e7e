import type { HiddenParts } from '../masking.ts';

/** A declared OPML document of another server: its outlines are sources. */
export interface RemoteList {
  /** Identifies the list in the database: its URL as written, with the names of variables instead of their values. */
  readonly key: string;
  /** Absolute `http:` or `https:` URL without user name and password. Display it only through `displayUrl`. */
  readonly url: string;
  /** Null: the address contains no secrets. */
  readonly hidden: HiddenParts | null;
  /** Request headers for the list's own origin. May contain secrets: never logged or displayed. */
  readonly headers: Readonly<Record<string, string>>;
  readonly everyMs: number;
  /** The section of all of its sources; null: the headings of its outlines. */
  readonly section: string | null;
  /** The section of an outline without a heading. */
  readonly fallbackSection: string;
  /** `sources.yaml:12`, for messages. */
  readonly declaredAt: string;
}

/** A source that a remote list names. */
export interface ListedSource {
  /** Without fragment, user name and password; with the mask in place of the secrets of the list. */
  readonly url: string;
  readonly title: string | null;
  readonly section: string | null;
  /** Successful reads in a row that lack it. */
  readonly missed: number;
}

/** What the last reads of a remote list have given. */
export interface ListContent {
  readonly sources: readonly ListedSource[];
  /** Outlines that cannot be used, and the reason of the first; null: all can. */
  readonly unusable: { readonly count: number; readonly first: string } | null;
  /** Why the last read failed; null: it succeeded, or there was none. */
  readonly failure: string | null;
}

/** The content of a list that was never read. */
export const noListContent: ListContent = { sources: [], unusable: null, failure: null };

/** The number of successful reads in a row that must lack a source until it is removed. */
const readsUntilRemoved = 2;

/**
 * The sources of a list after a successful read. A source that the document lacks stays until a second read lacks it too:
 * one incomplete document removes nothing.
 *
 * @param found the sources of the document; null: the document is unchanged since the previous successful read.
 */
export function sourcesAfterRead(
  before: readonly ListedSource[],
  found: readonly ListedSource[] | null,
): readonly ListedSource[] {
  const present = found ?? before.filter(({ missed }) => missed === 0);
  const urls = new Set(present.map(({ url }) => url));
  const lacking = before
    .filter(({ url }) => !urls.has(url))
    .map((source) => ({ ...source, missed: source.missed + 1 }))
    .filter(({ missed }) => missed < readsUntilRemoved);
  return [...present, ...lacking];
}
