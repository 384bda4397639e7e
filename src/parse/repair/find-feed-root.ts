import type { Note } from '../../domain/notes/note.ts';
import { NoteCollector } from '../../domain/notes/note-collector.ts';
import type { Dialect } from './repaired-xml.ts';
import { isDoctype, type MiscSkipper } from './skip-misc.ts';

/** The junk that is accepted before the root: a PHP warning, a second XML declaration. White space does not count. */
const maxJunkChars = 1024;
const rootName = /<(?:[\w.-]+:)?(rss|feed|entry|rdf|channel)(?=[\s/>])/iy;
const dialectOfRoot: Readonly<Record<string, Dialect>> = {
  rss: 'rss',
  channel: 'rss',
  rdf: 'rdf',
  feed: 'atom',
  entry: 'atom',
};

/** The root element of a feed. */
export interface FeedRoot {
  readonly at: number;
  readonly dialect: Dialect;
  /** `rss`, `rdf`, `channel`, `feed` or `entry`. */
  readonly localName: string;
  /** What was skipped before it. */
  readonly notes: readonly Note[];
}

/** Finds the root element of an XML feed; null if the document does not begin with one. */
export function findFeedRoot(text: string, misc: MiscSkipper): FeedRoot | null {
  const notes = new NoteCollector();
  let at = 0;
  let junk = 0;
  while (junk <= maxJunkChars) {
    const open = text.indexOf('<', at);
    if (open < 0) return null;
    junk += text.slice(at, open).trim().length;
    const root = rootAt(text, open);
    if (root !== null && junk <= maxJunkChars) {
      if (junk > 0) notes.flag('recovered');
      return { ...root, at: open, notes: notes.list() };
    }
    if (isDoctype(text, open)) notes.flag('dtd_dropped');
    const end = misc.end(open);
    if (end === null) junk += 1;
    at = end ?? open + 1;
  }
  return null;
}

function rootAt(text: string, at: number): Pick<FeedRoot, 'dialect' | 'localName'> | null {
  rootName.lastIndex = at;
  const localName = rootName.exec(text)?.[1]?.toLowerCase();
  const dialect = localName === undefined ? undefined : dialectOfRoot[localName];
  return localName === undefined || dialect === undefined ? null : { dialect, localName };
}
