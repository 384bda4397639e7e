import type { Dialect } from './repaired-xml.ts';
import { isDoctype, type MiscSkipper } from './skip-misc.ts';

/** Junk before the root that is forgiven: blank lines, a warning of PHP's, a second XML declaration. */
const maxJunkChars = 1024;
const rootName = /<(?:[\w.-]+:)?(rss|feed|entry|rdf|channel)(?=[\s/>])/iy;
const dialectOfRoot: Readonly<Record<string, Dialect>> = {
  rss: 'rss',
  channel: 'rss',
  rdf: 'rdf',
  feed: 'atom',
  entry: 'atom',
};

/** Where a feed's root element begins, and what was passed over. */
export interface FeedRoot {
  readonly at: number;
  readonly dialect: Dialect;
  /** `rss`, `rdf`, `channel`, `feed` or `entry`. */
  readonly local: string;
  readonly notes: readonly string[];
}

/** Finds the root element of an XML feed; null when the document has none where one may be. */
export function findFeedRoot(text: string, misc: MiscSkipper): FeedRoot | null {
  const notes = new Set<string>();
  let at = 0;
  let junk = 0;
  while (junk <= maxJunkChars) {
    const open = text.indexOf('<', at);
    if (open < 0) return null;
    junk += text.slice(at, open).trim().length;
    const root = rootAt(text, open);
    if (root !== null && junk <= maxJunkChars) {
      if (junk > 0) notes.add('recovered');
      return { ...root, at: open, notes: [...notes] };
    }
    if (isDoctype(text, open)) notes.add('dtd_dropped');
    const end = misc.end(open);
    if (end === null) {
      at = open + 1;
      junk += 1;
    } else {
      at = end;
    }
  }
  return null;
}

function rootAt(text: string, at: number): Pick<FeedRoot, 'dialect' | 'local'> | null {
  rootName.lastIndex = at;
  const local = rootName.exec(text)?.[1]?.toLowerCase();
  const dialect = local === undefined ? undefined : dialectOfRoot[local];
  return local === undefined || dialect === undefined ? null : { dialect, local };
}
