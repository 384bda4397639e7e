import type { Dialect } from './mended.ts';

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
export interface Root {
  readonly at: number;
  readonly dialect: Dialect;
  /** `rss`, `rdf`, `channel`, `feed` or `entry`. */
  readonly local: string;
  readonly notes: readonly string[];
}

/** Finds the root element of an XML feed; null when the document has none where one may be. */
export function findRoot(text: string): Root | null {
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
    if (/<!doctype/iy.test(text.slice(open, open + 9))) notes.add('dtd_dropped');
    const end = skipMisc(text, open);
    if (end === null) {
      at = open + 1;
      junk += 1;
    } else {
      at = end;
    }
  }
  return null;
}

function rootAt(text: string, at: number): Pick<Root, 'dialect' | 'local'> | null {
  rootName.lastIndex = at;
  const local = rootName.exec(text)?.[1]?.toLowerCase();
  const dialect = local === undefined ? undefined : dialectOfRoot[local];
  return local === undefined || dialect === undefined ? null : { dialect, local };
}

/** The end of the comment, instruction or declaration that begins at `at`; null when it is none, or never ends. */
export function skipMisc(text: string, at: number): number | null {
  const second = text[at + 1];
  if (second === '?') return endOf(text, '?>', at + 2) ?? endOf(text, '>', at + 2);
  if (second !== '!') return null;
  if (text.startsWith('<!--', at)) return endOf(text, '-->', at + 4);
  return skipDeclaration(text, at + 2);
}

function endOf(text: string, mark: string, from: number): number | null {
  const found = text.indexOf(mark, from);
  return found < 0 ? null : found + mark.length;
}

/** A DOCTYPE with its internal subset, in which quotes and comments may hold any bracket. Nothing in it is read. */
function skipDeclaration(text: string, from: number): number | null {
  const stops = /["'[\]>]|<!--/g;
  stops.lastIndex = from;
  let inSubset = false;
  for (let stop = stops.exec(text); stop !== null; stop = stops.exec(text)) {
    const mark = stop[0];
    if (mark === '[') inSubset = true;
    else if (mark === ']') inSubset = false;
    else if (mark === '>' && !inSubset) return stops.lastIndex;
    else if (mark !== '>') {
      const close = endOf(text, mark === '<!--' ? '-->' : mark, stops.lastIndex);
      if (close === null) return null;
      stops.lastIndex = close;
    }
  }
  return null;
}
